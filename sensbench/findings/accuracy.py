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
    for reference_value in question.reference or question.truth:
        key = (question.problem, question.model, reference_value.measure, reference_value.output)
        truth.setdefault(key, {})[reference_value.feature] = reference_value.value
    full = {k: v for k, v in truth.items() if len(v) == len(question.features)}
    return accuracy(results.frame, full)


def headline_errors(results: Results) -> pd.DataFrame:
    """Return :func:`errors`, only the measure each method ranks by, where it has a size."""
    rows = errors(results)
    ranks_by = rows["estimator"].map({m.label: m.ranks_by for m in results.methods.values()})
    usable = rows["relative_error"].notna() & (rows["relative_error"] > 0)
    return rows[(rows["measure"] == ranks_by) & usable]


def accurate(results: Results, output: str) -> list[Finding]:
    """Return each method's mean relative error at its largest budget, for one output."""
    question = the_question(results)
    all_errors = headline_errors(results)
    of_output = all_errors[all_errors["output"] == output]
    of_output = of_output[
        of_output["budget"] == of_output.groupby("estimator")["budget"].transform("max")
    ]
    against = (
        "network" if question.reference
        else "exact values, network included" if question.training
        else "exact values"
    )  # fmt: skip
    by = of_output.groupby("estimator", sort=False)
    inexact = {k.measure for k in question.reference or question.truth if k.standard_error > 0}
    return [
        Finding(
            Cause.ACCURACY, output, (), (str(method),),
            {"relative error": float(rows["relative_error"].mean()), "against": against,
             "measure": str(rows["measure"].iloc[0]), "budget": int(rows["budget"].iloc[0]),
             "runs": len(rows)},
            rows["measure"].iloc[0] not in inexact,
        )
        for method, rows in by
    ]  # fmt: skip
