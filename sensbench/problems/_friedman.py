"""Friedman's function, in the dimensions of two papers."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.truths.implied import with_sizes
from sensbench.truths.line import Factor
from sensbench.truths.separable import Terms, separable

# (π^27)/27! is 2e-15 of the first term; the next ones are below rounding.
_POWERS = range(1, 32, 2)


def friedman(name: str, d: int, source: str) -> Problem:
    """Return 10 sin(π x1 x2) + 20 (x3 - 1/2)² + 10 x4 + 5 x5 on U(0, 1)ᵈ under a name."""

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        x1, x2, x3, x4, x5 = x[:, :5].unbind(1)
        return 10.0 * torch.sin(math.pi * x1 * x2) + 20.0 * (x3 - 0.5) ** 2 + 10.0 * x4 + 5.0 * x5

    space = InputSpace.uniform({column: (0.0, 1.0) for column in default_names(d)})
    truth = with_sizes(space, separable(space, _terms()), lambda: _sizes(d))
    return Problem.of(function, space, name=name, outputs=["y"], truth=truth, source=source)


def _terms() -> Terms:
    """Return the sine as its power series in x1 x2, and the rest."""
    powers = {k: _power(k) for k in _POWERS}
    return [
        *(
            (10.0 * (-1.0) ** (k // 2) * math.pi**k / math.factorial(k), {0: g, 1: g})
            for k, g in powers.items()
        ),
        (20.0, {2: lambda x: (x - 0.5) ** 2}),
        (10.0, {3: powers[1]}),
        (5.0, {4: powers[1]}),
    ]


def _power(k: int) -> Factor:
    return lambda x: x**k


def _sizes(d: int) -> Float[np.ndarray, " d"]:
    """Return E|∂f/∂x_i|; the first is 10π ∫ |cos πp| (1 - p) dp = 10, p = x1 x2 in (0, 1)."""
    return np.array([10.0, 10.0, 10.0, 10.0, 5.0] + [0.0] * (d - 5))
