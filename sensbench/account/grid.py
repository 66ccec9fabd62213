"""Morris's steps: from one level of a grid of quantiles to another."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.account.coupled import in_std
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model


@dataclass(frozen=True)
class GridSteps:
    """How ``morris`` steps: over so many levels, unbounded inputs ending at a ``tail`` quantile."""

    levels: int = 4
    tail: float = 0.005

    @property
    def length(self) -> float:
        """The length of every step, as a part of the range."""
        return self.levels / (2.0 * (self.levels - 1))


def grid_steps(
    model: Model,
    space: InputSpace,
    n: int,
    features: list[int],
    steps: GridSteps,
    rng: np.random.Generator,
) -> dict[str, Float[np.ndarray, "n _ d"]]:
    """Return the sizes of changes and of steps from one level to another, the others on levels.

    A group that is drawn as whole rows steps from one random row to another.
    """
    low, high = np.where(np.isinf(space.supports), steps.tail, 0.0).T
    std = space.std()
    context = rng.integers(steps.levels, size=(n, space.d)) / (steps.levels - 1)
    start = rng.integers(steps.levels // 2, size=(n, space.d)) / (steps.levels - 1)
    jumps = rng.random((n, 2))
    whole = {group.name for group in space.groups if group.rows is not None}
    rises, runs = [], []
    for i in features:
        block, ends = space.blocks[i], []
        for k in range(2):
            u = context.copy()
            u[:, block] = start[:, block] + k * steps.length
            u = low + u * (1.0 - low - high)
            if space.names[i] in whole:
                u[:, block[0]] = jumps[:, k]
            ends.append(space.from_unit(u))
        rises.append(np.abs(model(ends[1]) - model(ends[0])))
        moved = ends[1][:, block] - ends[0][:, block]
        one = np.abs(moved[:, 0]) if len(block) == 1 else in_std(moved, std[block])
        runs.append(one[:, None])
    return {"rise on grid": np.stack(rises, -1), "run on grid": np.stack(runs, -1)}
