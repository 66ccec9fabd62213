from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import roots_legendre
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truths
from sensbench.problems._parameters import listed, published
from sensbench.truths.implied import exact_truth

_LOW = (0.0, 0.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0)
_HIGH = (0.0, 0.1, 0.2, 0.3, 0.4, 0.8, 1.0, 2.0, 3.0, 4.0)
# a, α and δ; the paper draws δ at random, and no measure depends on it.
_VARIANTS = {
    "saltelli_2010_1": (_LOW, 1.0, 0.0),
    "saltelli_2010_2": (_HIGH, 1.0, 0.0),
    "saltelli_2010_3": (_LOW, 0.5, 0.0),
    "saltelli_2010_4": (_HIGH, 0.5, 0.0),
    "saltelli_2010_5": (_LOW, 2.0, 0.0),
    "saltelli_2010_6": (_HIGH, 2.0, 0.0),
    "azzini_2021": (_LOW, 0.5, 0.5),
}
_Each = float | Sequence[float] | None


def sobol_g_star(
    a: Sequence[float] | None = None,
    alpha: _Each = None,
    delta: _Each = None,
    variant: str = "saltelli_2010_1",
) -> Problem:
    """Product of ((1 + αᵢ)|2{xᵢ + δᵢ} - 1|^αᵢ + aᵢ)/(1 + aᵢ), {·} the fractional part; U(0, 1)ᵈ.

    The G function with a curvature and a shift of each input (Saltelli et al. 2010,
    doi:10.1016/j.cpc.2009.09.018). Indices and moments of derivatives do not depend on δ. With
    αᵢ ≤ 1/2 the mean square of ∂f/∂xᵢ is infinite: there is no truth of it, nor of what follows
    from it. The truth of everything else is a closed form.

    Parameters
    ----------
    a
        One number of at least 0 per input: the larger, the less xᵢ matters.
    alpha
        Curvatures above 0, one for all inputs or one each; below 1 the function has cusps.
    delta
        Shifts, one for all inputs or one each.
    variant
        ``saltelli_2010_1`` … ``_6``, ten inputs: a of low effective dimension (1, 3, 5: 0, 0,
        9, 9 …) and of high (2, 4, 6: 0, 0.1, 0.2, 0.3, 0.4, 0.8, 1, 2, 3, 4); α=1 (1, 2), 0.5
        (3, 4), 2 (5, 6); δ=0, which the paper draws at random. ``azzini_2021``: as 3, with δ=0.5
        (Azzini & Rosati 2021, doi:10.1016/j.ress.2021.107647).

    Raises
    ------
    InputError
        Numbers out of range, lists of different lengths, or no such variant.
    """
    who = "sobol_g_star"
    usual, usual_alpha, usual_delta = published(who, _VARIANTS, variant)
    weights = listed(who, "a", usual if a is None else a, least=0.0)
    d = len(weights)
    curves = listed(who, "alpha", _each(usual_alpha if alpha is None else alpha, d), d=d, above=0.0)
    shifts = listed(who, "delta", _each(usual_delta if delta is None else delta, d), d=d)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        c, power, shift = (
            torch.as_tensor(given, dtype=x.dtype, device=x.device)
            for given in (weights, curves, shifts)
        )
        moved = x + shift
        size = torch.abs(2.0 * (moved - torch.floor(moved)) - 1.0)
        return (((1.0 + power) * size**power + c) / (1.0 + c)).prod(dim=1)

    space = InputSpace.uniform({name: (0.0, 1.0) for name in default_names(d)})
    return Problem.of(
        function,
        space,
        name=who,
        outputs=["y"],
        truth=Truths(lambda: _truth(space, np.array(weights), np.array(curves))),
        source="Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018",
    )


def _each(given: float | Sequence[float], d: int) -> Sequence[float]:
    return [given] * d if isinstance(given, int | float) else given


def _truth(space: InputSpace, a: Float[np.ndarray, " d"], alpha: Float[np.ndarray, " d"]) -> Truths:
    """Return what follows from factors of mean 1 and the variances below.

    The slope of a factor is ±2α(1 + α)|t|^(α-1)/(1 + a) with t uniform on (-1, 1).
    """
    spread = alpha**2 / ((1 + 2 * alpha) * (1 + a) ** 2)
    log_whole = np.log1p(spread).sum()
    variance = np.expm1(log_whole)
    others = np.exp(log_whole - np.log1p(spread))
    nodes, weights = roots_legendre(len(a) // 2 + 1)
    t = (nodes[:, None] + 1) / 2
    products = np.exp(np.log1p(t * spread).sum(axis=1, keepdims=True) - np.log1p(t * spread))
    pairs = np.outer(spread, spread) / variance
    np.fill_diagonal(pairs, 0.0)
    moments = {
        "mean": 1.0,
        "variance": variance,
        "first_order": spread / variance,
        "total_order": spread * others / variance,
        "second_order": pairs,
        "shapley": spread * (weights / 2 @ products) / variance,
        "derivative_mean": np.zeros(len(a)),
        "derivative_abs": 2 * (1 + alpha) / (1 + a),
    }
    if (alpha > 0.5).all():
        steep = 2 * alpha * (1 + alpha) / (1 + a)
        moments["dgsm"] = steep**2 / (2 * alpha - 1) * others
    return exact_truth(space, **moments)
