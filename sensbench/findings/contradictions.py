"""Numbers that cannot all be right: one measure estimated twice, and what theory forbids."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.findings.families import chosen, of_features
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.laws import Law, depends, law_of
from sensbench.study.results import Results

# Estimates nearer than this are not worth a sentence, however narrow their intervals.
_NOTABLE = 0.05


def contradictions(results: Results, output: str) -> list[Finding]:
    """Return one output's contradictions; of methods that ask at the same distribution only."""
    numbers = of_features(results, output)
    numbers = numbers[numbers["low"].notna() & numbers["high"].notna()]
    apart = depends(the_question(results), output)
    return [
        *_estimates_apart(results, numbers, output, apart),
        *_first_above_total(results, numbers, output, apart),
        *(() if apart else _outside_bounds(results, numbers, output)),
        *(() if apart else _sum_above_one(numbers, output)),
    ]


def _comparable(results: Results, one: str, other: str, apart: bool) -> bool:
    if not apart or one == other:
        return True
    laws = _laws(results, (one, other))
    return len(laws) == 1 and Law.UNKNOWN not in laws


def _laws(results: Results, methods: tuple[str, str]) -> set[Law]:
    question = the_question(results)
    return {law_of(results.methods[method], question) for method in methods}


def _estimates_apart(
    results: Results, numbers: pd.DataFrame, output: str, apart: bool
) -> Iterator[Finding]:
    """Yield, of each measure and two methods, the feature whose estimates are furthest apart."""
    unit_free = numbers[numbers["measure"].map(lambda m: not results.measures[m].unit).astype(bool)]
    for measure, rows in unit_free.groupby("measure", sort=False):
        methods = list(dict.fromkeys(rows["estimator"].astype(str)))
        for one, other in combinations(methods, 2):
            if not _comparable(results, one, other, apart):
                continue
            a, b = (rows[rows["estimator"] == m].set_index("feature") for m in (one, other))
            common = [f for f in a.index if f in b.index]
            a, b = a.loc[common], b.loc[common]
            gap = pd.concat([a["low"] - b["high"], b["low"] - a["high"]], axis=1).max(axis=1)
            far = gap[(gap > 0) & ((a["value"] - b["value"]).abs() >= _NOTABLE)]
            if far.empty:
                continue
            feature = str(far.idxmax())
            values = {m: of["value"].to_dict()[feature] for m, of in ((one, a), (other, b))}
            yield _apart(results, output, str(measure), feature, values)


def _apart(
    results: Results, output: str, measure: str, feature: str, values: dict[str, float]
) -> Finding:
    lower, higher = sorted(values, key=lambda method: values[method])
    evidence: dict[str, float | str] = {
        "measure": measure, "symbol": results.measures[measure].symbol,
        "lower": values[lower], "higher": values[higher],
    }  # fmt: skip
    params = results.methods[lower].params
    if "harmonics" in params:
        # what varies faster than its harmonics is missing from such an estimate
        evidence |= {"cause": "harmonics", "harmonics": float(params["harmonics"])}
        evidence["trust"] = higher
    elif results.methods[lower].positive_bias != results.methods[higher].positive_bias:
        biased = lower if results.methods[lower].positive_bias else higher
        evidence |= {"cause": "bias", "trust": higher if biased == lower else lower}
    return Finding(Cause.ESTIMATES_APART, output, (feature,), (lower, higher), evidence, True)


def _first_above_total(
    results: Results, numbers: pd.DataFrame, output: str, apart: bool
) -> Iterator[Finding]:
    """Yield S_1 whose interval is above that of S_T: independent inputs exclude it."""
    firsts = numbers[numbers["measure"] == "first_order"]
    totals = numbers[numbers["measure"] == "total_order"]
    for first in firsts.to_dict("records"):
        for total in totals[totals["feature"] == first["feature"]].to_dict("records"):
            both = str(first["estimator"]), str(total["estimator"])
            if apart and any(law != Law.PRODUCT for law in _laws(results, both)):
                continue  # of dependent inputs a first-order index may well be the larger one
            if first["low"] > total["high"] and first["value"] - total["value"] >= _NOTABLE:
                evidence = {
                    "first-order index": first["value"],
                    "total-order index": total["value"],
                }
                features = (str(first["feature"]),)
                yield Finding(Cause.FIRST_ABOVE_TOTAL, output, features, both, evidence, True)


def _outside_bounds(results: Results, numbers: pd.DataFrame, output: str) -> Iterator[Finding]:
    """Yield bounds whose interval is on the wrong side of that of the index they should bound."""
    uppers = chosen(numbers, results, lambda m: m.total_order == "bound")
    lowers = chosen(numbers, results, lambda m: m.total_order == "lower bound")
    totals = chosen(numbers, results, lambda m: m.total_order == "estimate")
    for cause, bounds in (
        (Cause.BOUND_BELOW_TOTAL, uppers), (Cause.LOWER_BOUND_ABOVE_TOTAL, lowers),
    ):  # fmt: skip
        for bound in bounds.to_dict("records"):
            for total in totals[totals["feature"] == bound["feature"]].to_dict("records"):
                small, large = total, bound
                if cause == Cause.BOUND_BELOW_TOTAL:
                    small, large = bound, total
                apart = small["high"] < large["low"]
                if apart and large["value"] - small["value"] >= _NOTABLE / 5:
                    evidence = {"bound": bound["value"], "total-order index": total["value"]}
                    both = str(bound["estimator"]), str(total["estimator"])
                    features = (str(bound["feature"]),)
                    yield Finding(cause, output, features, both, evidence, True)


def _sum_above_one(numbers: pd.DataFrame, output: str) -> Iterator[Finding]:
    """Yield methods whose first-order indices sum to more than 1, beyond their intervals."""
    firsts = numbers[numbers["measure"] == "first_order"]
    for method, rows in firsts.groupby("estimator", sort=False):
        summed = float(rows["value"].sum())
        down = float(np.sqrt(((rows["value"] - rows["low"]) ** 2).sum()))
        if summed - down > 1 + _NOTABLE:
            evidence = {"sum of first-order indices": summed, "low": summed - down}
            yield Finding(Cause.SUM_ABOVE_ONE, output, (), (str(method),), evidence, True)
