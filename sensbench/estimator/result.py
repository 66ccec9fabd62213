"""SensitivityResult: numbers with intervals, what they cost and what they were computed on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sensbench.estimator.interval import Interval
from sensbench.estimator.tails import HEAVY
from sensbench.measure import Measure, measure

COLUMNS = (
    "problem",
    "model",
    "estimator",
    "measure",
    "output",
    "feature",
    "partner",
    "value",
    "low",
    "high",
)
# What came later stands behind: which direction a value belongs to, what its interval is, and how
# heavy the tail is of what the value is a mean of.
INTERVAL_COLUMNS = ("level", "interval", "covers")
RESULT_COLUMNS = (*COLUMNS, "direction", *INTERVAL_COLUMNS, "tail")

# measure, output, feature, partner, direction, value, low, high, tail
Number = tuple[str, str, str, str, str, float, float, float, float]

# More rows than this are not what a notebook's cell is for.
_MOST_ROWS = 200
# Times a value's rounding error: an interval that is no wider is made by it.
_NEAR = 1000


@dataclass(frozen=True, eq=False)
class Estimate:
    """Values with the ends of their intervals, in the shape of the measure's axis.

    ``(o, d)`` for features, ``(o, d, d)`` for pairs, ``(o,)`` for outputs, ``(o, k)`` for
    directions and for sets of features, ``(d,)`` for features and all outputs together. Without an
    ``interval`` the ends are NaN.

    ``note`` says why a value is NaN, where that is neither a constant output nor a feature the
    method is not applicable to. ``directions`` names the directions, by default 1, 2, …, or the
    sets of features: ``a & b``.

    ``tail``, where a method looks for it, says how heavy the tail is of what a value is a mean of:
    the shape of a generalised Pareto distribution, in the shape of ``value``. Above 0.7 a few rows
    decide the value: it is ``unsettled``, and a note says so. Of a tail so light that its shape
    changes nothing it is a rough one, by moments.
    """

    value: Float[np.ndarray, "..."]
    low: Float[np.ndarray, "..."]
    high: Float[np.ndarray, "..."]
    note: str = ""
    interval: Interval | None = None
    directions: tuple[str, ...] = ()
    tail: Float[np.ndarray, "..."] | None = None

    @property
    def unsettled(self) -> Bool[np.ndarray, "..."]:
        """Which values a few rows decide, as far as that was looked for."""
        if self.tail is None:
            return np.zeros(np.shape(self.value), dtype=bool)
        return np.asarray(np.isfinite(self.value) & (self.tail > HEAVY))

    def with_tail(self, tail: Float[np.ndarray, "..."]) -> "Estimate":
        """Return the estimate without an interval where a few rows decide the value."""
        return replace(
            self.without(tail > HEAVY), tail=np.broadcast_to(tail, self.value.shape)
        )  # fmt: skip

    def without(self, unknown: Bool[np.ndarray, "..."]) -> "Estimate":
        """Return the estimate without an interval there."""
        low, high = (np.where(unknown, np.nan, end) for end in (self.low, self.high))
        return replace(self, low=low, high=high)

    def beyond_rounding(self, relative: float) -> "Estimate":
        """Return the estimate with ends that are no nearer than a value's rounding error.

        Where nothing varies, as with the slope of a straight line, the value is exact but for it.
        """
        if self.interval is None:
            return self
        error = relative * np.abs(self.value)
        near = self.high - self.low < _NEAR * error
        near &= (self.low - error <= self.value) & (self.value <= self.high + error)
        low = np.where(near, np.minimum(self.low, self.value - error), self.low)
        high = np.where(near, np.maximum(self.high, self.value + error), self.high)
        return replace(self, low=low, high=high)

    def with_unseen(
        self, least: Float[np.ndarray, "..."], most: Float[np.ndarray, "..."]
    ) -> "Estimate":
        """Return the estimate with the interval wider by what was not met may change.

        Towards ``least`` and ``most``, what the value would be with it; 0 is not crossed by an
        interval of one sign.
        """
        ratio = least / np.where(self.value == 0, np.nan, self.value)
        shrunk = np.where(np.isfinite(ratio) & (self.low >= 0), self.low * ratio, np.nan)
        low = np.where(np.isfinite(shrunk), shrunk, self.low - (self.value - least))
        return replace(self, low=low, high=self.high + (most - self.value))

    def noted(self, text: str) -> "Estimate":
        """Return the estimate with something more to say of it."""
        return replace(self, note="; ".join(filter(None, (self.note, text))))

    @classmethod
    def of(cls, value: Float[np.ndarray, "..."], note: str = "") -> "Estimate":
        """Return values for which no interval can honestly be given."""
        unknown = np.full(np.shape(value), np.nan)
        return cls(value, unknown, unknown, note)

    def map(
        self, function: Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]
    ) -> "Estimate":
        """Return the estimate of an increasing function of the quantity."""
        ends = (function(end) for end in (self.value, self.low, self.high))
        value, low, high = ends
        return replace(self, value=value, low=low, high=high)


@dataclass(frozen=True)
class Impossible:
    """A measure that could not be computed, and why."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class NotAsked:
    """A measure that was left out because nobody asked for it; ``option`` asks."""

    option: str

    @property
    def reason(self) -> str:
        """Why it is not there, in words."""
        return f"not asked for ({self.option})" if self.option else "not asked for"

    def __str__(self) -> str:
        return self.reason


