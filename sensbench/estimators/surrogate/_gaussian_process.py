"""A Gaussian process fitted to rows, and realisations of it at points."""

import warnings
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy import linalg

# In variances of y: keeps the matrix of covariances invertible, and is seen in no index.
_NUGGET = 1e-6
# Lengths, in half widths or standard deviations of an input, between which they are looked for.
_LENGTHS = (0.05, 100.0)
# Of the fit, which takes rows³ at each of its steps; more rows change its lengths little.
_FITTED_ON = 200


class Process:
    """A Gaussian process with a Matérn covariance (5/2) and a length for each input.

    scikit-learn's ``GaussianProcessRegressor`` finds lengths and variance by maximum likelihood.

    Parameters
    ----------
    Z
        Rows in standard coordinates.
    y
        Their outputs, of mean 0 and variance 1.
    """

    def __init__(self, Z: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"]):
        # a second to import, for this method alone
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern

        shape = Matern(np.ones(Z.shape[1]), _LENGTHS, nu=2.5)
        kernel = ConstantKernel(1.0, (1e-3, 1e4)) * shape
        with warnings.catch_warnings():
            # an input without effect has a length at its bound
            warnings.simplefilter("ignore", ConvergenceWarning)
            fit = GaussianProcessRegressor(kernel, alpha=_NUGGET)
            fit.fit(Z[:_FITTED_ON], y[:_FITTED_ON])
        self._covariance, self._Z, self._y = fit.kernel_, Z, y
        self._root = linalg.cholesky(
            fit.kernel_(Z) + _NUGGET * np.eye(len(Z)), lower=True, check_finite=False
        )

    def _solved(self, of: Float[np.ndarray, "n r"]) -> Float[np.ndarray, "n r"]:
        return linalg.cho_solve((self._root, True), of, check_finite=False)

    @cached_property
    def left_out(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Each row's error when it is left out, and what the process takes its variance for.

        Source: Dubrule 1983, doi:10.1007/BF01033232.
        """
        inverse = self._solved(np.eye(len(self._y)))
        variance = 1.0 / np.diag(inverse)
        return (inverse @ self._y) * variance, variance

    @property
    def inflation(self) -> float:
        """By how much errors of rows left out are larger than the process takes them for; ≥ 1.

        Source: Bachoc 2013, doi:10.1016/j.csda.2013.03.016.
        """
        error, variance = self.left_out
        return float(np.sqrt(max((error**2 / variance).mean(), 1.0)))

    def mean(self, Z: Float[np.ndarray, "k d"]) -> Float[np.ndarray, " k"]:
        """Return what the process expects at points."""
        return np.asarray(self._covariance(Z, self._Z) @ self._solved(self._y[:, None])[:, 0])

    def realisations(
        self, Z: Float[np.ndarray, "k d"], count: int, rng: np.random.Generator
    ) -> Float[np.ndarray, "k functions"]:
        """Return values at points of functions that the process takes for possible.

        Their deviations from the mean are ``inflation`` times as large as it says. Exact, by the
        root of the covariance of all points given the rows: sums of random waves miss the few
        high frequencies that are all that rows leave open of a smooth function.
        """
        near = linalg.solve_triangular(
            self._root, self._covariance(self._Z, Z), lower=True, check_finite=False
        )
        left = self._covariance(Z) - near.T @ near
        # what rounding leaves of a variance of 0 may be negative
        left[np.diag_indices(len(Z))] += _NUGGET
        root = linalg.cholesky(left, lower=True, check_finite=False)
        drawn = self.inflation * (root @ rng.normal(size=(len(Z), count)))
        return np.asarray(self.mean(Z)[:, None] + drawn)
