"""How well a law fits rows: rank correlations and tails of the data against those of the law."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from sensbench.errors import require
from sensbench.inputs.from_rows import ranks
from sensbench.inputs.rows import as_rows
from sensbench.inputs.space import InputSpace

# The share of rows that counts as a tail: few rows would be left of less.
TAIL = 0.1
_OF_LAW = 2**15
_MOST_ROWS = 2000
_LEVEL = 0.95
_ALARM = 0.99
_MOST_NAMED = 3


@dataclass(frozen=True)
class PairFit:
    """One statistic of a pair of columns: of the rows, of the law, and by chance.

    Attributes
    ----------
    a, b
        Names of the columns.
    statistic
        ``"rank correlation"`` (Spearman's), ``"lower tail"`` or ``"upper tail"``: the share of
        rows in one column's tail of a tenth that are in the other's, too.
    data, law
        Its value over the rows, and over many draws of the law.
    low, high
        Where 95 % of samples of the law are that have as many rows as the data.
    """

    a: str
    b: str
    statistic: str
    data: float
    law: float
    low: float
    high: float

    @property
    def fits(self) -> bool:
        """Whether the data are within what the law gives by chance."""
        return self.low <= self.data <= self.high

    def to_plain(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "fits": self.fits}


def law_fit(space: InputSpace, X: Any, *, samples: int = 200, seed: int = 0) -> tuple[PairFit, ...]:
    """Return how rows compare with draws from a space's law, pair by pair.

    Ranges are those of samples of the law (a parametric bootstrap, which does not fit the law
    again: they are a little wide where it was fitted to these rows). More than 2,000 rows are
    compared with the range of 2,000.

    Raises
    ------
    InputError
        Rows that are not of this space, or fewer than 20.
    """
    rows = as_rows(X, "law_fit", space.columns)[0]
    require(len(rows) >= 20, "law_fit", "at least 20 rows", len(rows))
    require(samples >= 20, "law_fit", "at least 20 samples", samples)
    rng = np.random.default_rng(seed)
    pairs = list(combinations(range(space.d), 2))
    of_data = _statistics(rows, pairs)
    of_law = _statistics(space.sample(_OF_LAW, rng), pairs)
    n = min(len(rows), _MOST_ROWS)
    drawn = np.array([_statistics(space.sample(n, rng), pairs) for _ in range(samples)])
    low, high = np.quantile(drawn, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2), axis=0)
    names = ("rank correlation", "lower tail", "upper tail")
    return tuple(
        PairFit(
            space.columns[i], space.columns[j], name,
            *(float(of[k, s]) for of in (of_data, of_law, low, high)),
        )
        for k, (i, j) in enumerate(pairs)
        for s, name in enumerate(names)
    )  # fmt: skip


def _statistics(
    X: Float[np.ndarray, "n d"], pairs: list[tuple[int, int]]
) -> Float[np.ndarray, "pairs 3"]:
    u = ranks(X)
    with np.errstate(invalid="ignore"):  # a sample of separate values may show one only
        correlation = np.nan_to_num(np.corrcoef(u, rowvar=False))
    lower, upper = (u < TAIL).astype(np.float64), (u > 1 - TAIL).astype(np.float64)
    both = [tail.T @ tail / (TAIL * len(X)) for tail in (lower, upper)]
    return np.array([[correlation[i, j], both[0][i, j], both[1][i, j]] for i, j in pairs])


def note_of_fit(fits: Sequence[PairFit]) -> str:
    """Say where rows are not what their law gives by chance; empty where they are everywhere."""
    off = [pair for pair in fits if not pair.fits]
    # one in twenty is outside by chance: so many are, in one table of a hundred
    if len(off) <= scipy.stats.binom(len(fits), 1 - _LEVEL).ppf(_ALARM):
        return ""
    off.sort(key=lambda pair: -abs(pair.data - pair.law))
    named = ", ".join(
        f"{pair.statistic} of {pair.a} and {pair.b} ({pair.data:.2f} in the rows, {pair.law:.2f} "
        f"by the law)"
        for pair in off[:_MOST_NAMED]
    )
    more = f" and {len(off) - _MOST_NAMED} more" if len(off) > _MOST_NAMED else ""
    return f"the law does not fit the rows in {len(off)} of {len(fits)} statistics: {named}{more}"
