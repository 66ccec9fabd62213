"""Values of a column of data by their rank, a few of very many, without sorting them all."""

import numpy as np
from jaxtyping import Float, Int

# Of fewer rows, sorting costs no more than a look at each.
_MANY = 2**17
_BINS = 2**16
# Where the bins that are asked for hold more of the rows, sorting all costs no more.
_PART = 4


class Ranked:
    """The rows in bins of equal width: only those of the bins that are asked for are sorted.

    Takes 2 bytes a row; a sorted copy takes 8, and ten times as long as a million rows in bins.
    """

    def __init__(self, values: Float[np.ndarray, " n"], low: float, per_unit: float):
        self._values = values
        # rounding keeps order: a larger value is never in a lower bin
        bins = values - low
        bins *= per_unit
        self._bin = np.minimum(bins, _BINS - 1, out=bins).astype(np.uint16)
        self._counts = np.bincount(self._bin, minlength=_BINS)
        self._ends = np.cumsum(self._counts)

    @classmethod
    def of(cls, values: Float[np.ndarray, " n"], low: float, high: float) -> "Ranked | None":
        """Return it where it pays, and where the range between the ends can be divided."""
        with np.errstate(over="ignore", divide="ignore"):
            per_unit = _BINS / (np.float64(high) - low)
        pays = len(values) >= _MANY and 0 < per_unit < np.inf
        return cls(values, low, float(per_unit)) if pays else None

    def at(self, ranks: Int[np.ndarray, "..."]) -> Float[np.ndarray, "..."] | None:
        """Return the values of these ranks, from 0; None where it takes most of the rows."""
        bins = np.searchsorted(self._ends, ranks, side="right")
        asked = np.zeros(_BINS, dtype=bool)
        asked[bins] = True
        counts = np.where(asked, self._counts, 0)
        ends = np.cumsum(counts)
        if ends[-1] > len(self._values) // _PART:
            return None
        ordered = np.sort(self._values[np.flatnonzero(asked.take(self._bin))])
        return np.asarray(ordered[ranks - self._ends[bins] + ends[bins]])
