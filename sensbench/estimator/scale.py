"""Outputs of extreme size: every method sees them near 1, and its numbers are put back in units.

Squares of outputs of 1e160 are infinite, and of 1e-162 they are 0. Divided by a power of two no
digit changes: what has no unit is the same to the bit, and what has one is multiplied back.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from sensbench.estimator.result import Estimate
from sensbench.measure import Measure
from sensbench.model.output_scale import OutputScale
from sensbench.problem.problem import Data, Problem


def at_scale(problem: Problem, budget: int) -> tuple[Problem, OutputScale]:
    """Return the problem with a metered model of outputs near 1, and what they are divided by.

    Where there are targets they say by what, and are divided too; else the first outputs do.
    """
    scale = OutputScale(problem.o)
    data = problem.data
    if data is not None and data.y is not None:
        scale.see(data.y)
        if scale.changes:
            data = Data(data.X, scale.outputs(data.y))
    model = None if problem.model is None else problem.model.metered(budget).scaled(scale)
    refit = None if problem.refit is None else problem.refit.scaled(scale)
    return replace(problem, model=model, data=data, refit=refit), scale


def in_units(estimate: Estimate, meaning: Measure, scale: OutputScale) -> Estimate:
    """Return what was estimated of scaled outputs, in the units of the outputs.

    What double precision cannot hold is NaN, with a note.
    """
    power = meaning.output_power
    if not (power and scale.changes):
        return estimate
    shape = (-1, *(1,) * (estimate.value.ndim - 1))
    exponents = power * scale.exponents.reshape(shape)

    def back(values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        with np.errstate(over="ignore", under="ignore"):
            moved = np.ldexp(values, exponents)
        return np.where(np.isinf(moved) & np.isfinite(values), np.nan, moved)

    scaled = estimate.map(back)
    if np.isnan(scaled.value).sum() == np.isnan(estimate.value).sum():
        return scaled
    note = "undefined where it is beyond the largest number there is"
    return replace(scaled, note="; ".join(filter(None, (estimate.note, note))))
