"""Rows of data as the joint distribution itself: drawn whole, conditional by nearest rows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy
from jaxtyping import Bool, Float, Int

# How many rows nearest in what is given stand for the conditional distribution.
NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class JointRows:
    """Each of these rows, equally likely.

    Attributes
    ----------
    u
        The rows by ranks: the middle of the stretch of probability that each value holds.
    neighbours
        How many rows, nearest in the ranks of what is given, a conditional draw chooses from; a
        row is no neighbour of itself. Fewer are closer; more are smoother.

    Source: nearest neighbours for conditional variances: Broto, Bachoc & Depecker 2020,
    doi:10.1137/18M1234631.
    """

    u: Float[np.ndarray, "n d"]
    neighbours: int = NEIGHBOURS

    @property
    def independent(self) -> bool:
        """False."""
        return False

    @property
    def of_values(self) -> bool:
        """True: rows with the same values are the same distance away."""
        return True

    @cached_property
    def _trees(self) -> dict[bytes, Any]:
        return {}

    def join(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Choose whole rows by the first number of each."""
        n = len(self.u)
        return self.u[np.minimum((u[:, 0] * n).astype(np.int64), n - 1)]

    def conditional(
        self,
        u: Float[np.ndarray, "n d"],
        given: Bool[np.ndarray, " d"],
        v: Float[np.ndarray, "n d"],
    ) -> Float[np.ndarray, "n d"]:
        """Take what is not given from one of the rows nearest in what is."""
        if given.all():
            return u.copy()
        chooses = v[:, int(np.flatnonzero(~given)[0])]
        if not given.any():
            rows = np.minimum((chooses * len(self.u)).astype(np.int64), len(self.u) - 1)
        else:
            near = self._nearest(u, given)
            choice = np.minimum((chooses * near.shape[1]).astype(np.int64), near.shape[1] - 1)
            rows = near[np.arange(len(u)), choice]
        drawn = u.copy()
        drawn[:, ~given] = self.u[rows][:, ~given]
        return drawn

    def _nearest(
        self, u: Float[np.ndarray, "n d"], given: Bool[np.ndarray, " d"]
    ) -> Int[np.ndarray, "n k"]:
        key = given.tobytes()
        if key not in self._trees:
            self._trees[key] = scipy.spatial.cKDTree(self.u[:, given])
        k = min(self.neighbours + 1, len(self.u))
        near = np.asarray(self._trees[key].query(u[:, given], k=k)[1]).reshape(len(u), k)
        if k < 2:
            return near
        # a row is no neighbour of itself: drop one that is the same in every column, else the last
        same = (self.u[near] == u[:, None]).all(axis=2)
        dropped = np.where(same.any(axis=1), same.argmax(axis=1), k - 1)
        kept = np.arange(k) != dropped[:, None]
        return near[kept].reshape(len(u), k - 1)

    def describe(self) -> str:
        """Say so."""
        return f"as the {len(self.u)} rows hold them, together"
