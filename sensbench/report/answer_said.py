"""The answer in words: what qualifies a verdict, as short labelled rows; drawing is elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from sensbench.findings.consensus import the_question
from sensbench.findings.finding import Findings
from sensbench.findings.question import find
from sensbench.findings.verdict import CAUSES_OF, Alert, Label, Verdict
from sensbench.report.text import in_short
from sensbench.report.wording import words
from sensbench.report.wording_output import OF_OUTPUT
from sensbench.study.results import Question, Results


@dataclass(frozen=True)
class Row:
    """A labelled row under a verdict."""

    label: str
    texts: Sequence[str]
    weakens: bool


def shared_rows(results: Results) -> list[Row]:
    """Return what qualifies the verdicts of all outputs alike, where there are several."""
    question = the_question(results)
    if len(question.outputs) < 2:
        return []
    evidence = find(results).only(*CAUSES_OF[Label.DEPENDENCE])
    texts = words(f for f in evidence if f.cause not in OF_OUTPUT)
    return [Row(Label.DEPENDENCE.value, in_question(texts, question), True)] if texts else []


def output_rows(of: Verdict, question: Question) -> list[Row]:
    """Return the alerts of one output, without what the verdict or :func:`shared_rows` says."""
    said = set(words(of.lines))
    rows = []
    for alert in of.alerts:
        texts = [text for text in words(_evidence(alert, question)) if text not in said]
        if texts:
            rows.append(Row(alert.label.value, in_question(texts, question), alert.weakens))
    return rows


def _evidence(alert: Alert, question: Question) -> Findings:
    """Return what an alert is shown by; of several outputs, what is of this one alone."""
    if alert.label != Label.DEPENDENCE or len(question.outputs) < 2:
        return alert.evidence
    return Findings(f for f in alert.evidence if f.cause in OF_OUTPUT)


def in_question(texts: Sequence[str], question: Question) -> list[str]:
    """Return texts with the question's long names cut."""
    return in_short(texts, (*question.outputs, *question.features))
