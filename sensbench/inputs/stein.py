"""The Stein kernel of a marginal: Cov(x, g(x)) = E[τ(x) g'(x)] for every smooth g."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.special import roots_legendre

from sensbench.inputs.marginal import family_of, is_continuous, jumps_of
from sensbench.inputs.poincare import Frozen

_NODES = 2000
_BLOCK = 2**14
# Probability that is cut off an unbounded end, and density below which nothing is said.
_NO_MASS = 1e-14
# By how much the probability of all and the mean of the weight, both 1, may be missed.
_MISSED = 2e-4
# Of an element's length: how far from a node its side is.
_BESIDE = 1e-9


@dataclass(frozen=True)
class NoKernel:
    """Why a marginal has no Stein kernel that we can give."""

    reason: str


@dataclass(frozen=True)
class SteinKernel:
    """τ(x)/Var x, a weight of mean 1, tabulated at nodes; straight lines lie between.

    Attributes
    ----------
    nodes, weights
        Where, and what. A normal marginal has the weight 1 everywhere.
    """

    nodes: Float[np.ndarray, " nodes"]
    weights: Float[np.ndarray, " nodes"]

    @property
    def is_constant(self) -> bool:
        """Whether the weight is 1 everywhere."""
        return len(self.nodes) == 1

    @property
    def most(self) -> float:
        """The largest weight."""
        return float(self.weights.max())

    def __call__(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the weights at values of the input."""
        return np.interp(x, self.nodes, self.weights)


@dataclass(frozen=True)
class _Uniform(SteinKernel):
    """The uniform marginal's, 6u(1 - u) with u the place between both ends, without a table."""

    def __call__(self, x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        low, _, high = self.nodes
        u = (x - low) / (high - low)
        return 6.0 * u * (1.0 - u)


def weights_of(
    kernels: Sequence[SteinKernel], X: Float[np.ndarray, "n d"], columns: Int[np.ndarray, " m"]
) -> Float[np.ndarray, "n m"]:
    """Return each row's weights of some columns, in single precision."""
    W = np.ones((len(X), len(kernels)), dtype=np.float32)
    flat = [j for j, kernel in enumerate(kernels) if isinstance(kernel, _Uniform)]
    if flat:
        low = np.array([kernels[j].nodes[0] for j in flat])
        length = np.array([kernels[j].nodes[-1] for j in flat]) - low
        every = len(flat) == X.shape[1]
        at = columns[flat]
        for start in range(0, len(X), _BLOCK // len(flat) + 1):
            rows = slice(start, start + _BLOCK // len(flat) + 1)
            u = ((X[rows] if every else X[rows][:, at]) - low) / length
            W[rows, slice(None) if len(flat) == len(kernels) else flat] = 6.0 * u * (1.0 - u)
    for j, kernel in enumerate(kernels):
        if not (kernel.is_constant or isinstance(kernel, _Uniform)):
            W[:, j] = kernel(X[:, columns[j]])
    return W


def stein_kernel(marginal: Any) -> SteinKernel | NoKernel:
    """Return the kernel of a scipy.stats frozen marginal, divided by its variance.

    τ(x) = ∫_x^∞ (t - μ) p(t) dt / p(x). A normal marginal's is its variance everywhere; that of a
    uniform one on (a, b) is (b - x)(x - a)/2. Every other marginal with a density on a bounded
    interval, and a truncated normal, has it by quadrature (relative error below 2e-4).

    Source: Ernst, Reinert & Swan 2019, arXiv:1906.08372.
    """
    if not hasattr(marginal, "pdf") or not is_continuous(marginal):
        return NoKernel("the marginal is discrete: it has no density")
    family = family_of(marginal)
    low, high = (float(bound) for bound in marginal.support())
    if family == "norm":
        return SteinKernel(np.zeros(1), np.ones(1))
    if family == "uniform":
        return _Uniform(np.array([low, (low + high) / 2, high]), np.array([0.0, 1.5, 0.0]))
    if family == "truncnorm":
        low = max(low, float(marginal.ppf(_NO_MASS)))
        high = min(high, float(marginal.isf(_NO_MASS)))
    if np.isinf(low) or np.isinf(high):
        return NoKernel(
            f"no bounded Stein kernel is known here for an unbounded "
            f"{repr(family) if family else type(marginal).__name__} marginal; "
            f"truncate it to a bounded interval"
        )
    return _by_quadrature(Frozen(marginal), low, high)


@lru_cache(maxsize=256)
def _by_quadrature(frozen: Frozen, low: float, high: float) -> SteinKernel | NoKernel:
    marginal = frozen.marginal
    by_length = np.linspace(low, high, _NODES // 2 + 1)
    by_mass = marginal.ppf(np.linspace(0.0, 1.0, _NODES // 2 + 1)).clip(low, high)
    nodes = np.unique(np.concatenate([by_length, by_mass, np.array(jumps_of(marginal))]))
    nodes = nodes[(nodes >= low) & (nodes <= high)]
    nodes = nodes[np.concatenate([[True], np.diff(nodes) > 1e-9 * (high - low)])]
    nodes[-1] = high
    points, weights = roots_legendre(7)
    h = np.diff(nodes)
    at = nodes[:-1, None] + h[:, None] * (points + 1.0) / 2
    mass = marginal.pdf(at) * weights / 2 * h[:, None]
    if not np.isfinite(mass).all():
        return NoKernel("the density is not finite inside its support")
    mean = (at * mass).sum() / mass.sum()
    parts = ((at - mean) * mass).sum(axis=1)
    # from either side, so that small tails keep their digits
    below = np.concatenate([[0.0], -np.cumsum(parts)])
    above = np.concatenate([np.cumsum(parts[::-1])[::-1], [0.0]])
    left = np.where(nodes < mean, below, above)
    # on either side of every node: a histogram's density jumps there
    x = np.empty(2 * len(h))
    x[::2], x[1::2] = nodes[:-1] + _BESIDE * h, nodes[1:] - _BESIDE * h
    density, tails = marginal.pdf(x), np.empty(len(x))
    tails[1::2], tails[::2] = left[1:], left[:-1]
    there = np.isfinite(density) & (density > _NO_MASS * mass.sum() / (high - low))
    if not there.any():
        return NoKernel("the density vanishes inside its support")
    spread = ((at - mean) ** 2 * mass).sum()
    tau = tails[there] / density[there] * mass.sum() / spread
    found = SteinKernel(x[there], np.maximum(tau, 0.0))
    whole = float(mass.sum())
    mean_weight = float((found(at.ravel()) * mass.ravel()).sum()) / whole
    missed = max(abs(whole - 1), abs(mean_weight - 1))
    if not missed <= _MISSED:
        return NoKernel(f"quadrature of its Stein kernel is off by {missed:.2g}")
    return found
