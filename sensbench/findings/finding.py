"""Finding: what is to be said, before anyone words it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import overload

import pandas as pd


class Cause(StrEnum):
    """What a finding is about."""

    # Of the question
    MOVE_TOGETHER = "inputs move together"
    """Two inputs depend on each other in the rows, straight or bent."""
    TOLD_BY_OTHERS = "input told by others"
    """The other inputs together tell this one."""
    VARIANCE_RATIO = "variance of independent draws"
    """Independent draws of the inputs change an output's variance."""
    OFF_ROWS = "shuffled off the rows"
    """Shuffling an input alone makes rows that lie far from all data."""
    OFF_LAW = "shuffled against given others"
    """Shuffling an input changes the output otherwise than drawing it given the others does."""
    LAWS = "distributions asked"
    """Inputs depend on each other, and these methods ask at these distributions of them."""
    BY_QUESTION = "order by question"
    """Inputs depend on each other: the order of the inputs, by the question that is asked."""
    MODEL_FIT = "model fit"
    """How well the model predicts an output."""
    MODEL_FIT_RANGE = "range of model fits"
    """How well the model predicts its outputs, where these are many."""
    POOR_MODEL = "poor model"
    """Less than half of an output's variation is in the model."""
    POOR_SLOPES = "poor slopes"
    """A network's values fit, its derivatives do not."""
    NETWORK_ERROR = "network's error"
    """A measure's value of the network itself is not the one of the function it learned."""
    FEW_SHARES = "few shares"
    """Of many outputs with ranks next to none has shares of importance; ``output`` has."""
    IMPORTANT = "important over outputs"
    """An input matters for so many of many outputs."""
    FIRST_IN = "first in outputs"
    """An input comes first, by mean share, in so many of many outputs."""
    NONE_IMPORTANT = "none important over outputs"
    """No input matters for any of many outputs."""
    NOWHERE_IMPORTANT = "nowhere important"
    """An input matters for none of many outputs."""
    ALIKE_OUTPUTS = "alike outputs"
    """The importance of inputs is about the same for all of many outputs."""
    DIFFERENT_OUTPUT = "different output"
    """An output differs most from the others: more on the first feature, less on the second."""
    TYPICAL_OUTPUT = "typical output"
    """The output that is most like the others."""
    AGREEMENT_OVER_OUTPUTS = "agreement over outputs"
    """For how many outputs the methods agree; ``methods`` are the two that do the least."""
    ONE_METHOD_OVER_OUTPUTS = "one method over outputs"
    """There is but one method to compare, for every one of many outputs."""
    RANKS_ONLY = "ranks only"
    """A method sees no importance in one of many outputs that is clear of noise."""
    UNRANKED_OUTPUT = "unranked output"
    """No method ranks the inputs of this output."""
    NOTHING_COMPUTED = "nothing computed"
    """There are no numbers at all."""
    NOT_COMPUTED = "not computed"
    """Cells of a method failed, were skipped, or are missing."""

    # Of one output
    NOTHING_VISIBLE = "nothing visible"
    """No input has an effect that any method sees."""
    ONLY_ONE = "only one input"
    """One input rises above the noise of the methods, no other does."""
    SAME_FIRST = "same first place"
    """All methods put one input first, most with intervals that tell it from all others."""
    FIRST_BY_MOST = "first place by most"
    """Most methods' intervals put one input before each other, none says the reverse."""
    FIRST_BY = "first place by"
    """Methods contradict each other on the first place; these put these features there."""
    FIRST_OPEN = "first place open"
    """No first place is settled among these: intervals overlap."""
    IN_ORDER = "in order"
    """The order of these is settled, from the first on."""
    ORDER_OPEN = "order open"
    """The order of these, the next after what is settled, is not."""
    MEAN_ORDER = "order by mean share"
    """The mean shares, of so many methods per input: numbers, no claim."""
    EXACT_ORDER = "exact order"
    """The order by exact total-order indices."""
    AGREEMENT = "agreement"
    """How alike the methods order the inputs; ``features``: what all put first."""
    ONE_METHOD = "one method"
    """There is but one method to compare."""
    NO_SHARES = "no shares"
    """A method has ranks but sees no importance that is clear of noise."""
    CONSTANT_TARGETS = "constant targets"
    """A method lacks its scale because the measured targets do not vary."""
    NOISE_ABOVE = "noise above inputs"
    """A method does not put all real inputs above planted noise."""
    NOISE_BELOW = "noise below inputs"
    """A method puts all real inputs above planted noise."""
    CREDIT_SPLIT = "credit split"
    """A method divides credit between an input and its planted copy."""
    SLOPES_AND_VARIANCES = "slopes and variances"
    """Methods that measure slopes and methods that measure variance differ on a feature."""
    PREDICTION = "prediction of targets"
    """A method that measures the prediction of targets differs from all others on a feature."""
    ADDITIVE = "effects add up"
    """The first-order indices leave next to nothing to interactions."""
    INTERACTIONS = "interactions"
    """The first-order indices leave a part of the variance to interactions."""
    ONLY_INTERACTIONS = "only through interactions"
    """A feature acts almost only together with others."""
    THROUGH_OTHERS = "through other inputs"
    """A feature has a share of the variance only by what it tells of the others."""
    CANCELLING = "cancelling slopes"
    """A feature's mean derivative hides its effect: rises and falls cancel."""
    DIFFERENT_INPUTS = "different inputs"
    """These methods looked at other inputs than other methods did."""
    UNSETTLED = "unsettled"
    """A few rows decide a method's values of these features."""
    ESTIMATES_APART = "estimates apart"
    """Two methods estimate one measure of a feature, and their intervals are apart."""
    FIRST_ABOVE_TOTAL = "first order above total order"
    """S_1 lies above S_T, which independent inputs exclude."""
    BOUND_BELOW_TOTAL = "bound below total order"
    """An upper bound of S_T, estimated from sampled derivatives, lies below S_T."""
    LOWER_BOUND_ABOVE_TOTAL = "lower bound above total order"
    """A lower bound of S_T, estimated from sampled derivatives, lies above S_T."""
    SUM_ABOVE_ONE = "sum above one"
    """First-order indices sum to more than 1, which independent inputs exclude."""
    INERT = "no effect visible"
    """No estimate of a feature's total-order index is clear of 0."""
    NEGLIGIBLE = "negligible"
    """A bound estimated from sampled derivatives is small; sure where the index itself is, too."""
    MORE_ROWS = "more rows"
    """So many rows would settle the order of these inputs, as far as intervals tell."""
    ROWS_DO_NOT_HELP = "more rows do not help"
    """The order of these inputs is open, and more rows would not settle it."""
    NOTHING_OPEN = "nothing open"
    """The order of the inputs that hold a twentieth of the importance, or more, is settled."""
    ACCURACY = "accuracy"
    """How far a method's own measure is from its known values."""


