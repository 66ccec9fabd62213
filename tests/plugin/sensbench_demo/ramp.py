"""A problem with an exact truth."""

import sensbench as sb
from sensbench.truths.separable import separable


def ramp(slope: float = 2.0) -> sb.Problem:
    """f(x) = slope·a + b·c on U(0, 1)³: an effect and an interaction."""
    space = sb.InputSpace.uniform({name: (0.0, 1.0) for name in "abc"})

    def function(x):
        a, b, c = x.unbind(1)
        return slope * a + b * c

    truth = separable(space, [(slope, {0: _itself}), (1.0, {1: _itself, 2: _itself})])
    return sb.Problem.of(function, space, name="ramp", outputs=["y"], truth=truth)


def _itself(x):
    return x
