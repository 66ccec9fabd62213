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
        points = self.step.shape[1] + 1
        number = np.arange(points, dtype=np.min_scalar_type(points))[:, None]
        step = self.step.astype(number.dtype).take(self.feature, axis=1)
        return np.where(number > step[:, None], after[:, None], before[:, None])


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
        step, up, place = _drawn(rng, (n, d, space.d), len(grid))
        start = grid[place]
        yield Trajectories(start + delta * ~up, start + delta * up, step, up, feature)


def _drawn(
    rng: np.random.Generator, size: tuple[int, int, int], places: int
) -> tuple[Int[np.ndarray, "r d"], Bool[np.ndarray, "r columns"], Int[np.ndarray, "r columns"]]:
    """Return the steps' order, and for each column whether it steps up and its place on the grid.

    Where there is a power of two of places, SALib's ``integers`` are the upper bits of the
    generator's 32-bit numbers (Lemire 2019, doi:10.1145/3230636, rejects none then), and so are its
    numbers in single precision, which are had in a tenth of the time.
    """
    n, d, columns = size
    step = np.tile(np.arange(d), (n, 1))
    if places == 1 or places & (places - 1):  # nothing is drawn of one place, some are rejected
        drawn = np.empty((n, 2, columns), dtype=np.int64)
        for order, (up, place) in zip(step, drawn, strict=True):
            rng.shuffle(order)
            up[:] = rng.integers(0, 2, size=columns)
            place[:] = rng.integers(0, places, size=columns)
        return step, drawn[:, 0] == 1, drawn[:, 1]
    u = np.empty((n, 2, columns), dtype=np.float32)
    for order, both in zip(step, u, strict=True):
        rng.shuffle(order)
        rng.random(dtype=np.float32, out=both)
    return step, u[:, 0] >= 0.5, (places * u[:, 1]).astype(np.int64)
