"""How far each method's own measure is from its known values."""

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.laws import known_for
from sensbench.metrics.accuracy import accuracy
from sensbench.metrics.null_inputs import false_discoveries
from sensbench.study.results import Results


def errors(results: Results) -> pd.DataFrame:
    """Return the accuracy of every measure with complete known values, for one question.

    Against the model's own values: those of a network, where they are known, else the truth.
    """
    return results.derived("errors", _errors).copy()


def _errors(results: Results) -> pd.DataFrame:
    signed = frozenset(name for name, measure in results.measures.items() if measure.signed)
    return accuracy(at_known_law(results), _known(results), signed)


def _known(results: Results) -> dict[tuple[str, str, str, str], dict[str, float]]:
    """Return the known values of every measure that has them for all inputs."""
    question = the_question(results)
    truth: dict[tuple[str, str, str, str], dict[str, float]] = {}
    for reference_value in question.reference or question.truth:
        key = (question.problem, question.model, reference_value.measure, reference_value.output)
        truth.setdefault(key, {})[reference_value.feature] = reference_value.value
    return {k: v for k, v in truth.items() if len(v) == len(question.features)}


def at_known_law(results: Results) -> pd.DataFrame:
    """Return the numbers of methods that ask at the distribution whose values are known."""
    question = the_question(results)
    other = [m.label for m in results.methods.values() if not known_for(m, question)]
    frame = results.frame
    return frame[~frame["estimator"].isin(other)] if other else frame


def headline_errors(results: Results) -> pd.DataFrame:
    """Return :func:`errors`, only the measure each method ranks by, where it has a size."""
    rows = errors(results)
    ranks_by = rows["estimator"].map({m.label: m.ranks_by for m in results.methods.values()})
    usable = rows["relative_error"].notna() & (rows["relative_error"] > 0)
    return rows[(rows["measure"] == ranks_by) & usable]


def headline_accuracy(results: Results) -> pd.DataFrame:
    """Return :func:`headline_errors` with ``claimed``, the part of the null inputs that are.

    See :func:`sensbench.metrics.null_inputs.false_discoveries`; NaN where there are none.
    """
    rows = headline_errors(results)
    floors = {name: measure.floor for name, measure in results.measures.items() if measure.floor}
    claims = false_discoveries(results.frame, _known(results), floors)
    claims["claimed"] /= claims["null"]
    by = ["problem", "model", "estimator", "measure", "output", "budget", "replicate"]
    return rows.merge(claims.drop(columns="null"), on=by, how="left")


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
