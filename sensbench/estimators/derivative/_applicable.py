"""Which features have a derivative, and what is said of the others."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.estimator.result import Absent, Estimate
from sensbench.problem.problem import Problem


def held(problem: Problem) -> str:
    """Return what a note says of slopes by inputs that depend on each other."""
    return (
        f"inputs are {problem.space.dependence.describe()}: a slope holds the others fixed, and "
        f"its share is none of the variance; conditional_gradient lets them follow"
    )


def at_features(
    estimates: Mapping[str, Estimate | Absent], applies: Bool[np.ndarray, " d"]
) -> Mapping[str, Estimate | Absent]:
    """Return the same with NaN for the features that have no derivative, and pairs with them."""

    def full(values: Float[np.ndarray, "o ..."]) -> Float[np.ndarray, "o ..."]:
        axes = values.ndim - 1
        of_all = np.full((len(values), *(len(applies),) * axes), np.nan)
        at: Any = (slice(None), *np.ix_(*(applies,) * axes))
        of_all[at] = values
        return of_all

    if applies.all():
        return estimates
    return {
        name: _full(item, full) if isinstance(item, Estimate) else item
        for name, item in estimates.items()
    }


def _full(
    item: Estimate, full: Callable[[Float[np.ndarray, "o ..."]], Float[np.ndarray, "o ..."]]
) -> Estimate:
    return replace(item.map(full), tail=None if item.tail is None else full(item.tail))


def differentiable(
    problem: Problem,
) -> tuple[Bool[np.ndarray, " d"], Int[np.ndarray, " m"]]:
    """Return which features have a derivative, and the column of each of these."""
    skipped = problem.space.without_derivative
    applies = np.array([name not in skipped for name in problem.features])
    first = np.array([block[0] for block in problem.space.blocks])
    return applies, first[applies]
