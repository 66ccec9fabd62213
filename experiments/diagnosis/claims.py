"""What findings claim, as sets that can be compared with what was planted."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import sensbench as sb
from sensbench.findings import Cause, Finding, Label

# Of a claim about the whole question or output, and no feature, method or other thing.
WHOLE = "*"


class Claim(StrEnum):
    """A claim that is true or false of a planted case."""

    DEPENDENCE = "dependence"
    REGION = "independent draws change the variance"
    POOR_MODEL = "poor model"
    POOR_FIT = "poor fit"
    POOR_SLOPES = "poor slopes"
    NETWORK_ERROR = "network's error"
    TAIL = "unsettled tail"
    CANCELLING = "signs cancel"
    INTERACTIONS = "interactions"
    ONLY_INTERACTIONS = "only through interactions"
    ADDITIVE = "effects add up"
    HARMONICS = "harmonics"
    ESTIMATES_APART = "estimates apart"
    JUMP = "jump or cliff between the rows"
    FIRST_ABOVE_TOTAL = "first order above total"
    SUM_ABOVE_ONE = "sum above one"
    CONTRADICTED = "first place contradicted"
    FIRST = "first place"
    OPEN = "first place open"
    IN_ORDER = "in order"
    ORDER_OPEN = "order open"
    NOTHING = "nothing above the noise"
    SLOPES = "slopes and variances"
    PREDICTION = "prediction of targets"
    NO_SHARES = "no shares"
    CONSTANT_TARGETS = "constant targets"
    NO_EFFECT = "no effect"
    THROUGH_OTHERS = "through other inputs"
    NOISE_ABOVE = "noise above inputs"
    NOISE_BELOW = "noise below inputs"
    CREDIT_SPLIT = "credit split"
    ORDERS_ALIKE = "orders alike"
    ORDERS_DIFFER = "orders differ"
    DIFFERENT_INPUTS = "different inputs"
    ONE_METHOD = "one method"
    NOT_COMPUTED = "not computed"
    UNRANKED = "unranked output"
    IMPORTANT = "important over outputs"
    FIRST_IN = "first in outputs"
    NONE_IMPORTANT = "none important over outputs"
    NOWHERE_IMPORTANT = "nowhere important"
    ALIKE_OUTPUTS = "outputs alike"
    DIFFERENT_OUTPUT = "different output"
    RANKS_ONLY = "ranks only"


# True, by what was planted, of a case or not; true of most cases without being a cause of anything.
STATEMENTS = frozenset(
    {
        Claim.ADDITIVE, Claim.FIRST, Claim.OPEN, Claim.IN_ORDER, Claim.ORDER_OPEN,
        Claim.NO_EFFECT, Claim.NOISE_BELOW, Claim.ORDERS_ALIKE, Claim.DIFFERENT_INPUTS,
        Claim.ONE_METHOD, Claim.IMPORTANT, Claim.FIRST_IN, Claim.NOWHERE_IMPORTANT,
        Claim.ALIKE_OUTPUTS,
    }
)  # fmt: skip
# Numbers and definitions, which other experiments and tests check.
FACTS = frozenset(
    {
        Cause.MODEL_FIT, Cause.MODEL_FIT_RANGE, Cause.LAWS, Cause.MEAN_ORDER, Cause.EXACT_ORDER,
        Cause.ACCURACY, Cause.TYPICAL_OUTPUT, Cause.FEW_SHARES, Cause.AGREEMENT_OVER_OUTPUTS,
        Cause.NOTHING_COMPUTED, Cause.BY_QUESTION, Cause.OFF_ROWS, Cause.OFF_LAW,
        Cause.MORE_ROWS, Cause.ROWS_DO_NOT_HELP, Cause.NOTHING_OPEN,
    }
)  # fmt: skip
OF_CAUSE: Mapping[Cause, Claim] = {
    Cause.MOVE_TOGETHER: Claim.DEPENDENCE,
    Cause.TOLD_BY_OTHERS: Claim.DEPENDENCE,
    Cause.VARIANCE_RATIO: Claim.REGION,
    Cause.POOR_MODEL: Claim.POOR_MODEL,
    Cause.POOR_SLOPES: Claim.POOR_SLOPES,
    Cause.NETWORK_ERROR: Claim.NETWORK_ERROR,
    Cause.UNSETTLED: Claim.TAIL,
    Cause.CANCELLING: Claim.CANCELLING,
    Cause.INTERACTIONS: Claim.INTERACTIONS,
    Cause.ONLY_INTERACTIONS: Claim.ONLY_INTERACTIONS,
    Cause.ADDITIVE: Claim.ADDITIVE,
    Cause.ESTIMATES_APART: Claim.ESTIMATES_APART,
    Cause.BOUND_BELOW_TOTAL: Claim.JUMP,
    Cause.LOWER_BOUND_ABOVE_TOTAL: Claim.JUMP,
    Cause.FIRST_ABOVE_TOTAL: Claim.FIRST_ABOVE_TOTAL,
    Cause.SUM_ABOVE_ONE: Claim.SUM_ABOVE_ONE,
    Cause.FIRST_BY: Claim.CONTRADICTED,
    Cause.SAME_FIRST: Claim.FIRST,
    Cause.FIRST_BY_MOST: Claim.FIRST,
    Cause.ONLY_ONE: Claim.FIRST,
    Cause.FIRST_OPEN: Claim.OPEN,
    Cause.IN_ORDER: Claim.IN_ORDER,
    Cause.ORDER_OPEN: Claim.ORDER_OPEN,
    Cause.NOTHING_VISIBLE: Claim.NOTHING,
    Cause.SLOPES_AND_VARIANCES: Claim.SLOPES,
    Cause.PREDICTION: Claim.PREDICTION,
    Cause.NO_SHARES: Claim.NO_SHARES,
    Cause.CONSTANT_TARGETS: Claim.CONSTANT_TARGETS,
    Cause.INERT: Claim.NO_EFFECT,
    Cause.NEGLIGIBLE: Claim.NO_EFFECT,
    Cause.THROUGH_OTHERS: Claim.THROUGH_OTHERS,
    Cause.NOISE_ABOVE: Claim.NOISE_ABOVE,
    Cause.NOISE_BELOW: Claim.NOISE_BELOW,
    Cause.CREDIT_SPLIT: Claim.CREDIT_SPLIT,
    Cause.AGREEMENT: Claim.ORDERS_ALIKE,
    Cause.DIFFERENT_INPUTS: Claim.DIFFERENT_INPUTS,
    Cause.ONE_METHOD: Claim.ONE_METHOD,
    Cause.ONE_METHOD_OVER_OUTPUTS: Claim.ONE_METHOD,
    Cause.NOT_COMPUTED: Claim.NOT_COMPUTED,
    Cause.UNRANKED_OUTPUT: Claim.UNRANKED,
    Cause.IMPORTANT: Claim.IMPORTANT,
    Cause.FIRST_IN: Claim.FIRST_IN,
    Cause.NONE_IMPORTANT: Claim.NONE_IMPORTANT,
    Cause.NOWHERE_IMPORTANT: Claim.NOWHERE_IMPORTANT,
    Cause.ALIKE_OUTPUTS: Claim.ALIKE_OUTPUTS,
    Cause.DIFFERENT_OUTPUT: Claim.DIFFERENT_OUTPUT,
    Cause.RANKS_ONLY: Claim.RANKS_ONLY,
}
_BY_FEATURE = frozenset(
    {
        Claim.DEPENDENCE, Claim.CANCELLING, Claim.ONLY_INTERACTIONS, Claim.ESTIMATES_APART,
        Claim.JUMP, Claim.FIRST_ABOVE_TOTAL, Claim.FIRST, Claim.SLOPES, Claim.NO_EFFECT,
        Claim.THROUGH_OTHERS, Claim.CREDIT_SPLIT, Claim.IMPORTANT, Claim.FIRST_IN,
        Claim.NOWHERE_IMPORTANT, Claim.PREDICTION,
    }
)  # fmt: skip
_BY_METHOD = frozenset(
    {
        Claim.NO_SHARES, Claim.CONSTANT_TARGETS, Claim.NOISE_ABOVE, Claim.NOISE_BELOW,
        Claim.NOT_COMPUTED, Claim.SUM_ABOVE_ONE,
    }
)  # fmt: skip


def said(comparison: sb.Comparison) -> dict[Claim, set[str]]:
    """Return what its findings and alerts claim: of which features, methods or outputs.

    Of several outputs, ``output: thing``.
    """
    outputs = next(iter(comparison.results.questions.values())).outputs
    several = len(outputs) > 1
    claims: dict[Claim, set[str]] = {}

    def add(claim: Claim, output: str, things: set[str]) -> None:
        where = f"{output}: " if several and output else ""
        claims.setdefault(claim, set()).update(f"{where}{thing}" for thing in things)

    for finding in comparison.findings():
        for claim in _claims(finding):
            add(claim, finding.output, _things(claim, finding))
    for output in outputs:
        for alert in comparison.verdict(output).alerts:
            if alert.label == Label.POOR_FIT:
                add(Claim.POOR_FIT, output, {WHOLE})
    return claims


def _claims(finding: Finding) -> Iterator[Claim]:
    if finding.cause == Cause.VARIANCE_RATIO and not finding.sure:
        return  # a number: that it changes is not claimed
    if finding.cause == Cause.AGREEMENT:
        orders = finding.text("orders")
        if orders in ("alike", "different"):
            yield Claim.ORDERS_ALIKE if orders == "alike" else Claim.ORDERS_DIFFER
    elif finding.text("cause") == "harmonics":
        yield Claim.HARMONICS
    elif finding.cause in OF_CAUSE:
        yield OF_CAUSE[finding.cause]


def _things(claim: Claim, finding: Finding) -> set[str]:
    if claim == Claim.DEPENDENCE or claim == Claim.ORDER_OPEN:
        return set(finding.features)
    if claim == Claim.CREDIT_SPLIT:
        return {finding.features[1]}
    if claim == Claim.IN_ORDER:
        return {f"{a} > {b}" for a, b in zip(finding.features, finding.features[1:], strict=False)}
    if claim in _BY_FEATURE or claim == Claim.HARMONICS:
        return {finding.features[0]}
    if claim in _BY_METHOD:
        return set(finding.methods)
    return {WHOLE}
