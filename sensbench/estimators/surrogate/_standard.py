"""Inputs in coordinates that have known orthonormal polynomials: uniform or normal ones."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import special

from sensbench.errors import NotApplicable
from sensbench.inputs.marginal import (
    Empirical,
    families,
    is_constant,
    is_continuous,
    separate_values,
)
from sensbench.inputs.space import InputSpace

# No nearer to 0 and 1 than this: their normal quantiles are infinite.
_SMALLEST = 2.0**-40


class Standard:
    """The inputs of a space, each uniform on [-1, 1] or standard normal.

    Uniform and normal inputs are shifted and scaled. Any other goes through its distribution
    function: to a uniform one where its range is bounded, else to a normal one. A polynomial in
    these coordinates is then none in the input, but its terms stay orthonormal.

    Attributes
    ----------
    normal
        Which of them are normal.
    scale
        Standard units per unit of the input, for those that are shifted and scaled; else NaN.
    """

    def __init__(self, space: InputSpace, who: str):
        self._space = space
        for name, marginal in zip(space.columns, space.marginals, strict=True):
            if not is_continuous(marginal):
                raise NotApplicable(
                    f"{who}: expected continuous inputs; {name!r} takes "
                    f"{separate_values(marginal)}; leave {who} out"
                )
        d = space.d
        self.normal: Bool[np.ndarray, " d"] = np.zeros(d, dtype=bool)
        self._centre, self.scale = np.full((2, d), np.nan)
        for family in families(space.marginals):
            at = family.columns
            self.normal[at] = family.normal
            half = 1.0 if family.normal else 0.5
            self.scale[at] = 1.0 / (half * family.scale)
            self._centre[at] = family.location + (0.0 if family.normal else 0.5 * family.scale)
        for i in np.flatnonzero(np.isnan(self.scale)):
            self.normal[i] = bool(np.isinf(space.marginals[i].support()).any())

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Return rows in standard coordinates."""
        Z = (X - self._centre) * self.scale
        for i in np.flatnonzero(np.isnan(self.scale)):
            u = np.clip(_distribution(self._space.marginals[i], X[:, i]), _SMALLEST, 1 - _SMALLEST)
            Z[:, i] = special.ndtri(u) if self.normal[i] else 2 * u - 1
        return Z


def _distribution(marginal: Any, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return P(X ≤ x); of rows of data, halfway up the step, and 1/2 for a constant."""
    if isinstance(marginal, Empirical):
        if is_constant(marginal):
            return np.full(len(x), 0.5)
        values = np.sort(marginal.values)
        sides = [np.searchsorted(values, x, side=side) for side in ("left", "right")]
        return (sides[0] + sides[1]) / (2 * len(values))
    return np.asarray(marginal.cdf(x))
