"""Which methods measured the prediction of targets, and not the model's own output."""

from typing import NamedTuple

import pandas as pd

from sensbench.study.results import Results

# Far above rounding, far below what targets that are not the model's output make.
_SAME = 1e-3


class Targets(NamedTuple):
    """Whether measured targets were used, and whether the results say so themselves."""

    used: bool
    known: bool


def against_targets(results: Results, output: str, method: str) -> Targets:
    """Return whether a method's numbers of one output are about the prediction of targets.

    Intervals say what they cover. Results of version 1 did not keep that: what such a method
    needs decides, and whether its numbers are what they are without targets.
    """
    numbers = _numbers(results, output, method)
    covers = numbers["covers"].fillna("").astype(str)
    stated = covers[covers != ""]
    if len(stated):
        return Targets(any("targets" in text.split(", ") for text in stated), True)
    needs = results.methods[method].needs
    if needs is not None and not needs.targets:
        return Targets(False, True)
    return Targets(_scales_differ(numbers), False)


def constant_targets(results: Results, output: str, method: str) -> Targets:
    """Return whether a method has no scale because the measured targets do not vary.

    Other measures of its are there, and other methods saw the model's output vary.
    """
    uses = against_targets(results, output, method)
    how = results.methods[method]
    if not uses.known:
        needs_targets = how.needs.targets if how.needs else how.headline.family == "permutation"
        uses = Targets(needs_targets, False)
    numbers = _numbers(results, output, method)
    own = numbers.loc[numbers["measure"] == how.ranks_by, "value"]
    rest = numbers.loc[numbers["measure"] != how.ranks_by, "value"]
    headline = results.headline()
    others = headline[(headline["output"] == output) & (headline["estimator"] != method)]
    lacks = own.isna().all() and rest.notna().any() and others["value"].notna().any()
    return Targets(uses.used and bool(lacks), uses.known)


def _scales_differ(numbers: pd.DataFrame) -> bool:
    """Return whether Var y is not Var f: else PI (R²) is twice PI/(2 Var).

    Of permutation importance alone, the only method of version 1 that used targets.
    """
    table = numbers.pivot(index="feature", columns="measure", values="value")
    if not {"permutation_r2", "permutation_total_order"} <= set(table):
        return False
    table = table[["permutation_r2", "permutation_total_order"]].dropna()
    r2, total = table["permutation_r2"], 2 * table["permutation_total_order"]
    return bool(((r2 - total).abs() > _SAME * total.abs().max()).any())


def _numbers(results: Results, output: str, method: str) -> pd.DataFrame:
    final = results.final()
    of_features = (final["partner"] == "") & (final["feature"] != "")
    return final[(final["output"] == output) & (final["estimator"] == method) & of_features]
