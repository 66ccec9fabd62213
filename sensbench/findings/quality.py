"""How well the model predicts, and what of its error the network's own values show."""

from collections.abc import Iterator

import pandas as pd

from sensbench.findings.accuracy import at_known_law
from sensbench.findings.consensus import the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.over_outputs import MOST_OUTPUTS
from sensbench.metrics.error_split import error_split
from sensbench.model.quality import POOR_GRADIENT, POOR_R2
from sensbench.study.results import Known, Question, Results

# More than this of the truth is worth a sentence.
_WORTH_TELLING = 0.01


def model_first(results: Results) -> list[Finding]:
    """Return how well the model predicts: all that follows is about the model."""
    question = the_question(results)
    many = len(question.quality) > MOST_OUTPUTS
    fits = _range_of_fits(question) if many else _fits(question)
    poor = [
        Finding(Cause.POOR_MODEL, o, (), (), {"r2": q.r2, "at least": POOR_R2}, q.r2 < POOR_R2)
        for o, q in question.quality.items()
        if not q.r2 >= POOR_R2
    ]
    named = {finding.output for finding in poor}
    crooked = [
        Finding(Cause.POOR_SLOPES, o, (), (),
                {"gradient error": q.gradient_error, "at most": POOR_GRADIENT}, True)
        for o, q in question.quality.items()
        if o not in named and q.gradient_error is not None and q.gradient_error > POOR_GRADIENT
    ]  # fmt: skip
    return [*fits, *poor, *crooked, *_networks_own(results)]


def _fits(question: Question) -> Iterator[Finding]:
    for output, quality in question.quality.items():
        evidence: dict[str, float | str] = {
            "model": question.model, "judged on": question.judged_on, "r2": quality.r2
        }  # fmt: skip
        if quality.gradient_error is not None:
            evidence["gradient error"] = quality.gradient_error
        yield Finding(Cause.MODEL_FIT, output, (), (), evidence, True)


def _range_of_fits(question: Question) -> Iterator[Finding]:
    r2 = pd.Series({output: quality.r2 for output, quality in question.quality.items()})
    evidence: dict[str, float | str] = {
        "model": question.model, "judged on": question.judged_on, "outputs": len(r2),
        "lowest r2": float(r2.min()), "lowest in": str(r2.idxmin()),
        "highest r2": float(r2.max()), "median r2": float(r2.median()),
    }  # fmt: skip
    yield Finding(Cause.MODEL_FIT_RANGE, "", (), (), evidence, True)


def split_of(results: Results) -> pd.DataFrame:
    """Return every number's error in its parts, for one question; see ``metrics.error_split``."""
    return results.derived("error split", _split_of).copy()


def _split_of(results: Results) -> pd.DataFrame:
    question = the_question(results)
    return error_split(
        at_known_law(results),
        _by_key(question, question.truth),
        _by_key(question, question.reference),
    )


def _by_key(
    question: Question, values: tuple[Known, ...]
) -> dict[tuple[str, str, str, str, str], tuple[float, float]]:
    at = question.problem, question.model
    return {(*at, k.measure, k.output, k.feature): (k.value, k.standard_error) for k in values}


def _networks_own(results: Results) -> Iterator[Finding]:
    """Yield how far the network's own values are from the function's, for the worst output."""
    question = the_question(results)
    if not (question.reference and question.truth):
        return
    by_measure: dict[str, list[str]] = {}
    for method in results.methods.values():
        by_measure.setdefault(method.ranks_by, []).append(method.label)
    for name, methods in by_measure.items():
        worst, where = 0.0, ""
        for output in question.outputs:
            own, true = question.reference_values(name, output), question.true_values(name, output)
            if len(own) == len(true) > 0 and float((true**2).sum()) > 0:
                off = float(((own - true) ** 2).sum() ** 0.5 / (true**2).sum() ** 0.5)
                worst, where = max((worst, where), (off, output), key=lambda pair: pair[0])
        if worst >= _WORTH_TELLING:
            symbol = results.measures[name].symbol
            precision = _known_to(question, name, where)
            evidence: dict[str, float | str] = {
                "measure": name, "symbol": symbol, "relative error": worst, "known to": precision
            }  # fmt: skip
            sure = worst > 2 * precision
            yield Finding(Cause.NETWORK_ERROR, where, (), tuple(methods), evidence, sure)


def _known_to(question: Question, name: str, output: str) -> float:
    """Return the standard error of the two sets of values together, relative to the true ones."""
    of = [k for k in (*question.truth, *question.reference) if (k[0], k[1]) == (name, output)]
    true = question.true_values(name, output)
    squared = sum(truth.standard_error**2 for truth in of)
    return float(squared**0.5 / (true**2).sum() ** 0.5)