Absent = Impossible | NotAsked


def absent_to_plain(absent: Absent) -> dict[str, str]:
    """Return plain data that :func:`absent_from_plain` reads."""
    if isinstance(absent, NotAsked):
        return {"not_asked": absent.option}
    return {"impossible": absent.reason}


def absent_from_plain(content: Mapping[str, str]) -> Absent:
    """Return what :func:`absent_to_plain` described."""
    if "not_asked" in content:
        return NotAsked(content["not_asked"])
    return Impossible(content["impossible"])


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityResult:
    """What one estimator found on one problem.

    Attributes
    ----------
    estimates
        Measure name to values with intervals. A NaN marks one output or pair for which a measure
        is undefined; ``notes`` says why.
    absent
        Measure name to why it is not there: :class:`NotAsked` or :class:`Impossible`.
    inputs
        What the inputs were: the data's own rows, or draws from the product of the marginals.
    n_forward, n_backward
        Rows evaluated and rows differentiated; their sum never exceeds ``budget``.
    seconds
        Wall time of the estimate.
    threads
        How many it was allowed, where known; see :func:`sensbench.threads.limited`.
    n_updated
        Of the rows evaluated, those for which the model's first layer was updated, not multiplied.
    """

    problem: str
    model: str
    estimator: str
    params: Mapping[str, Any]
    outputs: tuple[str, ...]
    features: tuple[str, ...]
    estimates: Mapping[str, Estimate]
    absent: Mapping[str, Absent]
    inputs: str
    budget: int
    n_forward: int
    n_backward: int
    seconds: float
    notes: tuple[str, ...] = field(default=())
    threads: int | None = None
    n_updated: int = 0

    def __getitem__(self, name: str) -> Estimate:
        """Return one measure's estimate.

        Raises
        ------
        KeyError
            The measure is absent (with the reason) or is not one of this estimator's.
        """
        if name in self.estimates:
            return self.estimates[name]
        if name in self.absent:
            raise KeyError(f"{name} is absent: {self.absent[name]}")
        raise KeyError(f"{self.estimator} has no {name}; it has {', '.join(self.estimates)}")

    def __repr__(self) -> str:
        return (
            f"<SensitivityResult of {self.estimator} on {self.problem}: "
            f"{', '.join(self.estimates)}; {len(self.outputs)} outputs, "
            f"{len(self.features)} features; {self.n_forward} forward and {self.n_backward} "
            f"backward rows; to_frame() has the numbers>"
        )

    def _repr_html_(self) -> str:
        """Return the numbers as a table, for notebooks; of many, the first ones."""
        columns = ["measure", "output", "feature", "partner", "value", "low", "high"]
        frame = self.to_frame()[columns]
        shown = frame.head(_MOST_ROWS).to_html(index=False, float_format="{:.4g}".format)
        rest = len(frame) - len(frame.head(_MOST_ROWS))
        return shown if not rest else f"{shown}\n<p>{rest:,} more rows are in to_frame().</p>"

    def plot(
        self,
        kind: str = "measures",
        *,
        output: str | None = None,
        ax: Any = None,
        style: str = "page",
        width: str = "two columns",
    ) -> Any:
        """Draw its measures, a panel each, or another kind (:func:`sensbench.plots.names`).

        As :meth:`sensbench.Comparison.plot` does; known values and units are the problem's, which
        a result does not hold.
        """
        # By name: what draws stands above what is drawn, and takes a second to import.
        drawing = resolve_name("sensbench.report.one_result:plot_result")
        return drawing(self, kind, output=output, ax=ax, style=style, width=width)

    def numbers(self) -> Iterator[Number]:
        """Yield measure, output, feature, partner, direction, value, ends and tail of every number.

        What a value does not belong to is empty: a measure of the output has no feature, one of
        all outputs together no output. A set of features stands where a direction does: ``a & b``.
        The tail is NaN where the method does not look for it.
        """
        for name, estimate in self.estimates.items():
            at, places = _places(measure(name), estimate, self.outputs, self.features)
            tail = (
                np.full(np.shape(estimate.value), np.nan)
                if estimate.tail is None
                else estimate.tail
            )
            ends = (x[at].tolist() for x in (estimate.value, estimate.low, estimate.high, tail))
            for place, *numbers in zip(places, *ends, strict=True):
                yield (name, *place, *numbers)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per number, in the documented columns."""
        columns = ["measure", "output", "feature", "partner", "direction", "value", "low", "high"]
        frame = pd.DataFrame(list(self.numbers()), columns=[*columns, "tail"])
        for column in ("problem", "model", "estimator"):
            frame[column] = getattr(self, column)
        intervals = {name: item.interval for name, item in self.estimates.items()}
        return with_intervals(frame, [intervals[name] for name in frame["measure"]])


def with_intervals(frame: pd.DataFrame, intervals: list[Interval | None]) -> pd.DataFrame:
    """Return the numbers with what the interval of each is, in the documented columns."""
    entries = [(i.level, i.method, i.sources) if i else (np.nan, "", "") for i in intervals]
    for k, column in enumerate(INTERVAL_COLUMNS):
        frame[column] = [one[k] for one in entries]
    frame = frame.astype(dict.fromkeys(("level", "value", "low", "high", "tail"), float))
    return frame[list(RESULT_COLUMNS)]


def _places(
    meaning: Measure, estimate: Estimate, outputs: tuple[str, ...], features: tuple[str, ...]
) -> tuple[Any, list[tuple[str, str, str, str]]]:
    """Return where an estimate's numbers are, and the output, feature, partner and direction."""
    at: Any = ...
    if meaning.axis == "output":
        return at, [(output, "", "", "") for output in outputs]
    if meaning.axis == "aggregate":
        return at, [("", feature, "", "") for feature in features]
    if meaning.axis in ("direction", "set"):
        count = estimate.value.shape[1]
        names = estimate.directions or tuple(str(k + 1) for k in range(count))
        return (
            (np.repeat(np.arange(len(outputs)), count), np.tile(np.arange(count), len(outputs))),
            [(output, "", "", name) for output in outputs for name in names],
        )
    d = len(features)
    if meaning.axis == "pair":
        i, j = np.triu_indices(d, 1)
        pairs = [(features[a], features[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True)]
        k = np.repeat(np.arange(len(outputs)), len(i))
        at = (k, np.tile(i, len(outputs)), np.tile(j, len(outputs)))
        return at, [(output, *pair, "") for output in outputs for pair in pairs]
    at = (np.repeat(np.arange(len(outputs)), d), np.tile(np.arange(d), len(outputs)))
    return at, [(output, feature, "", "") for output in outputs for feature in features]
