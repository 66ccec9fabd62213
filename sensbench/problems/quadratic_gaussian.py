from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import foldnorm
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth, Truths
from sensbench.problems._correlations import Correlation, correlations
from sensbench.problems._parameters import numbers
from sensbench.truths.gaussian_polynomial import gaussian_polynomial
from sensbench.truths.implied import implied
from sensbench.truths.separable import separable

_SOURCE = "Searle 1971, Linear Models"
_Matrix = Sequence[Sequence[float]]


def quadratic_gaussian(
    A: _Matrix = ((1.0, 0.5, 0.0, 0.0), (0.5, -0.5, 1.0, 0.0), (0, 1.0, 0.0, 0.0), (0, 0, 0, 0.1)),
    b: Sequence[float] | None = (1.0, 0.0, 0.5, 2.0),
    c: float = 0.0,
    deviations: Sequence[float] | None = None,
    means: Sequence[float] | None = None,
    correlation: Correlation = None,
) -> Problem:
    """Y = xᵀAx + bᵀx + c on independent normal inputs: slopes are normal, interactions pairwise.

    The general second-order polynomial: with means 0, Var y = 2 tr((AΣ)²) + bᵀΣb, Σ = diag(σ²)
    (Searle 1971, Linear Models). By default b makes x4 nearly linear and important; x3 acts
    through b and the pair (x2, x3).

    Parameters
    ----------
    A
        Square; only its symmetric part counts.
    b
        One number per input; 0 by default where ``None``.
    c
        A constant.
    deviations, means
        Of the inputs; 1 and 0 by default.
    correlation
        Of the inputs: one number for every pair, a matrix, or ``{"x1, x2": 0.9}``; independent by
        default.

    Raises
    ------
    InputError
        Numbers that are not finite, lengths that do not fit, deviations not above 0, or an A and
        a b that are 0.
    """
    who = "quadratic_gaussian"
    Q = numbers(who, "A", A, (None, None))
    d = len(Q)
    Q = numbers(who, "A", A, (d, d))
    Q = (Q + Q.T) / 2
    slope = numbers(who, "b", [0.0] * d if b is None else b, (d,))
    spread = [1.0] * d if deviations is None else deviations
    sigma = numbers(who, "deviations", spread, (d,), above=0.0)
    mu = numbers(who, "means", [0.0] * d if means is None else means, (d,))
    constant = float(numbers(who, "c", c, ()))
    require(bool(Q.any() or slope.any()), who, "an A or a b that is not 0", (A, b))

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        matrix, linear = (torch.as_tensor(a, dtype=x.dtype, device=x.device) for a in (Q, slope))
        return ((x @ matrix) * x).sum(dim=1) + x @ linear + constant

    moments = zip(mu.tolist(), sigma.tolist(), strict=True)
    law = correlations(who, correlation, default_names(d))
    space = InputSpace.normal(dict(zip(default_names(d), moments, strict=True)), correlation=law)
    terms = [(constant, {}), *((float(s), {i: _itself}) for i, s in enumerate(slope) if s)]
    for i, j in zip(*np.nonzero(np.triu(Q)), strict=True):
        square = {int(i): _square} if i == j else {int(i): _itself, int(j): _itself}
        terms.append((float(Q[i, j]) * (1 if i == j else 2), square))
    if not space.independent:
        powers = [(constant, {}), *((float(s), {i: 1}) for i, s in enumerate(slope))]
        for i, j in zip(*np.nonzero(Q), strict=True):
            power = {int(i): 2} if i == j else {int(i): 1, int(j): 1}
            powers.append((float(Q[i, j]), power))
        correlated = gaussian_polynomial(space, powers)
        return Problem.of(
            function, space, name=who, outputs=["y"], truth=correlated, source=_SOURCE
        )
    truth = separable(space, terms)
    sizes = _sizes(2 * Q @ mu + slope, np.sqrt((2 * Q) ** 2 @ sigma**2))

    def folded() -> dict[str, Truth]:
        return implied(space, {"variance": truth["variance"], "derivative_abs": sizes})

    return Problem.of(
        function,
        space,
        name=who,
        outputs=["y"],
        truth=truth.or_else(Truths(folded)),
        source=_SOURCE,
    )


def _sizes(mean: Float[np.ndarray, " d"], std: Float[np.ndarray, " d"]) -> Truth:
    """Return E|∂y/∂xᵢ|: the slopes are normal, so their sizes are folded normal."""
    scale = np.where(std > 0, std, 1.0)
    folded = foldnorm(np.abs(mean) / scale, scale=scale).mean()
    return Truth.exact(np.where(std > 0, folded, np.abs(mean))[None], "closed form: folded normal")


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _square(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x**2
