import math

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.truths.implied import with_sizes
from sensbench.truths.separable import Terms, separable

# Input's number to slope, of those that act linearly and alone.
_LINEAR = {
    2: 0.05, 3: 0.08, 5: 1.0, 6: -0.03, 7: 0.03, 9: -0.09, 10: -0.01, 11: -0.07, 14: -0.04,
    15: 0.06, 17: -0.01, 18: -0.03, 19: -5.0,
}  # fmt: skip


def welch() -> Problem:
    """Screening function of 20 inputs on U(-1/2, 1/2): few matter, x8 and x16 are inert.

    f(x) = 5 x12/(1 + x1) + 5 (x4 - x20)² + x5 + 40 x19³ - 5 x19 + 0.05 x2 + 0.08 x3 - 0.03 x6
    + 0.03 x7 - 0.09 x9 - 0.01 x10 - 0.07 x11 + 0.25 x13² - 0.04 x14 + 0.06 x15 - 0.01 x17
    - 0.03 x18: Welch et al. 1992, doi:10.2307/1269548. Every measure has an exact truth.
    """

    def function(x: Float[Tensor, "n 20"]) -> Float[Tensor, " n"]:
        x1, x2, x3, x4, x5, x6, x7, _, x9, x10 = x[:, :10].unbind(1)
        x11, x12, x13, x14, x15, _, x17, x18, x19, x20 = x[:, 10:].unbind(1)
        strong = 5.0 * x12 / (1.0 + x1) + 5.0 * (x4 - x20) ** 2 + x5 + 40.0 * x19**3 - 5.0 * x19
        weak = 0.05 * x2 + 0.08 * x3 - 0.03 * x6 + 0.03 * x7 - 0.09 * x9 - 0.01 * x10 - 0.07 * x11
        weaker = 0.25 * x13**2 - 0.04 * x14 + 0.06 * x15 - 0.01 * x17 - 0.03 * x18
        return strong + weak + weaker

    space = InputSpace.uniform({name: (-0.5, 0.5) for name in default_names(20)})
    return Problem.of(
        function,
        space,
        name="welch",
        outputs=["y"],
        truth=with_sizes(space, separable(space, _terms()), _sizes),
        source="Welch et al. 1992, doi:10.2307/1269548",
    )


def _terms() -> Terms:
    return [
        (5.0, {0: lambda x: 1.0 / (1.0 + x), 11: _itself}),
        (5.0, {3: _square}),
        (-10.0, {3: _itself, 19: _itself}),
        (5.0, {19: _square}),
        (40.0, {18: lambda x: x**3}),
        (0.25, {12: _square}),
        *((slope, {i - 1: _itself}) for i, slope in _LINEAR.items()),
    ]


def _sizes() -> Float[np.ndarray, " 20"]:
    """Return E|∂f/∂x_i|, with E|x| = 1/4 and E|x - x'| = 1/3."""
    sizes = np.zeros(20)
    for i, slope in _LINEAR.items():
        sizes[i - 1] = abs(slope)
    sizes[0] = 5.0 / 4 * (1 / 0.5 - 1 / 1.5)
    sizes[11] = 5.0 * math.log(3.0)
    sizes[3] = sizes[19] = 10.0 / 3
    sizes[12] = 0.5 / 4
    # |120 x² - 5| changes its sign at x = ±1/√24
    sizes[18] = 5.0 + 40.0 / (3.0 * math.sqrt(24.0))
    return sizes


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _square(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x**2
