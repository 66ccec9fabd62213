"""Which correlation of normal scores gives inputs the correlation that is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np
import scipy
from jaxtyping import Float
from scipy import special

from sensbench.errors import InputError, require
from sensbench.inputs.correlation_matrix import matrix_of, require_positive_definite
from sensbench.inputs.dependence import Dependence, Independent
from sensbench.inputs.gaussian_copula import GaussianCopula
from sensbench.inputs.marginal import (
    Empirical,
    Marginal,
    Weighted,
    family_of,
    is_constant,
    is_continuous,
    quantile,
)

CorrelationOf = Literal["values", "ranks"]
# Hermite coefficients: of smooth quantile functions they fall fast; of jumps as k^(-3/4), and
# r^400 is small but for correlations near 1.
_SMOOTH, _JUMPS = 120, 400
# φ(z) is 0 beyond in double precision; the rule of equal steps is exact there for what is smooth.
_REACH, _STEPS = 8.25, 6001
# Of a distribution without a largest value, what lies beyond has no weight.
_TAIL = 1e-15
_TOLERANCE = 1e-4


def gaussian_law(
    given: Any, of: str, columns: Sequence[str], marginals: Sequence[Marginal], who: str
) -> Dependence:
    """Return the Gaussian copula under which the inputs have these correlations.

    Parameters
    ----------
    given
        Matrix, or ``{(name, name): correlation}``.
    of
        ``"values"``: Pearson's correlation of the inputs; of other than normal marginals that of
        the normal scores is found pair by pair (NORTA: Cario & Nelson 1997). ``"ranks"``:
        Spearman's, which marginals do not change: r = 2 sin(πρ/6) (Kruskal 1958,
        doi:10.1080/01621459.1958.10501481).

    Raises
    ------
    InputError
        No correlation matrix; a correlation that these marginals cannot have; a constant.
    """
    require(of in get_args(CorrelationOf), who, "correlation_of 'values' or 'ranks'", of)
    matrix = matrix_of(given, columns, who)
    require_positive_definite(matrix, columns, who)
    if not matrix[~np.eye(len(matrix), dtype=bool)].any():
        return Independent()
    latent = np.eye(len(columns))
    axes: dict[int, _Axis] = {}
    for i, j in combinations(range(len(columns)), 2):
        asked = float(matrix[i, j])
        if asked == 0.0:
            continue
        pair = f"{columns[i]} and {columns[j]}"
        for k in (i, j):
            if is_constant(marginals[k]):
                raise InputError(
                    f"{who}: expected no correlation with {columns[k]!r}, which is constant; got "
                    f"{asked:g} for {pair}"
                )
        if of == "ranks":
            r = _of_ranks(
                asked, [columns[k] for k in (i, j) if not is_continuous(marginals[k])], who
            )
        elif all(family_of(marginals[k]) == "norm" for k in (i, j)):
            r = asked
        else:
            for k in (i, j):
                if k not in axes:
                    axes[k] = _axis(marginals[k])
            r = _solved(asked, axes[i], axes[j], pair, who)
        latent[i, j] = latent[j, i] = r
    require_positive_definite(latent, columns, who, " of the normal scores that these inputs need")
    return GaussianCopula(latent)


def _of_ranks(asked: float, separate: Sequence[str], who: str) -> float:
    if separate:
        raise InputError(
            f"{who}: expected a correlation of ranks of continuous inputs; got it of "
            f"{separate[0]!r}, which takes separate values, whose ranks are tied; write "
            f"correlation_of='values'"
        )
    return float(2 * np.sin(np.pi * asked / 6))


@dataclass(frozen=True)
class _Axis:
    """A marginal as a function of its normal score, by normalised Hermite polynomials.

    Attributes
    ----------
    coefficients
        E[x(z) h_k(z)]/σ, k = 1, 2 …
    values
        Standardised values at equal steps of probability, for the largest correlation there is.
    """

    coefficients: Float[np.ndarray, " k"]
    values: Float[np.ndarray, " m"]


def _axis(marginal: Marginal) -> _Axis:
    p = (np.arange(20_000) + 0.5) / 20_000
    values = quantile(marginal, p)
    jumps = _jumps(marginal)
    if jumps is None:
        z, step = np.linspace(-_REACH, _REACH, _STEPS, retstep=True)
        x = quantile(marginal, special.ndtr(z)) - float(marginal.mean())
        weights = x * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * step
        coefficients = np.array([weights @ h for h in _hermite(z, _SMOOTH)])[1:]
    else:
        # by parts: E[x h_k] = ∫ φ h_{k-1}/√k dx, a sum over the jumps
        at, sizes = jumps
        weights = sizes * np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
        order = np.sqrt(np.arange(1, _JUMPS + 1))
        coefficients = np.array([weights @ h for h in _hermite(at, _JUMPS - 1)]) / order
    return _Axis(coefficients / float(marginal.std()), (values - values.mean()) / values.std())


def _jumps(marginal: Marginal) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the normal scores at which a marginal of separate values jumps, and how far."""
    if isinstance(marginal, Empirical):
        values, counts = np.unique(marginal.values, return_counts=True)
        below = np.cumsum(counts)[:-1] / len(marginal.values)
    elif isinstance(marginal, Weighted):
        values, below = marginal.values, np.cumsum(marginal.probabilities)[:-1]
    elif not is_continuous(marginal):
        low, high = (float(marginal.ppf(q)) for q in (_TAIL, 1.0 - _TAIL))
        values = np.arange(low, high + 1)
        below = np.asarray(marginal.cdf(values[:-1]), dtype=np.float64)  # type: ignore[attr-defined]
    else:
        return None
    inside = (below > 0) & (below < 1)
    return special.ndtri(below[inside]), np.diff(values)[inside]


def _hermite(z: Float[np.ndarray, " m"], most: int) -> list[Float[np.ndarray, " m"]]:
    """Return the polynomials h_0 … h_most that are orthonormal under the normal density."""
    polynomials = [np.ones_like(z), z]
    for k in range(2, most + 1):
        last, before = polynomials[-1], polynomials[-2]
        polynomials.append((z * last - np.sqrt(k - 1) * before) / np.sqrt(k))
    return polynomials[: most + 1]


def _solved(asked: float, one: _Axis, other: _Axis, pair: str, who: str) -> float:
    """Return r with Σ_k a_k b_k r^k = asked (Mehler's formula)."""
    k = min(len(one.coefficients), len(other.coefficients))
    products = one.coefficients[:k] * other.coefficients[:k]
    powers = np.arange(1, k + 1)

    def off(r: float) -> float:
        return float(products @ r**powers) - asked

    end = float(np.sign(asked)) * (1 - 1e-9)
    most = float((one.values * other.values[:: int(np.sign(asked))]).mean())
    if abs(asked) > abs(most) + _TOLERANCE or off(end) * np.sign(asked) < 0:
        raise InputError(
            f"{who}: expected a correlation of values that {pair} can have, below {most:.4g} for "
            f"these marginals; got {asked:g}"
        )
    return float(scipy.optimize.brentq(off, 0.0, end, xtol=1e-14))
