"""What derivatives and Sobol' indices say of a model's form: linear, additive, cancelling."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.findings.families import chosen, of_features, slopes
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.laws import depends
from sensbench.measure import Measure
from sensbench.study.results import Results

# The two indices that the theorem is about: without interactions they are the same.
_FIRST, _TOTAL = "first_order", "total_order"
_ALONE_AT_MOST = 0.05
_TOTAL_AT_LEAST = 0.1
# Interactions up to this part of the variance are next to nothing: the first-order indices of a
# model whose effects add up sum to 1, so their interval must lie within as much of 1.
_NEXT_TO_NOTHING = 0.05
# This part of the mean squared slope comes from slopes that vary; then a model is not linear.
_LINEAR_BELOW = 0.02
# A mean slope this small against the typical one hides an effect.
_HIDDEN_BELOW = 0.1


def linear(results: Results, output: str) -> bool:
    """Return whether the derivatives are about the same everywhere.

    Of a slope, |mean| ≤ mean of the absolute value ≤ root mean square, and all three are equal
    only where it is constant. One method must have three such moments, one of them with a sign:
    with fewer, a monotonic effect looks like a linear one.
    """
    rows = chosen(of_features(results, output), results, slopes)
    for _, group in rows.groupby("estimator", sort=False):
        signed = {name for name in group["measure"].unique() if results.measures[name].signed}
        if not signed or group["measure"].nunique() < 3:
            continue
        squares = group.assign(square=group["value"] ** 2).groupby("feature")["square"]
        least, most = squares.min().sum(), squares.max().sum()
        return bool(most - least < _LINEAR_BELOW * most)
    return False


def interactions(results: Results, output: str) -> list[Finding]:
    """Return what the first-order indices leave to interactions, and who acts through them only.

    By the first method that estimates both indices. Nothing where its intervals leave it open:
    additive is only what interactions beyond a twentieth are excluded for, on both sides of 1.
    Of inputs that depend on each other the indices do not say: first orders share what inputs have
    in common.
    """
    if the_question(results).law:
        return []
    rows = of_features(results, output)
    for method, group in rows.groupby("estimator", sort=False):
        if {_FIRST, _TOTAL} <= set(group["measure"]):
            found = _of_indices(_ends(group), output, str(method))
            # of the rows this says nothing, where the method draws inputs that move together apart
            if depends(the_question(results), output):
                return [finding for finding in found if finding.cause != Cause.ADDITIVE]
            return found
    return []


def _ends(group: pd.DataFrame) -> pd.DataFrame:
    table = group.pivot(index="feature", columns="measure", values=["value", "low", "high"])
    return table.reindex(group["feature"].unique())


def _of_indices(table: pd.DataFrame, output: str, method: str) -> list[Finding]:
    first, total = table["value", _FIRST], table["value", _TOTAL]
    if first.isna().any() or total.isna().any():
        return []
    summed = float(first.sum())
    up, down = (
        float(np.sqrt(((table[end, _FIRST] - first) ** 2).sum(skipna=False)))
        for end in ("high", "low")
    )
    low, high = summed - down, summed + up
    evidence = {"sum of first-order indices": summed, "low": low, "high": high}
    if low >= 1 - _NEXT_TO_NOTHING and high <= 1 + _NEXT_TO_NOTHING and low <= 1 <= high:
        return [Finding(Cause.ADDITIVE, output, (), (method,), evidence, True)]
    if not high < 1 - _NEXT_TO_NOTHING:
        return []
    only = table.index[
        (first < _ALONE_AT_MOST)
        & (table["low", _FIRST] <= _ALONE_AT_MOST)
        & (table["low", _TOTAL] > _ALONE_AT_MOST)
        & (total > _TOTAL_AT_LEAST)
        & (table["high", _FIRST] < table["low", _TOTAL])
    ]
    return [
        Finding(Cause.INTERACTIONS, output, (), (method,), evidence, True),
        *(
            Finding(
                Cause.ONLY_INTERACTIONS, output, (str(f),), (method,),
                {_FIRST: float(first[f]), _TOTAL: float(total[f])}, True,
            )
            for f in only
        ),
    ]  # fmt: skip


def cancelling(results: Results, output: str) -> list[Finding]:
    """Return inputs whose mean derivative hides an effect because rises and falls cancel.

    By the first method with a signed derivative and a size of the same unit: of several sizes the
    largest, which is the root mean square.
    """
    frame = chosen(of_features(results, output), results, lambda m: m.family == "derivative")
    for method, group in frame.groupby("estimator", sort=False):
        for mean, sizes in _signed_with_sizes(results, group):
            hidden = list(_hidden(group, mean, sizes, output, str(method)))
            if hidden:
                return hidden
    return []


def _signed_with_sizes(results: Results, group: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    """Yield each signed measure with those of the same scale that have no sign."""
    here: list[Measure] = [results.measures[name] for name in group["measure"].unique()]
    for mean in here:
        same = (mean.unit, mean.variance_power)
        sizes = [m.name for m in here if (m.unit, m.variance_power) == same and not m.signed]
        if mean.signed and sizes:
            yield mean.name, sizes


def _hidden(
    group: pd.DataFrame, mean: str, sizes: list[str], output: str, method: str
) -> Iterator[Finding]:
    by = group[group["measure"] == mean].set_index("feature")
    typical = group[group["measure"].isin(sizes)].groupby("feature")["value"].max()
    for feature, value, low, high in by[["value", "low", "high"]].itertuples():
        size = float(typical.get(feature, float("nan")))
        if low <= 0 <= high and size > 0 and abs(value) < _HIDDEN_BELOW * size:
            evidence = {"mean": value, "low": low, "high": high, "typical size": size}
            sure = max(-low, high) < _HIDDEN_BELOW * size
            where = output, (str(feature),), (method,)
            yield Finding(Cause.CANCELLING, *where, evidence, bool(sure))
