"""SensitivityResult: numbers with intervals, what they cost and what they were computed on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.measure import MEASURES

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

# More rows than this are not what a notebook's cell is for.
_MOST_ROWS = 200


@dataclass(frozen=True, eq=False)
class Estimate:
    """Values with the ends of their intervals, ``(o, d)``, or ``(o, d, d)`` for pairs.

    ``note`` says why a value is NaN, where that is neither a constant output nor a feature the
    method is not applicable to.
    """

    value: Float[np.ndarray, "..."]
    low: Float[np.ndarray, "..."]
    high: Float[np.ndarray, "..."]
    note: str = ""

    def map(
        self, function: Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]
    ) -> "Estimate":
        """Return the estimate of an increasing function of the quantity."""
        return Estimate(function(self.value), function(self.low), function(self.high), self.note)


@dataclass(frozen=True)
class Absent:
    """A measure that could not be computed, and why."""

    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class SensitivityResult:
    """What one estimator found on one problem.

    Attributes
    ----------
    estimates
        Measure name to values with intervals. A NaN marks one output or pair for which a measure
        is undefined; ``notes`` says why.
    absent
        Measure name to the reason it could not be computed at all.
    inputs
        What the inputs were: the data's own rows, or draws from the product of the marginals.
    n_forward, n_backward
        Rows evaluated and rows differentiated; their sum never exceeds ``budget``.
    seconds
        Wall time of the estimate.
    threads
        How many it was allowed, where known; see :func:`sensbench.threads.limited`.
    """

    problem: str
    model: str
    estimator: str
    params: Mapping[str, Any]
    outputs: tuple[str, ...]
    features: tuple[str, ...]
    estimates: Mapping[str, Estimate]
    absent: Mapping[str, str]
    inputs: str
    budget: int
    n_forward: int
    n_backward: int
    seconds: float
    notes: tuple[str, ...] = field(default=())
    threads: int | None = None

    def __getitem__(self, measure: str) -> Estimate:
        """Return one measure's estimate.

        Raises
        ------
        KeyError
            The measure is absent (with the reason) or is not one of this estimator's.
        """
        if measure in self.estimates:
            return self.estimates[measure]
        if measure in self.absent:
            raise KeyError(f"{measure} is absent: {self.absent[measure]}")
        raise KeyError(f"{self.estimator} has no {measure}; it has {', '.join(self.estimates)}")

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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per measure, output and feature (or pair), in the documented columns."""
        rows = []
        for name, estimate in self.estimates.items():
            pairwise = name in MEASURES and MEASURES[name].pairwise
            for k, output in enumerate(self.outputs):
                for i, feature in enumerate(self.features):
                    partners = range(i + 1, len(self.features)) if pairwise else (None,)
                    for j in partners:
                        at = (k, i) if j is None else (k, i, j)
                        partner = "" if j is None else self.features[j]
                        ends = (estimate.value[at], estimate.low[at], estimate.high[at])
                        rows.append((name, output, feature, partner, *map(float, ends)))
        frame = pd.DataFrame(rows, columns=list(COLUMNS[3:]))
        for position, (column, value) in enumerate(
            (("problem", self.problem), ("model", self.model), ("estimator", self.estimator))
        ):
            frame.insert(position, column, value)
        return frame
