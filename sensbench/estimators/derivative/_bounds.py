"""Bounds of the total-order index from derivatives: what they need, and the lower one.

Of independent inputs and a model that does not jump, Cov(f, x_i) = E[τ_i ∂f/∂x_i], τ_i the Stein
kernel of x_i's marginal; and no function of x_i alone, the line least of all, explains more of the
variance than S_i. So Corr(f, x_i)² ≤ S_i ≤ S_Ti, and a linear model's is S_i.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.estimator.bootstrap import Means, variance
from sensbench.estimator.interval import Interval
from sensbench.estimator.linearised import Linearised, symmetric_interval
from sensbench.estimator.result import Estimate, Impossible
from sensbench.estimators._moved import moved_either_way
from sensbench.estimators.derivative._slopes import SlopeSums
from sensbench.inputs.poincare import NoConstant, poincare_constant
from sensbench.inputs.stein import NoKernel, SteinKernel, stein_kernel
from sensbench.problem.problem import Problem

# Of the mean size: less is rounding.
_NONE = 1e-9


def poincare_constants(
    problem: Problem, columns: Int[np.ndarray, " m"]
) -> Float[np.ndarray, " m"] | Impossible:
    """Poincaré constants of the columns' marginals, or why the upper bound cannot be given."""
    constants = []
    for i in columns:
        constant = poincare_constant(problem.space.marginals[i])
        if isinstance(constant, NoConstant):
            return Impossible(f"input {problem.space.columns[i]!r}: {constant.reason}")
        constants.append(constant)
    return np.array(constants)


def stein_kernels(
    problem: Problem, columns: Int[np.ndarray, " m"]
) -> tuple[SteinKernel, ...] | Impossible:
    """Stein kernels of the columns' marginals, or why the lower bound cannot be given."""
    kernels = []
    for i in columns:
        kernel = stein_kernel(problem.space.marginals[i])
        if isinstance(kernel, NoKernel):
            return Impossible(f"input {problem.space.columns[i]!r}: {kernel.reason}")
        kernels.append(kernel)
    return tuple(kernels)


def no_bounds(problem: Problem) -> Impossible | None:
    """Return why neither bound holds, for rows and for inputs that depend on each other."""
    if problem.uses_rows:
        return Impossible(
            "the bound holds for independent inputs with densities; these are rows of data; "
            "inputs='product' with marginals that have densities gives it"
        )
    if not problem.space.independent:
        return Impossible(
            f"the bound holds for independent inputs; these are "
            f"{problem.space.dependence.describe()}; inputs='product' gives it for their marginals"
        )
    return None


def lower_bound(
    seen: SlopeSums,
    interval: Linearised,
    sigma_x: Float[np.ndarray, " m"],
    varies: Bool[np.ndarray, " o"],
    kernels: tuple[SteinKernel, ...],
    of: Interval,
) -> Estimate:
    """Return Corr(f, x_i)² from slopes, with the ends of the correlation's interval, squared.

    From 0 where that interval holds 0: the square of an estimate near 0 is too high by its noise.
    """
    m = interval.means
    name = "weighted" if "weighted" in m else "slope"

    def correlation(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
        sigma_y = np.sqrt(np.where(varies[:, None], variance(m, "y"), np.nan))
        return {"r": (m[name] + seen.centre) * sigma_x / sigma_y}

    values, halves = interval(correlation)
    unseen, size, most = seen.unseen(), m["size"], np.array([k.most for k in kernels])
    one_sign = size - np.abs(m["slope"] + seen.centre) <= _NONE * size
    sizes = np.where(one_sign, np.abs(m[name] + seen.centre), size)
    either = moved_either_way(
        correlation,
        {**m, "size": sizes},
        {**unseen, "size": most * unseen["size"]},
        name,
        seen.centre,
    )["r"]
    found = symmetric_interval(values["r"], halves["r"], of)
    found = found.with_unseen(either.min(axis=0), either.max(axis=0))
    low = np.where((found.low < 0) & (found.high > 0), 0.0, np.fmin(found.low**2, found.high**2))
    high = np.fmax(found.low**2, found.high**2)
    squared = replace(found, value=found.value**2, low=low, high=high)
    return squared.with_tail(np.fmax(seen.tails["size"], seen.tails["y²"]))
