"""Which distribution of the inputs each method's numbers are about, and which question that is."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from sensbench.study.results import Method, Question

# A variance that independent draws change by a quarter or more.
RATIO = 1.25


class Law(StrEnum):
    """Where a method evaluates the model."""

    ROWS = "rows"
    """At the rows, or at draws of their joint distribution."""
    SHUFFLED = "shuffled"
    """At the rows with one column from other rows."""
    PRODUCT = "product"
    """At independent draws of each input."""
    UNKNOWN = "unknown"
    """The results do not say."""


class Asked(StrEnum):
    """What is asked of inputs that depend on each other: numbers of one question are comparable."""

    TOGETHER = "together"
    """What an input is worth if inputs vary as they do."""
    APART = "apart"
    """What it is worth if they varied independently."""
    ALONE = "alone"
    """What happens if one moved and the others stayed."""
    UNKNOWN = "unknown"
    """The results do not say."""


# Of measures whose square is on the scale of variance, those that let the other inputs follow.
_FOLLOWING = ("derivative_following_standardised",)


def law_of(method: Method, question: Question) -> Law:
    """Return the distribution that a method's numbers are about."""
    if question.joint_law is not None and question.joint_law.product:
        return Law.PRODUCT
    if method.headline.family == "permutation":
        return Law.SHUFFLED
    if method.needs is None:
        return Law.UNKNOWN
    if not method.needs.design:
        return Law.ROWS
    # designs are draws of a dependent law, but for those of methods that assume there is none
    return Law.ROWS if question.law and method.needs.law == "any" else Law.PRODUCT


def asked_by(method: Method, question: Question) -> Asked:
    """Return the question that a method's headline numbers answer, of dependent inputs."""
    law, headline = law_of(method, question), method.headline
    if law in (Law.PRODUCT, Law.UNKNOWN):
        return Asked.APART if law == Law.PRODUCT else Asked.UNKNOWN
    # a slope, of the model or of a regression, is by one input with the others held fixed
    slope = headline.variance_power == 2 and headline.name not in _FOLLOWING
    return Asked.ALONE if law == Law.SHUFFLED or slope else Asked.TOGETHER


def foremost(asked: Iterable[Asked], question: Question) -> Asked | None:
    """Return the question that an order of the inputs is given for: one of those asked, by method.

    As the inputs vary, where they are said to depend on each other; else what most methods ask.
    """
    counts = Counter(asked)
    if question.law and counts[Asked.TOGETHER]:
        return Asked.TOGETHER
    order = [Asked.UNKNOWN, Asked.ALONE, Asked.APART, Asked.TOGETHER]
    return max(counts, key=lambda one: (counts[one], order.index(one)), default=None)


def known_for(method: Method, question: Question) -> bool:
    """Return whether the known values are of the distribution that a method asks at."""
    if not question.law or method.needs is None:
        return True
    return law_of(method, question) != Law.PRODUCT


def depends(question: Question, output: str = "") -> bool:
    """Return whether the inputs move together, or independent draws change the output's variance.

    Of one output, or of any. Inputs that are said to depend on each other do.
    """
    if question.law:
        return True
    law = question.joint_law
    if law is None:
        return False
    outputs = [output] if output else list(law.ratios)
    return bool(law.associations) or any(changed(question, name) for name in outputs)


def changed(question: Question, output: str) -> bool:
    """Return whether independent draws change an output's variance: by much, beyond chance."""
    law = question.joint_law
    ratio = law.ratios.get(output) if law else None
    if ratio is None:
        return False
    far = not 1 / RATIO <= ratio.value <= RATIO
    return far and not ratio.low <= 1 <= ratio.high
