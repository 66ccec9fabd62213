"""The Gumbel distribution between two values, which scipy does not have."""

from typing import Any

import numpy as np
from scipy import stats
from scipy.special import roots_legendre

_DEGREE = 128


class _TruncatedGumbel(stats.rv_continuous):
    """Gumbel distribution of maxima, conditioned on low < x < high (in the standard variable).

    scipy calls these methods with the shapes by position; its stubs have ``*args``.
    """

    def _argcheck(self, low: Any, high: Any) -> Any:  # type: ignore[override]
        return low < high

    def _get_support(self, low: Any, high: Any) -> Any:  # type: ignore[override]
        return low, high

    def _mass(self, low: Any, high: Any) -> Any:
        return stats.gumbel_r.cdf(high) - stats.gumbel_r.cdf(low)

    def _pdf(self, x: Any, low: Any, high: Any) -> Any:  # type: ignore[override]
        return stats.gumbel_r.pdf(x) / self._mass(low, high)

    def _cdf(self, x: Any, low: Any, high: Any) -> Any:  # type: ignore[override]
        return (stats.gumbel_r.cdf(x) - stats.gumbel_r.cdf(low)) / self._mass(low, high)

    def _sf(self, x: Any, low: Any, high: Any) -> Any:  # type: ignore[override]
        return (stats.gumbel_r.sf(x) - stats.gumbel_r.sf(high)) / self._mass(low, high)

    def _ppf(self, q: Any, low: Any, high: Any) -> Any:  # type: ignore[override]
        return stats.gumbel_r.ppf(stats.gumbel_r.cdf(low) + q * self._mass(low, high))

    def _isf(self, q: Any, low: Any, high: Any) -> Any:  # type: ignore[override]
        return stats.gumbel_r.isf(stats.gumbel_r.sf(high) + q * self._mass(low, high))

    def _stats(self, low: Any, high: Any) -> Any:  # type: ignore[override]
        # scipy's own quadrature stops at 1e-8
        t, w = roots_legendre(_DEGREE)
        low, high = np.expand_dims(low, -1), np.expand_dims(high, -1)
        x = low + (high - low) * (t + 1.0) / 2.0
        density = w * (high - low) / 2.0 * self._pdf(x, low, high)
        mean = (density * x).sum(axis=-1)
        return mean, (density * (x - mean[..., None]) ** 2).sum(axis=-1), None, None


_family = _TruncatedGumbel(name="truncgumbel", shapes="low, high")


def truncated_gumbel(mode: float, scale: float, low: float, high: float) -> Any:
    """Return the Gumbel distribution of maxima between two values."""
    return _family((low - mode) / scale, (high - mode) / scale, loc=mode, scale=scale)
