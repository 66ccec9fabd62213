"""Between order statistics, which say where a quantile is of any continuous distribution."""

from scipy import stats

ORDER_STATISTICS = "order statistics"


def ranks_below(tail: float, n: int, share: float) -> int:
    """Return the largest rank r whose value lies above the quantile with no more than this chance.

    P(x_(r) > quantile) = P(fewer than r of n values below it); 0 where no rank is sure enough.
    """
    rank = int(stats.binom.ppf(tail, n, share))
    return rank if stats.binom.cdf(rank - 1, n, share) <= tail else rank - 1
