"""Verdict: what of one output's order is settled, and the alerts that qualify it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sensbench.errors import InputError
from sensbench.findings.consensus import (
    headline_shares,
    mean_shares,
    same_question,
    the_question,
)
from sensbench.findings.finding import Cause, Finding, Findings
from sensbench.findings.next_step import next_step
from sensbench.findings.order import order
from sensbench.findings.question import find
from sensbench.findings.settled import Settled
from sensbench.study.results import Results

# Below this a quarter or so of the output's variation is not in the model.
FAIR_R2 = 0.8


class Label(StrEnum):
    """What an alert is about."""

    DEPENDENCE = "Dependence"
    POOR_FIT = "Poor fit"
    UNSETTLED_TAIL = "Unsettled tail"
    CONTRADICTION = "Contradiction"
    METHODS_DIFFER = "Methods differ"
    ACTS_JOINTLY = "Acts jointly"
    NEXT = "Next"


CAUSES_OF: Mapping[Label, tuple[Cause, ...]] = {
    Label.DEPENDENCE: (
        Cause.MOVE_TOGETHER, Cause.TOLD_BY_OTHERS, Cause.VARIANCE_RATIO, Cause.LAWS,
        Cause.BY_QUESTION, Cause.OFF_ROWS, Cause.OFF_LAW,
    ),
    Label.POOR_FIT: (Cause.MODEL_FIT,),
    Label.UNSETTLED_TAIL: (Cause.UNSETTLED,),
    Label.CONTRADICTION: (
        Cause.ESTIMATES_APART, Cause.FIRST_ABOVE_TOTAL, Cause.BOUND_BELOW_TOTAL,
        Cause.LOWER_BOUND_ABOVE_TOTAL, Cause.SUM_ABOVE_ONE,
    ),
    Label.METHODS_DIFFER: (Cause.FIRST_BY, Cause.SLOPES_AND_VARIANCES, Cause.PREDICTION),
    Label.ACTS_JOINTLY: (Cause.INTERACTIONS, Cause.ONLY_INTERACTIONS),
}  # fmt: skip
# The section of the page that shows more of it.
_SECTION = {
    Label.DEPENDENCE: "importance",
    Label.POOR_FIT: "quality",
    Label.UNSETTLED_TAIL: "importance",
    Label.CONTRADICTION: "measures",
    Label.METHODS_DIFFER: "agreement",
    Label.ACTS_JOINTLY: "measures",
    Label.NEXT: "importance",
}


@dataclass(frozen=True)
class Alert:
    """What qualifies a verdict, or adds to it.

    Attributes
    ----------
    evidence
        The findings that show it; ``report.wording.words`` says them, with the consequence.
    weakens
        Whether the verdict is less certain for it; else it only adds a fact.
    section
        Where the page shows more.
    """

    label: Label
    evidence: Findings
    weakens: bool
    section: str


@dataclass(frozen=True)
class Verdict:
    """What the methods settle of one output.

    Attributes
    ----------
    lines
        At most three findings of what is settled and what is not (those on a contradicted first
        place count as one); ``report.wording.words`` says them.
    alerts
        Those that weaken the verdict first; at last what to do next.
    ranks
        Feature to its lowest and highest possible rank, of those above the noise floor.
    """

    output: str
    lines: Findings
    alerts: tuple[Alert, ...]
    ranks: Mapping[str, tuple[int, int]]

    @property
    def next(self) -> Findings:
        """What to do next: one finding."""
        alert = self.alert(Label.NEXT)
        return Findings() if alert is None else alert.evidence

    def alert(self, label: Label) -> Alert | None:
        """Return the alert of that label, if there is one."""
        return next((alert for alert in self.alerts if alert.label == label), None)


def verdict(results: Results, output: str | None = None) -> Verdict:
    """Return the verdict on one output of one question; by default its only one.

    Raises
    ------
    InputError
        No such output, or several and none is named.
    """
    question = the_question(results)
    outputs = question.outputs
    if output is None and len(outputs) == 1:
        output = outputs[0]
    if output not in outputs:
        raise InputError(
            f"verdict: expected one of the outputs {', '.join(outputs)}; got {output!r}"
        )
    # as if no others had been asked for, so that nothing is left out
    part = results.only([output])
    shares = headline_shares(part)
    frame = same_question(shares, part)
    settled = Settled(frame, [str(f) for f in mean_shares(frame).dropna().index])
    ran = shares["estimator"].nunique()
    lines = (f for f in order(frame, output, ran) if f.cause != Cause.MEAN_ORDER)
    findings = find(part)
    # what to do comes last, and weakens nothing
    step = Findings([next_step(part, output, frame, findings)])
    alerts = (*_alerts(findings), Alert(Label.NEXT, step, False, _SECTION[Label.NEXT]))
    return Verdict(output, Findings(lines), alerts, settled.ranges())


def _alerts(findings: Findings) -> Iterable[Alert]:
    for label, causes in CAUSES_OF.items():
        evidence = [f for f in findings.only(*causes) if label != Label.POOR_FIT or _poor(f)]
        if evidence:
            weakens = label != Label.ACTS_JOINTLY
            yield Alert(label, Findings(evidence), weakens, _SECTION[label])


def _poor(finding: Finding) -> bool:
    return not finding.number("r2") >= FAIR_R2
