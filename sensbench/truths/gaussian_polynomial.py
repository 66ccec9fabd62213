"""Exact truths of polynomials of normal inputs that correlate in any way."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from sensbench.errors import InputError
from sensbench.inputs.gaussian_copula import GaussianCopula
from sensbench.inputs.marginal import family_of
from sensbench.inputs.space import InputSpace
from sensbench.problem.truth import Truth, Truths
from sensbench.truths.proportional import proportional_effects

Term = tuple[float, Mapping[int, Any]]
Polynomial = dict[tuple[int, ...], float]
HOW = "exact: moments of normal inputs (Isserlis)"
# Shapley effects take a closed index per subset.
MOST_FOR_SHAPLEY = 12
# Shares of an input without part are differences of equal numbers.
_ROUNDING = 1e-13


def gaussian_polynomial(space: InputSpace, *outputs: Sequence[Term]) -> Truths:
    """Return every truth of f(x) = Σ_k c_k Π_i x_i^p_ki over normal inputs of any covariance.

    With x' normal like x and Cov(x_i, x'_j) = K_ij, Cov(f(x), f(x')) = Σ_m ⟨T_m, K^⊗m T_m⟩/m!,
    T_m = E[∇^m f] (the Hermite expansion of f; Janson 1997, doi:10.1017/CBO9780511526169). K says
    what is asked: Σ the variance; Cov(E[x|x_u]) what the inputs u explain alone; Σ with a column
    of zeros a column that is shuffled. Moments are Isserlis' (1918, doi:10.1093/biomet/12.1-2.134).

    Of first, total order, full and independent indices, Shapley effects and proportional marginal
    effects (up to 12 inputs), permutation, conditional permutation, leaving one out; moments of the
    derivative; mean sizes of derivatives where these are normal.

    Parameters
    ----------
    space
        Normal marginals, independent or joined by a Gaussian copula.
    outputs
        For each output its terms: a coefficient, and the power of each input that has part.

    Raises
    ------
    InputError
        Other inputs; powers that are not whole.
    """
    law = space.dependence
    others = [
        n for n, m in zip(space.columns, space.marginals, strict=True) if family_of(m) != "norm"
    ]
    if others or space.groups or not (law.independent or isinstance(law, GaussianCopula)):
        raise InputError(
            f"gaussian_polynomial: expected normal inputs, independent or joined by a Gaussian "
            f"copula, without groups; got {others or law.describe()}"
        )
    polynomials = [_polynomial(terms, space.d) for terms in outputs]

    def make() -> dict[str, Truth]:
        mean = np.array([float(m.mean()) for m in space.marginals])
        R = law.correlation if isinstance(law, GaussianCopula) else np.eye(space.d)
        covariance = R * np.outer(space.std(), space.std())
        parts = [_truths_of(_Expansion(f, mean, covariance)) for f in polynomials]
        names = [n for n in parts[0] if all(n in part for part in parts)]
        return {n: Truth.exact(np.stack([part[n] for part in parts]), HOW) for n in names}

    return Truths(make)


def _polynomial(terms: Sequence[Term], d: int) -> Polynomial:
    f: Polynomial = {}
    for coefficient, powers in terms:
        whole = all(isinstance(p, int) and p >= 0 for p in powers.values())
        if not whole or any(not 0 <= i < d for i in powers):
            raise InputError(
                f"gaussian_polynomial: expected whole powers of inputs 0 to {d - 1}; got {powers!r}"
            )
        key = tuple(int(powers.get(i, 0)) for i in range(d))
        f[key] = f.get(key, 0.0) + float(coefficient)
    return {key: c for key, c in f.items() if c}


def _slope(f: Polynomial, i: int) -> Polynomial:
    """Return ∂f/∂x_i."""
    return {(*k[:i], k[i] - 1, *k[i + 1 :]): c * k[i] for k, c in f.items() if k[i]}


class _Expansion:
    """A polynomial of normal inputs by the means of its derivatives of every order."""

    def __init__(
        self, f: Polynomial, mean: Float[np.ndarray, " d"], covariance: Float[np.ndarray, "d d"]
    ):
        self.f, self.mean, self.covariance = f, mean, covariance
        self.d = len(mean)
        self.degree = max((sum(k) for k in f), default=0)
        self._moments: dict[tuple[int, ...], float] = {}

    def moment(self, powers: tuple[int, ...]) -> float:
        """Return E[Π x_i^p_i]: E[x_i g] = μ_i E[g] + Σ_j Σ_ij E[∂_j g]."""
        if not any(powers):
            return 1.0
        if powers not in self._moments:
            i = next(k for k, p in enumerate(powers) if p)
            rest = (*powers[:i], powers[i] - 1, *powers[i + 1 :])
            value = float(self.mean[i]) * self.moment(rest)
            for j, p in enumerate(rest):
                if p and self.covariance[i, j]:
                    less = (*rest[:j], p - 1, *rest[j + 1 :])
                    value += float(self.covariance[i, j]) * p * self.moment(less)
            self._moments[powers] = value
        return self._moments[powers]

    def expected(self, f: Polynomial) -> float:
        """Return the mean of a polynomial of the inputs."""
        return math.fsum(c * self.moment(k) for k, c in f.items())

    @cached_property
    def tensors(self) -> list[Float[np.ndarray, "..."]]:
        """E[∇^m f] for m = 0 … degree, symmetric of shape (d, …, d)."""
        return [self._tensor(self.f, m) for m in range(self.degree + 1)]

    def _tensor(self, f: Polynomial, m: int) -> Float[np.ndarray, "..."]:
        if m == 0:
            return np.array(self.expected(f))
        tensor = np.zeros((self.d,) * m)
        for i in range(self.d):
            slope = _slope(f, i)
            if slope:
                tensor[i] = self._tensor(slope, m - 1)
        return tensor

    def covers(self, other: "_Expansion", K: Float[np.ndarray, "d d"]) -> float:
        """Return Cov(f(x), f(x')), x' of the other law and Cov(x_i, x'_j) = K_ij."""
        total = 0.0
        for m, (mine, theirs) in enumerate(zip(self.tensors, other.tensors, strict=False)):
            if not m:
                continue
            moved = theirs
            for _ in range(m):  # each turn takes the first axis through K and puts it last
                moved = np.tensordot(moved, K, axes=([0], [1]))
            total += float((mine * moved).sum()) / math.factorial(m)
        return total

    def explained(self, u: Bool[np.ndarray, " d"]) -> float:
        """Return Var(E[f|x_u])."""
        if not u.any():
            return 0.0
        S = self.covariance
        K = S[:, u] @ np.linalg.solve(S[np.ix_(u, u)], S[u])
        return self.covers(self, K)


def _truths_of(of: _Expansion) -> dict[str, Float[np.ndarray, "..."]]:
    d, S = of.d, of.covariance
    sigma, single = np.sqrt(np.diag(S)), np.eye(d, dtype=bool)
    variance = of.covers(of, S)
    first = np.array([of.explained(one) for one in single]) / variance
    total = 1.0 - np.array([of.explained(~one) for one in single]) / variance
    first, total = _without_rounding(first), _without_rounding(total)
    full, independent = np.array([_residuals(of, one) for one in single]).T / variance
    shuffled = np.array([_shuffled(of, i, variance) for i in range(d)])
    truths = {
        "mean": np.array(float(of.tensors[0])),
        "variance": np.array(variance),
        "first_order": first,
        "total_order": total,
        "total_order_full": _without_rounding(full),
        "first_order_independent": _without_rounding(independent),
        "permutation_mse": shuffled,
        "permutation_r2": shuffled / variance,
        "permutation_total_order": shuffled / (2 * variance),
        "conditional_permutation_mse": 2 * total * variance,
        "conditional_permutation_r2": 2 * total,
        "conditional_permutation_total_order": total,
        "leave_one_out_mse": total * variance,
        "leave_one_out_r2": total,
        **_slopes(of, sigma, math.sqrt(variance)),
    }
    if d <= MOST_FOR_SHAPLEY:
        truths["shapley"] = _without_rounding(_shapley(of) / variance)
        truths["pme"] = proportional_effects(_left(of) / variance)
    return truths


def _residuals(of: _Expansion, i: Bool[np.ndarray, " d"]) -> tuple[float, float]:
    """Return E[Var(f|e_~i)], e_~i = x_~i - E[x_~i|x_i], and Var(E[f|e_i]), e_i given x_~i."""
    shared = []
    for of_left in (~i, i):
        S = of.covariance
        given = S[of_left][:, ~of_left]
        left = np.zeros_like(S)
        # x and x' share these residuals, and nothing else
        rest = np.linalg.solve(S[np.ix_(~of_left, ~of_left)], given.T)
        left[np.ix_(of_left, of_left)] = S[np.ix_(of_left, of_left)] - given @ rest
        shared.append(of.covers(of, left))
    return of.covers(of, of.covariance) - shared[0], shared[1]


def _left(of: _Expansion) -> Float[np.ndarray, " subsets"]:
    """Return E[Var(f|x_~u)] of every subset u; bit i of its place says whether i is in it."""
    d = of.d
    known = [(u >> np.arange(d)) & 1 == 0 for u in range(2**d)]
    return _without_rounding(
        of.covers(of, of.covariance) - np.array(list(map(of.explained, known)))
    )


def _without_rounding(shares: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    return np.where(np.abs(shares) < _ROUNDING, 0.0, shares)


def _shuffled(of: _Expansion, i: int, variance: float) -> float:
    """Return E[(f(x) - f(x'))²], x' being x with x_i of another row."""
    if all(k[i] == 0 for k in of.f):
        return 0.0
    apart = of.covariance.copy()
    apart[i, :] = apart[:, i] = 0.0
    apart[i, i] = of.covariance[i, i]
    other = _Expansion(of.f, of.mean, apart)
    K = of.covariance.copy()
    K[:, i] = 0.0
    shift = float(of.tensors[0] - other.tensors[0])
    return variance + other.covers(other, apart) - 2 * of.covers(other, K) + shift**2


def _shapley(of: _Expansion) -> Float[np.ndarray, " d"]:
    """Return Σ_u [V_{u+i} - V_u] / (d·binom(d-1, |u|)), V_u = Var(E[f|x_u])."""
    d, effects = of.d, np.zeros(of.d)
    for size in range(d + 1):
        for subset in combinations(range(d), size):
            u = np.zeros(d, dtype=bool)
            u[list(subset)] = True
            value = of.explained(u)
            if size:
                effects[u] += value / (d * math.comb(d - 1, size - 1))
            if size < d:
                effects[~u] -= value / (d * math.comb(d - 1, size))
    return effects


def _slopes(
    of: _Expansion, sigma: Float[np.ndarray, " d"], sigma_y: float
) -> dict[str, Float[np.ndarray, " d"]]:
    """Return moments of the derivatives."""
    slopes = [_Expansion(_slope(of.f, i), of.mean, of.covariance) for i in range(of.d)]
    mean = np.array([float(s.tensors[0]) for s in slopes])
    spread = np.array([max(s.covers(s, of.covariance), 0.0) for s in slopes])
    follows = of.covariance @ mean / sigma**2
    raw = {
        "derivative_mean": mean,
        "derivative_rms": np.sqrt(spread + mean**2),
        "derivative_std": np.sqrt(spread),
        "derivative_following": follows,
    }
    if all(s.degree <= 1 for s in slopes):  # slopes are normal themselves
        scale = np.sqrt(np.where(spread > 0, spread, 1.0))
        folded = stats.foldnorm(np.abs(mean) / scale, scale=scale).mean()
        raw["derivative_abs"] = np.where(spread > 0, folded, np.abs(mean))
    standardised = {f"{name}_standardised": v * sigma / sigma_y for name, v in raw.items()}
    return {**raw, **standardised, "dgsm": spread + mean**2}
