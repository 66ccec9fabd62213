"""Line: expectations over one marginal, to rounding."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy import optimize, stats
from scipy.special import roots_legendre
from torch import Tensor

from sensbench.errors import InputError
from sensbench.inputs.marginal import (
    Empirical,
    Marginal,
    Weighted,
    family_of,
    is_continuous,
    jumps_of,
)

Factor = Callable[[Float[Tensor, " n"]], Float[Tensor, " n"]]
Values = Callable[[Float[np.ndarray, " n"]], Float[np.ndarray, " n"]]

_PANELS, _DEGREE = 48, 16
# Beyond 12 standard deviations a normal has 4e-33 of its probability.
FAR = 12.0


class Line:
    """The distribution of one input as nodes and weights.

    Composite Gauss-Legendre quadrature. A uniform marginal is divided into panels as it is; every
    other one through the standard normal z with x = F⁻¹(Φ(z)), in which smooth marginals of any
    tail are smooth. A marginal of separate values is a sum.

    Parameters
    ----------
    marginal
        Of the input.
    kinks
        Values of x at which some integrand is not smooth: panels end there.
    far
        Where the normal z ends, in standard deviations. Moments that depend on it are infinite,
        or out of reach.
    """

    def __init__(
        self,
        marginal: Marginal,
        kinks: Sequence[float] = (),
        panels: int = _PANELS,
        far: float = FAR,
    ):
        self.low, self.high = (float(end) for end in marginal.support())
        self._marginal, self._kinks = marginal, tuple(kinks)
        self._flat = family_of(marginal) == "uniform"
        self._discrete = isinstance(marginal, Empirical | Weighted)
        if not (self._discrete or is_continuous(marginal)):
            raise InputError(
                f"Line: expected a continuous marginal or a list of values; got "
                f"{family_of(marginal)!r}"
            )
        ends = (self.low, self.high) if self._flat else (-far, far)
        inner = [] if self._discrete else [self._coordinate(x) for x in (*kinks, *self._bends())]
        inner = [t for t in inner if ends[0] < t < ends[1]]
        self._edges = np.unique([*np.linspace(*ends, panels + 1), *inner])
        self.x, self.weights = self._nodes(self._edges)

    @property
    def bounded(self) -> bool:
        """Whether the input has a bounded range."""
        return bool(np.isfinite([self.low, self.high]).all())

    @property
    def is_flat(self) -> bool:
        """Whether the input is uniform."""
        return self._flat

    def flat(self) -> "Line":
        """Return the uniform distribution on the same range."""
        if self._flat:
            return self
        return Line(stats.uniform(self.low, self.high - self.low), self._kinks)

    def values(self, factor: Factor) -> Float[np.ndarray, " n"]:
        """Return a factor at the nodes."""
        return evaluated(factor, self.x)

    def slopes(self, factor: Factor) -> Float[np.ndarray, " n"]:
        """Return a factor's derivative at the nodes."""
        return slope(factor)(self.x)

    def range(self, values: Values) -> tuple[float, float]:
        """Return the smallest and the largest value, at nodes and at finite ends."""
        ends = [end for end in (self.low, self.high) if np.isfinite(end)]
        heights = values(np.concatenate([self.x, ends]))
        return float(np.nanmin(heights)), float(np.nanmax(heights))

    def mean_size(self, values: Values) -> float:
        """Return E|h(x)|, with panels that end where h changes its sign."""
        at = values(self.x)
        if self._discrete or not (np.sign(at[1:]) * np.sign(at[:-1]) < 0).any():
            return float(self.weights @ np.abs(at))
        roots = [
            optimize.brentq(
                lambda t: float(values(self._x(np.array([t])))[0]), *bracket, xtol=1e-15
            )
            for bracket in self._brackets(at)
        ]
        x, weights = self._nodes(np.unique([*self._edges, *roots]))
        return float(weights @ np.abs(values(x)))

    def _brackets(self, at: Float[np.ndarray, " n"]) -> list[tuple[float, float]]:
        t = _in_panels(self._edges)[0]
        turns = np.flatnonzero(np.sign(at[1:]) * np.sign(at[:-1]) < 0)
        return [(float(t[i]), float(t[i + 1])) for i in turns]

    def _nodes(
        self, edges: Float[np.ndarray, " k"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        if isinstance(self._marginal, Weighted):
            return self._marginal.values, self._marginal.probabilities
        if isinstance(self._marginal, Empirical):
            values, counts = np.unique(self._marginal.values, return_counts=True)
            return values, counts / counts.sum()
        t, w = _in_panels(edges)
        weights = w / (self.high - self.low) if self._flat else w * stats.norm.pdf(t)
        return self._x(t), weights / weights.sum()

    def _bends(self) -> list[float]:
        """Return where the density has a kink, as the quantiles then have one too."""
        family = family_of(self._marginal)
        if family == "triang":  # its mean is that of both ends and the mode
            return [3 * float(self._marginal.mean()) - self.low - self.high]
        if family == "laplace":
            return [float(self._marginal.mean())]
        return list(jumps_of(self._marginal))

    def _coordinate(self, x: float) -> float:
        """Return the panels' coordinate of x."""
        if self._flat:
            return x
        below, above = self._marginal.cdf(x), self._marginal.sf(x)  # type: ignore[attr-defined]
        return float(stats.norm.ppf(below) if below < 0.5 else stats.norm.isf(above))

    def _x(self, t: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return x from the panels' coordinate: x itself, or the standard normal z."""
        if self._flat:
            return t
        if family_of(self._marginal) == "norm":  # exact, where the quantiles are only nearly so
            return float(self._marginal.mean()) + float(self._marginal.std()) * t
        upper = t > 0
        x = np.empty_like(t)
        x[~upper] = self._marginal.ppf(stats.norm.cdf(t[~upper]))
        x[upper] = self._marginal.isf(stats.norm.sf(t[upper]))  # type: ignore[attr-defined]
        return x


def slope(factor: Factor) -> Values:
    """Return the derivative of a factor, by automatic differentiation."""

    def derivative(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        at = torch.from_numpy(np.array(x)).requires_grad_()
        with torch.enable_grad():
            y = factor(at)
            if not y.requires_grad:
                return np.zeros_like(x)
            (gradient,) = torch.autograd.grad(y.sum(), at)
        return gradient.numpy()

    return derivative


def evaluated(factor: Factor, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Return a factor at the given values; one number stands for a constant."""
    with torch.no_grad():
        return np.broadcast_to(factor(torch.from_numpy(np.array(x))).numpy(), x.shape)


def _in_panels(
    edges: Float[np.ndarray, " k"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    points, weights = roots_legendre(_DEGREE)
    half = np.diff(edges)[:, None] / 2
    t = edges[:-1, None] + half * (points + 1)
    return t.ravel(), (half * weights).ravel()
