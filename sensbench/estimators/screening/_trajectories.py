"""Morris's trajectories, the very points of ``SALib.sample.morris.sample`` for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.inputs.space import InputSpace


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Walks over the grid that step once in every feature.

    A column has two values on a walk, and changes from the one to the other at its feature's
    step: these are all that has to be looked up in a marginal.

    Attributes
    ----------
    before, after
        Each column's two values in the unit cube, ``(r, columns)``.
    step
        Which step each feature is moved by: it is the step from point ``step`` to the next.
    up
        Whether the column steps up.
    feature
        The feature of each column, by position.
    """

    before: Float[np.ndarray, "r columns"]
    after: Float[np.ndarray, "r columns"]
    step: Int[np.ndarray, "r d"]
    up: Bool[np.ndarray, "r columns"]
    feature: Int[np.ndarray, " columns"]

    def __len__(self) -> int:
        return len(self.before)

    @property
    def u(self) -> Float[np.ndarray, "r points columns"]:
        """The points in the unit cube."""
        return self.points(self.before, self.after)

    def points(
        self, before: Float[np.ndarray, "r columns"], after: Float[np.ndarray, "r columns"]
    ) -> Float[np.ndarray, "r points columns"]:
        """Return the points of the walks whose columns have these values before and after."""
        number = np.arange(self.step.shape[1] + 1, dtype=np.int32)[:, None]
        stepped = number > self.step.astype(np.int32).take(self.feature, axis=1)[:, None]
        return np.where(stepped, after[:, None], before[:, None])


def step_length(levels: int) -> float:
    """Return the length of every step in the unit interval."""
    return levels / (2.0 * (levels - 1))


def trajectories(
    space: InputSpace, r: int, levels: int, seed: int, most: int
) -> Iterator[Trajectories]:
    """Yield ``r`` trajectories, up to ``most`` at a time.

    Each takes three draws from the generator; the order of the steps rejects some, so the draws
    of many cannot be made at once. All else is done for many together: SALib multiplies
    permutation matrices, which takes d³ operations per trajectory.
    """
    rng, delta = np.random.default_rng(seed), step_length(levels)
    grid = np.linspace(0, 1 - delta, levels // 2)
    d = len(space.names)
    position = {name: i for i, name in enumerate(space.names)}
    feature = np.array([position[label] for label in space.labels])
    for first in range(0, r, most):
        n = min(most, r - first)
        step = np.tile(np.arange(d), (n, 1))
        drawn = np.empty((n, 2 * space.d), dtype=np.int64)
        for order, both in zip(step, drawn, strict=True):
            rng.shuffle(order)
            if len(grid) == 2:  # one call for both: the same numbers, and the time is in the calls
                both[:] = rng.integers(0, 2, size=2 * space.d)
            else:
                both[: space.d] = rng.integers(0, 2, size=space.d)
                both[space.d :] = rng.integers(0, len(grid), size=space.d)
        up, start = drawn[:, : space.d].astype(bool), grid[drawn[:, space.d :]]
        yield Trajectories(start + delta * ~up, start + delta * up, step, up, feature)
