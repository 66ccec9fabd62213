"""The Poincaré constant of a marginal: Var g(x) <= C E[g'(x)^2] for every smooth g."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float
from scipy.special import roots_legendre

from sensbench.inputs.marginal import family_of, is_continuous, jumps_of

# Constants of a standard marginal (scale 1) on an unbounded support. Roustant, Barthe & Iooss
# 2017, doi:10.1214/17-EJS1310, section 4: the normal's is its variance; the exponential, the
# Laplace and the logistic have the spectral gap 1/4.
_UNBOUNDED = {"norm": 1.0, "expon": 4.0, "laplace": 4.0, "logistic": 4.0}
_ELEMENTS = 2000
_NO_MASS = 1e-14


@dataclass(frozen=True)
class NoConstant:
    """Why a marginal has no Poincaré constant that we can give."""

    reason: str


def poincare_constant(marginal: Any) -> float | NoConstant:
    """Optimal Poincaré constant of a scipy.stats frozen marginal, in the input's unit squared.

    Closed forms for the uniform and for the unbounded marginals whose constant is known. Every
    other marginal with a density on a bounded interval gets the inverse of the second eigenvalue
    of (rho h')' = -lambda rho h, h' = 0 at both ends, by finite elements (relative error below
    1e-5 for smooth densities).

    Source: Roustant, Barthe & Iooss 2017, doi:10.1214/17-EJS1310.
    """
    if not hasattr(marginal, "pdf") or not is_continuous(marginal):
        return NoConstant("the marginal is discrete: it has no density")
    family = family_of(marginal)
    low, high = (float(bound) for bound in marginal.support())
    if family == "uniform":
        return ((high - low) / np.pi) ** 2
    if np.isinf(low) or np.isinf(high):
        if family in _UNBOUNDED:
            # std() carries the scale: the exponential's standard deviation is its scale,
            # Laplace's sqrt(2) and the logistic's pi/sqrt(3) times it
            per_std = {"laplace": np.sqrt(2.0), "logistic": np.pi / np.sqrt(3.0)}
            scale = float(marginal.std()) / per_std.get(family, 1.0)
            return _UNBOUNDED[family] * scale**2
        if family == "truncnorm":
            # The normal tail beyond decides no digit of the constant.
            ends = np.array(marginal.ppf([_NO_MASS, 0.5]))[0], np.array(marginal.isf(_NO_MASS))
            return _by_finite_elements(Frozen(marginal), *map(float, ends))
        return NoConstant(
            f"no Poincaré constant is known here for an unbounded "
            f"{repr(family) if family else type(marginal).__name__} marginal; "
            f"truncate it to a bounded interval"
        )
    return _by_finite_elements(Frozen(marginal), low, high)


class Frozen:
    """A frozen marginal as a hashable key (scipy's own frozen objects hash by identity).

    Those of people's own families share a name, and so stay apart by identity.
    """

    def __init__(self, marginal: Any):
        self.marginal = marginal
        family = family_of(marginal)
        self.key = (
            (family, repr(marginal.args), repr(sorted(marginal.kwds.items())))
            if family
            else (id(marginal),)  # which no other has while this one is kept
        )

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frozen) and self.key == other.key


@lru_cache(maxsize=256)
def _by_finite_elements(frozen: Frozen, low: float, high: float) -> float | NoConstant:
    elements = _elements(frozen.marginal, low, high)
    if isinstance(elements, NoConstant):
        return elements
    return _largest_of_inverse(elements.lumped, elements.resistance)


@dataclass(frozen=True)
class _Elements:
    """Linear finite elements: nodes, the mass at each, and length²/mass of each element."""

    nodes: Float[np.ndarray, " nodes"]
    lumped: Float[np.ndarray, " nodes"]
    resistance: Float[np.ndarray, " elements"]


def _elements(marginal: Any, low: float, high: float) -> _Elements | NoConstant:
    # Half the nodes by length, half by probability: long thin tails and sharp peaks both count.
    by_length = np.linspace(low, high, _ELEMENTS // 2 + 1)
    by_mass = marginal.ppf(np.linspace(0.0, 1.0, _ELEMENTS // 2 + 1)).clip(low, high)
    jumps = np.array(jumps_of(marginal))
    nodes = np.unique(np.concatenate([by_length, by_mass, jumps]))
    nodes = nodes[np.concatenate([[True], np.diff(nodes) > 1e-9 * (high - low)])]
    nodes[-1] = high
    h = np.diff(nodes)

    points, weights = roots_legendre(5)
    t = 0.5 * (points + 1.0)
    rho = marginal.pdf(nodes[:-1, None] + h[:, None] * t)
    mass_at = rho * (0.5 * weights) * h[:, None]
    mass = mass_at.sum(axis=1)
    if not np.isfinite(mass).all():
        return NoConstant("the density is not finite inside its support")
    # Ends where there is next to nothing, as of a beta marginal, are cut off.
    there = np.flatnonzero(mass > _NO_MASS * mass.max())
    inside = slice(there[0], there[-1] + 1)
    mass, mass_at, h = mass[inside], mass_at[inside], h[inside]
    nodes = nodes[there[0] : there[-1] + 2]
    if (mass <= _NO_MASS * mass.max()).any():
        return NoConstant("the density vanishes inside its support")

    # P1 elements with a lumped mass matrix, which keeps the eigenvalue's second order.
    lumped = np.zeros(len(nodes))
    lumped[:-1] += (mass_at * (1 - t)).sum(axis=1)
    lumped[1:] += (mass_at * t).sum(axis=1)
    return _Elements(nodes, lumped, h**2 / mass)


def _largest_of_inverse(
    lumped: Float[np.ndarray, " nodes"], resistance: Float[np.ndarray, " elements"]
) -> float:
    """Return the largest eigenvalue of the inverse of what the elements make, on slopes.

    The second eigenvalue itself is lost in rounding where a valley of the density leaves it many
    times smaller than the last one. The inverse is known: between elements i <= j it is
    √r_i F_i (1 - F_j) √r_j with F the probability below, without a difference anywhere; so its
    largest eigenvalue keeps its digits.
    """
    whole, root = lumped.sum(), np.sqrt(resistance)
    below = np.cumsum(lumped)[:-1] / whole
    above = np.cumsum(lumped[::-1])[::-1][1:] / whole

    def times(v: Float[np.ndarray, " elements"]) -> Float[np.ndarray, " elements"]:
        v = root * v.ravel()
        up_to = np.cumsum(below * v)
        beyond = np.append(np.cumsum((above * v)[::-1])[::-1][1:], 0.0)
        return np.asarray(root * (above * up_to + below * beyond))

    inverse = scipy.sparse.linalg.LinearOperator(
        (len(root), len(root)), matvec=times, dtype=np.float64
    )
    # the eigenvector has one sign, as this start
    (largest,) = scipy.sparse.linalg.eigsh(
        inverse, k=1, which="LA", v0=np.sqrt(below * above) * root, return_eigenvectors=False
    )
    return float(whole * largest)


@dataclass(frozen=True)
class Eigenfunctions:
    """The first eigenfunctions of a marginal's Poincaré inequality, tabulated at nodes.

    Attributes
    ----------
    nodes
        Where; straight lines lie between.
    values
        One column per function, the constant first; orthonormal under the marginal.
    eigenvalues
        E[φ_k'²]; the first is 0.
    """

    nodes: Float[np.ndarray, " nodes"]
    values: Float[np.ndarray, "nodes k"]
    eigenvalues: Float[np.ndarray, " k"]


def eigenfunctions(marginal: Any, count: int) -> Eigenfunctions | NoConstant:
    """Return the functions with E[φ'g'] = λ E[φg] for every g, of a marginal on a bounded interval.

    Their derivatives are orthogonal, too. By the finite elements of :func:`poincare_constant`.

    Source: Roustant, Gamboa & Iooss 2019, arXiv:1906.09883.
    """
    low, high = (float(bound) for bound in marginal.support())
    if not hasattr(marginal, "pdf") or not is_continuous(marginal):
        return NoConstant("the marginal is discrete: it has no density")
    if np.isinf(low) or np.isinf(high):
        return NoConstant("the marginal is unbounded: truncate it to a bounded interval")
    return _tabulated(Frozen(marginal), low, high, count)


@lru_cache(maxsize=256)
def _tabulated(frozen: Frozen, low: float, high: float, count: int) -> Eigenfunctions | NoConstant:
    elements = _elements(frozen.marginal, low, high)
    if isinstance(elements, NoConstant):
        return elements
    mass, stiffness = elements.lumped, 1.0 / elements.resistance
    diagonal = np.zeros(len(mass))
    diagonal[:-1] += stiffness
    diagonal[1:] += stiffness
    root = np.sqrt(mass)
    eigenvalues, vectors = scipy.linalg.eigh_tridiagonal(
        diagonal / mass, -stiffness / (root[:-1] * root[1:]), select="i", select_range=(0, count)
    )
    # the signs are of no consequence, but the same everywhere
    values = vectors / root[:, None] * np.sqrt(mass.sum())
    return Eigenfunctions(
        elements.nodes, values * np.where(values[-1] < 0, -1.0, 1.0), np.maximum(eigenvalues, 0.0)
    )
