"""The Gaussian copula: inputs that move together as correlated normal numbers do."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy import linalg, special

from sensbench.inputs.correlation_matrix import require_positive_definite

# A uniform number that is exactly 0 or 1 has an infinite normal score.
_SMALLEST = 2.0**-53


@dataclass(frozen=True, eq=False)
class GaussianCopula:
    """Joint distribution of Φ(z_i), z normal with mean 0 and these correlations.

    Attributes
    ----------
    correlation
        Of the normal scores z behind the inputs: of the inputs themselves only where these are
        normal.
    source
        Where the correlations are from, in a few words: empty, or ``"fitted to 500 rows"``.

    Raises
    ------
    InputError
        A matrix that is not positive definite.

    Source: Li & Hammond 1975, doi:10.1109/TSMC.1975.5408380 (correlated marginals of any kind);
    conditional distributions of a normal vector: Anderson 2003, ISBN 978-0-471-36091-9, theorem
    2.5.1.
    """

    correlation: Float[np.ndarray, "d d"]
    source: str = ""

    def __post_init__(self) -> None:
        names = [f"input {i + 1}" for i in range(len(self.correlation))]
        require_positive_definite(self.correlation, names, "GaussianCopula")

    @property
    def independent(self) -> bool:
        """False."""
        return False

    @property
    def of_values(self) -> bool:
        """False: conditioning is on normal scores."""
        return False

    @cached_property
    def _root(self) -> Float[np.ndarray, "d d"]:
        return np.linalg.cholesky(self.correlation)

    @cached_property
    def _conditionals(self) -> dict[bytes, tuple[np.ndarray, np.ndarray]]:
        return {}

    def join(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Map independent uniform numbers to uniform numbers with this copula."""
        return special.ndtr(_scores(u) @ self._root.T)

    def conditional(
        self,
        u: Float[np.ndarray, "n d"],
        given: Bool[np.ndarray, " d"],
        v: Float[np.ndarray, "n d"],
    ) -> Float[np.ndarray, "n d"]:
        """Draw the columns that are not given from their exact conditional distribution."""
        if given.all():
            return u.copy()
        slopes, root = self._conditional(given)
        drawn = _scores(u[:, given]) @ slopes.T + _scores(v[:, ~given]) @ root.T
        joined = u.copy()
        joined[:, ~given] = special.ndtr(drawn)
        return joined

    def _conditional(
        self, given: Bool[np.ndarray, " d"]
    ) -> tuple[Float[np.ndarray, "k m"], Float[np.ndarray, "k k"]]:
        """Return the slopes of the conditional mean, and a root of the conditional covariance."""
        key = given.tobytes()
        if key not in self._conditionals:
            R, rest = self.correlation, ~given
            cross, left = R[np.ix_(rest, given)], R[np.ix_(rest, rest)]
            slopes = np.zeros(cross.shape)
            if given.any():
                slopes = linalg.solve(R[np.ix_(given, given)], cross.T, assume_a="pos").T
            self._conditionals[key] = slopes, np.linalg.cholesky(left - slopes @ cross.T)
        return self._conditionals[key]

    def log_density(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Return -log det(R)/2 - zᵀ(R⁻¹ - 1)z/2, z the normal scores."""
        z = _scores(u)
        whitened = linalg.solve_triangular(self._root, z.T, lower=True)
        logs = np.log(np.diag(self._root)).sum()
        return ((z**2).sum(axis=1) - (whitened**2).sum(axis=0)) / 2 - logs

    def describe(self) -> str:
        """Say what the law is, and its strongest correlation."""
        off = self.correlation[np.triu_indices(len(self.correlation), 1)]
        strongest = off[np.abs(off).argmax()]
        given = f" {self.source}" if self.source else ""
        return (
            f"joined by a Gaussian copula{given} (correlations of normal scores up to "
            f"{strongest:.2f})"
        )


def _scores(u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    return special.ndtri(np.clip(u, _SMALLEST, 1.0 - _SMALLEST))
