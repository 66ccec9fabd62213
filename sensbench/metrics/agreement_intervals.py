"""How far the agreement of two methods is known: what their intervals leave open of both orders."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from scipy import special

from sensbench.metrics.ranks import above_floor
from sensbench.metrics.similarity import MEASURES

LEVEL = 0.95
COLUMNS = (
    *(name for name in MEASURES if name not in ("spearman", "kendall")),
    *(f"{name}_{end}" for name in MEASURES for end in ("low", "high")),
    "settled_alike", "settled_against", "above", "below", "no_interval",
)  # fmt: skip
# Orders that are tried for the ends, of each kind.
_TRIED = 48
# Pairs of more inputs would take longer than what is computed from them is worth.
_MOST_INPUTS = 60
_SEED = 20240714


def with_intervals(pairs: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return the agreement of pairs of methods with more measures of it, and intervals.

    Both methods' intervals are widened so that all of them hold at once (Bonferroni). Two inputs
    whose widened intervals have no point in common are settled by that method; the ends are the
    least and the largest agreement of any two orders that go against nothing that is settled: all
    such are looked at for Kendall's τ, some (among them those that try to be most alike and most
    unlike) for the others. The interval is the wider the less is settled; of equal inputs it is all
    there is.

    ``settled_alike`` and ``settled_against`` count the pairs of inputs that both methods settle,
    in the same order and in opposite order; ``above``, ``below``: of the latter, one that is most
    important, the first method's order. ``no_interval`` says why there are no ends.

    Parameters
    ----------
    pairs
        As from :func:`sensbench.metrics.agreement.agreement`, of one question.
    shares
        As from :func:`sensbench.metrics.ranks.shares`, of the same question.
    """
    clear = shares.assign(clear=above_floor(shares))
    by = {
        (str(output), str(method)): rows.set_index("feature")
        for (output, method), rows in clear.groupby(["output", "estimator"], sort=False)
    }
    found = []
    for output, first, second in pairs[["output", "first", "second"]].to_numpy(dtype=str).tolist():
        found.append(_of_pair(by[output, first], by[output, second]))
    table = pd.DataFrame(found, columns=list(COLUMNS), index=pairs.index)
    texts = dict.fromkeys(("above", "below", "no_interval"), str)
    return pd.concat([pairs, table.astype(texts)], axis=1)


def _of_pair(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, float | int | str]:
    empty: dict[str, float | int | str] = {
        **dict.fromkeys(COLUMNS[:-5], float("nan")), "settled_alike": 0, "settled_against": 0,
        "above": "", "below": "", "no_interval": "",
    }  # fmt: skip
    features = [f for f in first.index if f in second.index]
    both = [rows.loc[features] for rows in (first, second)]
    ranked = both[0]["rank"].notna() & both[1]["rank"].notna()
    seen = ranked & (both[0]["clear"] | both[1]["clear"])
    both = [rows[seen] for rows in both]
    n = int(seen.sum())
    if n < 3:
        return {**empty, "no_interval": "fewer than three inputs above the noise"}
    ranks = [rows["rank"].to_numpy(dtype=float)[None] for rows in both]
    values = {name: float(of(*ranks)[0]) for name, of in MEASURES.items()}
    empty |= {name: value for name, value in values.items() if name in empty}
    why = _why_none(both)
    if why:
        return {**empty, "no_interval": why}
    above = [_settled(rows) for rows in both]
    alike, against = (above[0] & above[1]), (above[0] & above[1].T)
    ends = _ends(above, [r[0] for r in ranks], values)
    named: dict[str, str] = {}
    if against.any():
        size = both[0]["share"].to_numpy() + both[1]["share"].to_numpy()
        at = np.argwhere(against)
        i, j = at[np.argmax(size[at].min(axis=1))]
        named = {"above": str(both[0].index[i]), "below": str(both[0].index[j])}
    return {
        **empty, **ends, **named,
        "settled_alike": int(alike.sum()), "settled_against": int(against.sum()),
    }  # fmt: skip


def _why_none(both: list[pd.DataFrame]) -> str:
    for rows in both:
        label = str(rows["estimator"].iloc[0])
        if rows["share"].isna().any():
            return f"{label} sees nothing that is clear of noise"
        if rows[["share_low", "share_high"]].isna().to_numpy().any():
            return f"{label} has no interval for some of the inputs"
    if len(both[0]) > _MOST_INPUTS:
        return f"over {_MOST_INPUTS} inputs are above the noise"
    return ""


def _settled(rows: pd.DataFrame) -> Bool[np.ndarray, "n n"]:
    """Return which inputs are above which, by intervals of both methods that hold at once."""
    share, low, high = (rows[c].to_numpy(dtype=float) for c in ("share", "share_low", "share_high"))
    tail = (1 - LEVEL) / 2
    wider = special.ndtri(tail / (2 * len(rows))) / special.ndtri(tail)
    low, high = share - wider * (share - low), share + wider * (high - share)
    return np.asarray(low[:, None] > high[None, :])


def _ends(
    above: list[Bool[np.ndarray, "n n"]],
    ranks: list[Float[np.ndarray, " n"]],
    values: dict[str, float],
) -> dict[str, float]:
    """Return the ends of every measure, over orders that go against nothing settled."""
    n = len(ranks[0])
    rng = np.random.default_rng(_SEED)
    mixed = np.argsort(np.argsort(rng.random((_TRIED, n)), axis=1), axis=1) + 1.0
    wanted = np.concatenate([ranks[0][None], ranks[1][None], mixed])
    # both as the same order has it, and the one against it
    a = np.concatenate([_following(above[0], wanted), _following(above[0], wanted)])
    b = np.concatenate([_following(above[1], wanted), _following(above[1], -wanted)])
    # what the other, as it has become, asks of each
    b = np.concatenate([b, _following(above[1], a), _following(above[1], -a)])
    a = np.concatenate([a, a, a])
    a = np.concatenate([a, _following(above[0], b), _following(above[0], -b)])
    b = np.concatenate([b, b, b])
    ends: dict[str, float] = {}
    for name, of in MEASURES.items():
        tried = np.append(of(a, b), values[name])
        ends[f"{name}_low"] = float(np.nanmin(tried))
        ends[f"{name}_high"] = float(np.nanmax(tried))
    pairs = n * (n - 1) / 2
    alike, against = (int((above[0] & x).sum()) for x in (above[1], above[1].T))
    ends["kendall_low"] = 2 * alike / pairs - 1
    ends["kendall_high"] = 1 - 2 * against / pairs
    return ends


def _following(
    above: Bool[np.ndarray, "n n"], wanted: Float[np.ndarray, "k n"]
) -> Float[np.ndarray, "k n"]:
    """Return ranks as near to those wanted as goes without going against what is settled.

    The first place has the item that is wanted there most, of those that nothing left is above.
    """
    k, n = wanted.shape
    left, ranks = np.ones((k, n), dtype=bool), np.empty((k, n))
    for place in range(1, n + 1):
        free = left & ~((left @ above.astype(float)) > 0)
        chosen = np.where(free, wanted, np.inf).argmin(axis=1)
        ranks[np.arange(k), chosen] = place
        left[np.arange(k), chosen] = False
    return ranks
