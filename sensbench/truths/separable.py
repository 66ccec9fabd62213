"""Exact truths of sums of products of functions of one input each."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import roots_legendre

from sensbench.errors import InputError, require
from sensbench.inputs.marginal import Marginal
from sensbench.inputs.space import InputSpace
from sensbench.measure import measure
from sensbench.problem.truth import Truth, Truths
from sensbench.truths.implied import implied
from sensbench.truths.interactions import of_interactions
from sensbench.truths.line import FAR, Factor, Line
from sensbench.truths.pairs_of_terms import PairsOfTerms, others
from sensbench.truths.sizes import mean_sizes

Terms = Sequence[tuple[float, Mapping[int, Factor]]]
HOW = "exact: products of one-dimensional integrals"

_CHUNK = 4_000_000
_AGREEMENT = 1e-10
# What is this much smaller than its parts is a zero with rounding.
_ROUNDING = 1e-14
# A jump is part of the variance and of no derivative, so bounds from derivatives are none.
_LOST_AT_JUMPS = ("total_order_bound", "total_order_lower_bound", "mu_star_limit")


def separable(
    space: InputSpace,
    *outputs: Terms,
    kinks: Mapping[int, Sequence[float]] | None = None,
    jumps: Mapping[int, Sequence[float]] | None = None,
    monotone: Mapping[int, Sequence[float]] | None = None,
) -> Truths:
    """Return every truth of f(x) = Σ_k c_k Π_i g_ki(x_i) over independent inputs.

    With a_i = E[g_ki g_li] and p_i = E[g_ki] E[g_li] for a pair of terms (k, l) that share the
    inputs S, the pair adds c_k c_l Π_{outside S} E[g] · [Π_{S∩u} a Π_{S-u} p - Π_S p] to the
    variance of E[f|x_u]. All indices follow. The Shapley effects are the integral over t of the
    derivative of the multilinear extension of that game at (t, …, t) (Owen 1972,
    doi:10.1287/mnsc.18.5.64), a polynomial in t which Gauss-Legendre integrates exactly.

    Parameters
    ----------
    space
        Of the inputs; without groups.
    outputs
        One per output: (c_k, {input's position: g_ki}). A factor that occurs in several terms is
        best the same function object. Inputs that do not occur are inert.
    kinks
        Input's position to the values at which a factor is not smooth.
    jumps
        Input's position to the values at which a factor jumps. Derivatives exist on either side
        and miss the jump: the DGSM bounds nothing and small Morris steps see more than the slope,
        so both bounds of total order and ``mu_star_limit`` are left out; and every derivative where
        there is nothing but jumps along an input, which a model refuses to differentiate.
    monotone
        Input's position to the values of it between which every output is known to be monotone in
        it, at all values of the others; ``[]``: everywhere. The mean absolute derivative is then
        that of the pieces' means. Inputs not named are looked at term by term.

    Raises
    ------
    InputError
        Positions that are not inputs of the space; a space with groups; integrals that do not
        converge (a kink that was not named, moments that are infinite); an output that is
        constant.
    """
    require(not space.groups, "separable", "a space without groups", space.names)
    used = {i for terms in outputs for _, factors in terms for i in factors}
    named = used | set(kinks or {}) | set(jumps or {}) | set(monotone or {})
    outside = sorted(named - set(range(space.d)))
    require(not outside, "separable", f"positions of {space.d} inputs, from 0", outside)
    return Truths(lambda: _truths(space, outputs, kinks or {}, jumps or {}, monotone or {}))


def _truths(
    space: InputSpace,
    outputs: Sequence[Terms],
    kinks: Mapping[int, Sequence[float]],
    jumps: Mapping[int, Sequence[float]],
    monotone: Mapping[int, Sequence[float]],
) -> dict[str, Truth]:
    named = (kinks, jumps, monotone)
    edges = [tuple(x for values in named for x in values.get(i, ())) for i in range(space.d)]
    # What changes with the panels or with where the tails are cut is no integral.
    lines = _lines(space.marginals, edges)
    finer = _lines(space.marginals, edges, panels=67, far=FAR - 1)
    parts: list[dict[str, np.ndarray]] = []
    for terms in outputs:
        with np.errstate(all="ignore"):  # infinite moments are told by their values
            moments = _moments(terms, lines)
            mean_variance = float(moments["mean"]), float(moments["variance"])
            require(
                all(map(math.isfinite, mean_variance)),
                "separable",
                "a finite mean and variance",
                mean_variance,
            )
            require(
                mean_variance[1] > 0,
                "separable",
                "an output that varies (mean and variance)",
                mean_variance,
            )
            _check_converged(moments, _moments(terms, finer, converging=True))
        sizes = mean_sizes(terms, lines, monotone=monotone)
        if sizes is not None:
            moments["derivative_abs"] = sizes
        # of uniform inputs alone the limit of mu_star follows
        if all(line.bounded for line in lines) and not all(line.is_flat for line in lines):
            flat = mean_sizes(terms, lines, flat=True, monotone=monotone)
            if flat is not None:
                moments["mu_star_limit"] = flat
        parts.append(moments)
    common = set.intersection(*(set(part) for part in parts))
    truths = {
        name: Truth.exact(np.stack([part[name] for part in parts]), HOW)
        for name in parts[0]
        if name in common
    }
    if space.without_derivative:
        truths = {name: item for name, item in truths.items() if not _of_slopes(name)}
    return _beside_jumps(implied(space, truths), list(jumps))


def _lines(
    marginals: Sequence[Marginal], edges: Sequence[tuple[float, ...]], **options: Any
) -> list[Line]:
    """Return a line per input; quantiles are slow, so inputs that share a marginal share one."""
    made = {(id(m), e): m for m, e in zip(marginals, edges, strict=True)}
    lines = {key: Line(m, key[1], **options) for key, m in made.items()}
    return [lines[id(m), e] for m, e in zip(marginals, edges, strict=True)]


def _check_converged(moments: Mapping[str, np.ndarray], again: Mapping[str, np.ndarray]) -> None:
    for name, values in again.items():
        if not (np.abs(values - moments[name]) <= _AGREEMENT * _scale(name, again)).all():
            raise InputError(
                f"separable: expected integrals that converge; got {name} = {moments[name]} and "
                f"{values} with finer panels and shorter tails; name the kinks of the factors with "
                f"kinks=, or cut off inputs whose moments are infinite"
            )


def _beside_jumps(truth: dict[str, Truth], jumping: Sequence[int]) -> dict[str, Truth]:
    """Return the truths that hold although the function jumps along these inputs."""
    moving = truth["total_order"].value[:, jumping] > 0
    if not moving.any():
        return truth
    only_jumps = "dgsm" in truth and (moving & (truth["dgsm"].value[:, jumping] == 0)).any()
    return {
        name: item
        for name, item in truth.items()
        if name not in _LOST_AT_JUMPS and not (only_jumps and _of_slopes(name))
    }


def _of_slopes(name: str) -> bool:
    """Whether derivatives decide it; the limit of mu_star is a mean derivative too."""
    return measure(name).family == "derivative" or name == "mu_star_limit"


def _scale(name: str, moments: Mapping[str, np.ndarray]) -> np.ndarray | float:
    """Return the size that a moment's digits are counted from; means and shares may be 0."""
    if name == "derivative_mean":
        return np.sqrt(moments["dgsm"])
    if name == "mean":
        return float(np.abs(moments["mean"]) + np.sqrt(moments["variance"]))
    if name in ("first_order", "total_order_lower_bound"):
        return 1.0
    return float(np.abs(moments[name]).max())


@dataclass
class _Series:
    """The moments of every factor of every term."""

    coefficients: Float[np.ndarray, " k"]
    active: Bool[np.ndarray, "k d"]
    index: np.ndarray
    means: Float[np.ndarray, "k d"]
    slope_means: Float[np.ndarray, "k d"]
    # with the input itself, in its standard deviations
    along: Float[np.ndarray, "k d"]
    covariances: list[Float[np.ndarray, "b b"]] = field(default_factory=list)
    slope_products: list[Float[np.ndarray, "b b"]] = field(default_factory=list)

    @classmethod
    def of(cls, terms: Terms, lines: Sequence[Line]) -> "_Series":
        k, d = len(terms), len(lines)
        index = np.zeros((k, d), dtype=np.int64)
        series = cls(
            np.array([c for c, _ in terms], dtype=np.float64),
            np.zeros((k, d), dtype=bool),
            index,
            np.ones((k, d)),
            np.zeros((k, d)),
            np.zeros((k, d)),
        )
        for i, line in enumerate(lines):
            basis: dict[Factor, int] = {}
            for row, (_, factors) in enumerate(terms):
                if i in factors:
                    series.active[row, i] = True
                    index[row, i] = basis.setdefault(factors[i], len(basis))
            rows = series.active[:, i]
            w = line.weights
            values, slopes = np.empty((2, len(basis), len(w)))  # empty for an inert input
            for g, row in basis.items():
                values[row], slopes[row] = line.values(g), line.slopes(g)
            mean, slope_mean = values @ w, slopes @ w
            centred = values - mean[:, None]
            series.covariances.append((centred * w) @ centred.T)
            series.slope_products.append((slopes * w) @ slopes.T)
            series.means[rows, i] = mean[index[rows, i]]
            series.slope_means[rows, i] = slope_mean[index[rows, i]]
            x = line.x - line.x @ w
            series.along[rows, i] = ((centred * w) @ x / np.sqrt(x**2 @ w))[index[rows, i]]
        return series

    def pairs(self) -> Iterator[PairsOfTerms]:
        """Yield the pairs of terms that share an input, in chunks; two that differ count twice."""
        first, second = np.nonzero(np.triu(self.active.astype(float) @ self.active.T.astype(float)))
        size = max(1, _CHUNK // self.active.shape[1])
        for start in range(0, len(first), size):
            yield self._of(first[start : start + size], second[start : start + size])

    def _of(self, k: np.ndarray, m: np.ndarray) -> PairsOfTerms:
        shared = self.active[k] & self.active[m]
        products = self.means[k] * self.means[m]
        weight = self.coefficients[k] * self.coefficients[m] * np.where(k < m, 2.0, 1.0)
        weight = weight * np.where(shared, 1.0, products).prod(axis=1)
        cov, slopes = np.zeros((2, *shared.shape))
        for i in range(shared.shape[1]):
            rows = shared[:, i]
            at = self.index[k[rows], i], self.index[m[rows], i]
            cov[rows, i] = self.covariances[i][at]
            slopes[rows, i] = self.slope_products[i][at]
        p = np.where(shared, products, 1.0)
        return PairsOfTerms(weight, shared, p + cov, p, cov, slopes)


def _moments(
    terms: Terms, lines: Sequence[Line], converging: bool = False
) -> dict[str, np.ndarray]:
    """Return one output's; ``converging``: only those that tell whether the integrals converge."""
    d = len(lines)
    series = _Series.of(terms, lines)
    variance = 0.0
    first, total, shapley, dgsm = np.zeros((4, d))
    second = np.zeros((d, d))
    for pairs in series.pairs():
        weight, cov = pairs.weight[:, None], pairs.cov
        total += (weight * cov * others(pairs.a)).sum(axis=0)
        first += (weight * cov * others(pairs.p)).sum(axis=0)
        dgsm += (weight * pairs.slopes * others(pairs.a)).sum(axis=0)
        # Π a - Π p as a telescoping sum: no digits of a small variance are lost
        before = np.cumprod(np.hstack([np.ones_like(weight), pairs.a[:, :-1]]), axis=1)
        after = np.cumprod(np.hstack([np.ones_like(weight), pairs.p[:, :0:-1]]), axis=1)[:, ::-1]
        variance += float((weight * cov * before * after).sum())
        if converging:
            continue
        nodes, weights = roots_legendre(int(pairs.shared.sum(axis=1).max()) // 2 + 1)
        for t, w in zip((nodes + 1) / 2, weights / 2, strict=True):
            # p + t·cov: the game's multilinear extension at (t, …, t)
            shapley += w * (weight * cov * others(pairs.p + t * cov)).sum(axis=0)
        for i in range(d):
            rows = pairs.shared[:, i]
            rest = pairs.p[rows].copy()
            rest[:, i] = 1.0
            second[i] += (weight[rows] * cov[rows, i, None] * cov[rows] * others(rest)).sum(axis=0)
    np.fill_diagonal(second, 0.0)
    slopes = series.coefficients[:, None] * series.slope_means * others(series.means)
    slope = slopes.sum(axis=0)
    slope[np.abs(slope) < _ROUNDING * np.sqrt(dgsm)] = 0.0
    along = (series.coefficients[:, None] * series.along * others(series.means)).sum(axis=0)
    means = series.coefficients * series.means.prod(axis=1)
    mean = float(means.sum())
    if abs(mean) < _ROUNDING * (np.sqrt(variance) + np.abs(means).sum()):
        mean = 0.0
    moments = {
        "mean": np.array(mean),
        "variance": np.array(variance),
        "first_order": _without_rounding(first / variance),
        "total_order": _without_rounding(total / variance),
        "dgsm": dgsm,
        "derivative_mean": slope,
        "total_order_lower_bound": _without_rounding(along**2 / variance),
    }
    if not converging:
        second = (second + second.T) / 2  # equal up to rounding
        moments |= {"second_order": second / variance, "shapley": shapley / variance}
        moments |= {name: of / variance for name, of in of_interactions(series.pairs(), d).items()}
    return moments


def _without_rounding(shares: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    return np.where(np.abs(shares) < _ROUNDING**2, 0.0, shares)
