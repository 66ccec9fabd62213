"""Which two methods to ask why they differ: one pair per output that a finding names."""

from typing import NamedTuple

from sensbench.findings.finding import Cause
from sensbench.findings.over_outputs import in_detail, over_outputs
from sensbench.findings.verdict import Label, Verdict, verdict
from sensbench.study.results import Results


class Disagreement(NamedTuple):
    """Two methods whose shares of one output differ beyond their intervals."""

    output: str
    start: str
    end: str


def disagreements(results: Results) -> list[Disagreement]:
    """Return the disagreements of one question; of many outputs, of those shown in detail."""
    shown = in_detail(results, over_outputs(results))
    (question,) = shown.questions.values()
    pairs = ((output, _two(verdict(shown, output))) for output in question.outputs)
    return [Disagreement(output, *both) for output, both in pairs if both]


def _two(of: Verdict) -> tuple[str, str] | tuple[()]:
    """Return the methods that contradict each other on an order, or differ by what they measure."""
    for step in of.next.only(Cause.ROWS_DO_NOT_HELP):
        if step.text("because") == "contradiction" and len(step.methods) == 2:
            return step.methods[0], step.methods[1]
    alert = of.alert(Label.METHODS_DIFFER)
    if alert is None:
        return ()
    first = [finding.methods[0] for finding in alert.evidence.only(Cause.FIRST_BY)]
    if len(first) > 1:
        return first[0], first[1]
    for finding in alert.evidence.only(Cause.SLOPES_AND_VARIANCES):
        kinds = {m: finding.text(f"kind of {m}") for m in finding.methods}
        sides = [next((m for m in kinds if kinds[m] == k), "") for k in ("slopes", "variances")]
        if all(sides):
            return sides[0], sides[1]
    return ()