@dataclass(frozen=True)
class Finding:
    """One thing that the results of a question say.

    Attributes
    ----------
    output
        The output it is about; empty where it is about the question.
    features, methods
        What it is about and by whom; the most important first.
    evidence
        The numbers (and names) that show it. What belongs to a feature or method of several is
        under ``"{quantity} of {name}"``; see :meth:`of`.
    sure
        Both sides of the test were looked at: the ends of the intervals exclude the opposite as
        well. ``False`` where only nothing was seen (an interval that reaches 0 may reach far), or
        where the ends are not known.
    """

    cause: Cause
    output: str = ""
    features: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    evidence: Mapping[str, float | str] = field(default_factory=dict, hash=False)
    sure: bool = False

    def of(self, quantity: str, names: Iterable[str]) -> list[float | str]:
        """Return the evidence of that quantity for each of the names."""
        return [self.evidence[f"{quantity} of {name}"] for name in names]

    def number(self, quantity: str) -> float:
        """Return one number of the evidence; NaN where it is not there."""
        return float(self.evidence.get(quantity, float("nan")))

    def text(self, quantity: str) -> str:
        """Return one text of the evidence; empty where it is not there."""
        return str(self.evidence.get(quantity, ""))


COLUMNS = ("cause", "output", "features", "methods", "sure", "evidence")


class Findings(Sequence[Finding]):
    """The findings of one question, the most important first."""

    def __init__(self, found: Iterable[Finding] = ()):
        self._found = tuple(found)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> "Findings": ...
    def __getitem__(self, at: int | slice) -> "Finding | Findings":
        return Findings(self._found[at]) if isinstance(at, slice) else self._found[at]

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        causes = ", ".join(dict.fromkeys(str(finding.cause) for finding in self))
        return f"<{len(self)} findings: {causes}>" if causes else "<no findings>"

    def _repr_html_(self) -> str:
        """Return the findings as a table, for notebooks."""
        return self.to_frame().to_html(index=False)

    def only(self, *causes: Cause, output: str | None = None) -> "Findings":
        """Return those of some causes, and of one output."""
        return Findings(
            finding
            for finding in self
            if (not causes or finding.cause in causes) and output in (None, finding.output)
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per finding: cause, output, features, methods, sure and evidence.

        ``cause`` is text; ``features`` and ``methods`` are tuples and ``evidence`` is a dict, as
        each cause has numbers of its own.
        """
        rows = [
            (str(f.cause), f.output, f.features, f.methods, f.sure, dict(f.evidence)) for f in self
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"sure": bool})


def per(
    quantity: str, names: Iterable[str], values: Iterable[float | str]
) -> dict[str, float | str]:
    """Return evidence of one quantity for each of the names."""
    return {f"{quantity} of {name}": value for name, value in zip(names, values, strict=True)}
