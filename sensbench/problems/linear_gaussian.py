from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truths
from sensbench.problems._correlations import Correlation, correlations
from sensbench.problems._parameters import numbers
from sensbench.truths.gaussian_polynomial import gaussian_polynomial
from sensbench.truths.separable import separable


def linear_gaussian(
    coefficients: Sequence[float] | Sequence[Sequence[float]] = (1.0, 2.0, 3.0, 0.0),
    deviations: Sequence[float] | None = None,
    means: Sequence[float] | None = None,
    intercepts: Sequence[float] | None = None,
    correlation: Correlation = None,
) -> Problem:
    """Y = Cx + k on independent normal inputs: every method should agree on C²σ².

    All measures on a common scale coincide: Sᵢ = S_Tᵢ = (cᵢσᵢ)²/Σ(cⱼσⱼ)², the squared
    standardised derivative. Not so with ``correlation``, where each has its own exact value.

    Parameters
    ----------
    coefficients
        One row per output, or one list for one output; 0 makes an input inert.
    deviations, means
        Of the inputs; 1 and 0 by default.
    intercepts
        One per output; 0 by default.
    correlation
        Of the inputs: one number for every pair, a matrix, or ``{"x1, x2": 0.9}``; independent by
        default.

    Raises
    ------
    InputError
        Numbers that are not finite, lengths that do not fit, deviations not above 0, an output
        without inputs.
    """
    who = "linear_gaussian"
    nested = np.iterable(coefficients) and any(map(np.iterable, coefficients))
    C = numbers(who, "coefficients", coefficients if nested else [coefficients], (None, None))
    o, d = C.shape
    sigma = numbers(who, "deviations", _or(deviations, 1.0, d), (d,), above=0.0)
    mu = numbers(who, "means", _or(means, 0.0, d), (d,))
    k = numbers(who, "intercepts", _or(intercepts, 0.0, o), (o,))
    require(bool(C.any(axis=1).all()), who, "a coefficient that is not 0 in each row", coefficients)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        slopes = torch.as_tensor(C, dtype=x.dtype, device=x.device)
        return x @ slopes.T + torch.as_tensor(k, dtype=x.dtype, device=x.device)

    moments = zip(mu.tolist(), sigma.tolist(), strict=True)
    law = correlations(who, correlation, default_names(d))
    space = InputSpace.normal(dict(zip(default_names(d), moments, strict=True)), correlation=law)
    terms = (
        [(constant, {}), *((c, {i: _itself}) for i, c in enumerate(row))]
        for constant, row in zip(k.tolist(), C.tolist(), strict=True)
    )
    return Problem.of(
        function,
        space,
        name=who,
        outputs=["y"] if o == 1 else [f"y{j + 1}" for j in range(o)],
        truth=separable(space, *terms) if space.independent else _correlated(space, C, k),
        source="Saltelli et al. 2008, doi:10.1002/9780470725184",
    )


def _or(given: Sequence[float] | None, default: float, length: int) -> Sequence[float]:
    return [default] * length if given is None else given


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _correlated(
    space: InputSpace, C: Float[np.ndarray, "o d"], k: Float[np.ndarray, " o"]
) -> Truths:
    terms = (
        [(constant, {}), *((float(c), {i: 1}) for i, c in enumerate(row))]
        for constant, row in zip(k.tolist(), C, strict=True)
    )
    return gaussian_polynomial(space, *terms)
