"""Whether two methods give inputs the same sign, of those whose sign both of them settle."""

from collections.abc import Mapping

import pandas as pd

from sensbench.measure import Measure

COLUMNS = ("signs_alike", "signs_settled")


def with_signs(
    pairs: pd.DataFrame, numbers: pd.DataFrame, measures: Mapping[str, Measure]
) -> pd.DataFrame:
    """Return pairs of methods with ``signs_settled``, ``signs_alike``: how many inputs, of those.

    A sign is settled where the interval of the method's signed measure (its first with intervals: a
    mean derivative, a mean elementary effect, a regression coefficient) does not reach 0. Missing
    where one of the two has no such measure. Sign agreement of Krishna et al. 2022,
    arXiv:2202.01602, takes the first places whether their signs are settled or not.

    ``pairs``: of one question, as from :func:`sensbench.metrics.agreement.agreement`; ``numbers``:
    all numbers of that question.
    """
    signed = [n for n, m in measures.items() if m.signed and m.axis == "feature"]
    rows = numbers[numbers["measure"].isin(signed) & numbers["low"].notna()]
    signs = {}
    for (output, method), of in rows.groupby(["output", "estimator"], sort=False):
        of = of[of["measure"] == of["measure"].iloc[0]].set_index("feature")
        positive, negative = of["low"] > 0, of["high"] < 0
        settled = positive.astype(int) - negative.astype(int)
        signs[str(output), str(method)] = settled[settled != 0]
    found = []
    for output, first, second in pairs[["output", "first", "second"]].to_numpy(dtype=str).tolist():
        one, other = signs.get((output, first)), signs.get((output, second))
        if one is None or other is None:
            found.append((float("nan"), float("nan")))
            continue
        both = one.index.intersection(other.index)
        found.append((float((one[both] == other[both]).sum()), float(len(both))))
    table = pd.DataFrame(found, columns=list(COLUMNS), index=pairs.index)
    return pd.concat([pairs, table.astype(float)], axis=1)
