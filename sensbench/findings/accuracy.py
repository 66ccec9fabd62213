"""How far each method's own measure is from its known values."""

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.metrics.accuracy import accuracy
from sensbench.study.results import Results


def errors(results: Results) -> pd.DataFrame:
    """Return the accuracy of every measure with complete known values, for one question.

    Against the model's own values: those of a network, where they are known, else the truth.
    """
    return results.derived("errors", _errors).copy()


def _errors(results: Results) -> pd.DataFrame:
    question = the_question(results)
    truth: dict[tuple[str, str, str, str], dict[str, float]] = {}
    for known in question.reference or question.truth:
        key = (question.problem, question.model, known.measure, known.output)
        truth.setdefault(key, {})[known.feature] = known.value
    full = {k: v for k, v in truth.items() if len(v) == len(question.features)}
    return accuracy(results.frame, full)


def headline_errors(results: Results) -> pd.DataFrame:
    """Return :func:`errors`, only the measure each method ranks by, where it has a size."""
    found = errors(results)
    ranks_by = found["estimator"].map({m.label: m.ranks_by for m in results.methods.values()})
    usable = found["relative_error"].notna() & (found["relative_error"] > 0)
    return found[(found["measure"] == ranks_by) & usable]


def accurate(results: Results, output: str) -> list[Finding]:
    """Return each method's mean relative error at its largest budget, for one output."""
    question = the_question(results)
    found = headline_errors(results)
    mine = found[found["output"] == output]
    mine = mine[mine["budget"] == mine.groupby("estimator")["budget"].transform("max")]
    against = (
        "network" if question.reference
        else "exact values, network included" if question.training
        else "exact values"
    )  # fmt: skip
    by = mine.groupby("estimator", sort=False)
    known = {k.measure for k in question.reference or question.truth if k.standard_error > 0}
    return [
        Finding(
            Cause.ACCURACY, output, (), (str(method),),
            {"relative error": float(rows["relative_error"].mean()), "against": against,
             "measure": str(rows["measure"].iloc[0]), "budget": int(rows["budget"].iloc[0]),
             "runs": len(rows)},
            rows["measure"].iloc[0] not in known,
        )
        for method, rows in by
    ]  # fmt: skip
