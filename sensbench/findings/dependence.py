"""Inputs that move together: what that does to the methods that treat them as independent."""

from collections.abc import Iterator

import pandas as pd

from sensbench.findings.consensus import mean_shares, the_question
from sensbench.findings.finding import Cause, Finding, per
from sensbench.findings.laws import Asked, asked_by, changed, depends, foremost, law_of
from sensbench.problem.off_rows import LEVEL
from sensbench.study.results import Results

# So many shuffled rows far from the data, where one in twenty is by chance, are told.
FAR = 0.2
_NOTABLE = 0.05
# Half the mean squared change of the output, per variance, when one input is another's value.
_HALF_CHANGE = {
    Asked.ALONE: ("permutation_total_order",),
    Asked.TOGETHER: ("conditional_permutation_total_order", "total_order"),
}


def dependence(results: Results) -> Iterator[Finding]:
    """Yield which inputs move together, the strongest first, and what it does to the variance.

    Then, of all of them, what each method makes of it.
    """
    question = the_question(results)
    law = question.joint_law
    if law is None or not depends(question):
        return
    for pair in law.associations.pairs:
        evidence: dict[str, float | str] = {
            "pearson": pair.pearson, "spearman": pair.spearman, "maximal": pair.maximal
        }  # fmt: skip
        yield Finding(Cause.MOVE_TOGETHER, "", (pair.first, pair.second), (), evidence, True)
    for one in law.associations.on_others:
        inflation = 1 / max(1 - one.multiple**2, 1e-9)
        evidence = {"multiple correlation": one.multiple, "variance inflation": inflation}
        yield Finding(Cause.TOLD_BY_OTHERS, "", (one.feature,), (), evidence, True)
    for output, ratio in law.ratios.items():
        if output in question.outputs and (law.associations or changed(question, output)):
            evidence = {"variance ratio": ratio.value, "low": ratio.low, "high": ratio.high}
            yield Finding(Cause.VARIANCE_RATIO, output, (), (), evidence, changed(question, output))
    for feature, share in law.off_rows.items():
        if share >= FAR:
            evidence = {"share": share, "by chance": 1 - LEVEL}
            yield Finding(Cause.OFF_ROWS, "", (feature,), (), evidence, True)
    labels = dict.fromkeys(results.frame["estimator"].astype(str))
    of_methods = {label: law_of(results.methods[label], question) for label in labels}
    yield Finding(
        Cause.LAWS, "", (), tuple(of_methods), per("law", of_methods, of_methods.values()), True
    )


def shuffled_and_drawn(results: Results, output: str) -> Iterator[Finding]:
    """Yield inputs whose permutation importance is not what drawing them given the others costs.

    On one scale, half the mean squared change per variance, by intervals that do not overlap: the
    difference is what combinations that do not occur make of it. The largest difference first.
    """
    question = the_question(results)
    if not depends(question, output):
        return
    headline = results.headline()
    headline = headline[headline["output"] == output]
    by = {
        asked: [
            label
            for label in dict.fromkeys(headline["estimator"].astype(str))
            if asked_by(results.methods[label], question) == asked
            and results.methods[label].ranks_by in measures
        ]
        for asked, measures in _HALF_CHANGE.items()
    }
    if not by[Asked.ALONE] or not by[Asked.TOGETHER]:
        return
    methods = by[Asked.ALONE][0], by[Asked.TOGETHER][0]
    shuffled, drawn = (
        headline[headline["estimator"] == label].set_index("feature") for label in methods
    )
    drawn = drawn.reindex(shuffled.index)
    gap = pd.concat([shuffled["low"] - drawn["high"], drawn["low"] - shuffled["high"]], axis=1)
    far = (gap.max(axis=1) > 0) & ((shuffled["value"] - drawn["value"]).abs() >= _NOTABLE)
    for feature in (shuffled["value"] - drawn["value"])[far].abs().sort_values().index[::-1]:
        evidence: dict[str, float | str] = {
            "shuffled": float(shuffled["value"][feature]), "drawn": float(drawn["value"][feature])
        }  # fmt: skip
        yield Finding(Cause.OFF_LAW, output, (str(feature),), methods, evidence, True)


def shares_by_question(
    results: Results, output: str, frame: pd.DataFrame
) -> dict[Asked, tuple[list[str], "pd.Series[float]"]]:
    """Return, of each question about dependent inputs, the methods that answer it by mean shares.

    ``frame``: the headline shares of that output. Methods that do not score every feature stay
    out, unless all are such. Empty where the inputs do not depend on each other.
    """
    question = the_question(results)
    if not depends(question, output):
        return {}
    shared = frame[frame["share"].notna()]
    n_scored = shared.groupby("estimator")["feature"].transform("nunique")
    complete = n_scored == frame["feature"].nunique()
    shared = shared[complete] if complete.any() else shared
    asked = {
        label: asked_by(results.methods[label], question)
        for label in dict.fromkeys(shared["estimator"].astype(str))
    }
    parts: dict[Asked, tuple[list[str], pd.Series[float]]] = {}
    for one in Asked:
        methods = [label for label, its in asked.items() if its == one]
        if methods and one != Asked.UNKNOWN:
            of_methods = shared[shared["estimator"].isin(methods)].drop(columns="averaged")
            parts[one] = methods, mean_shares(of_methods)
    return parts


def by_question(results: Results, output: str, frame: pd.DataFrame) -> Iterator[Finding]:
    """Yield the order of one output's inputs by each question, where methods ask several."""
    parts = shares_by_question(results, output, frame)
    if len(parts) < 2:
        return
    first = foremost((one for one, of in parts.items() for _ in of[0]), the_question(results))
    for asked in sorted(parts, key=lambda one: one != first):
        methods, shares = parts[asked]
        features = tuple(map(str, shares.index))
        evidence: dict[str, float | str] = {"asked": str(asked)}
        evidence |= per("mean share", features, shares.tolist())
        yield Finding(Cause.BY_QUESTION, output, features, tuple(methods), evidence)
