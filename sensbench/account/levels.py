"""The estimands of one way: of all rows, and of the same resamples of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.account.chain import Edge, Level
from sensbench.account.contributions import Columns, Contributions, cost_per_row
from sensbench.account.coupled import chosen, coupled_draws, coupled_rows
from sensbench.account.grid import GridSteps
from sensbench.errors import BudgetTooSmall, InputError, TooFewRows
from sensbench.estimator.bootstrap import Bootstrap, Means
from sensbench.estimator.scale import at_scale
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Data, Problem
from sensbench.threads import limited

_FEWEST_ROWS = 100
_MOST_REPEATS = 16
_CONFIDENCE = 0.95

# What a level is the mean of, or decided by most.
_COLUMN = {
    Level.MEAN: "slope", Level.SIZE: "size", Level.SQUARE: "square",
    Level.PRODUCT: "square of product", Level.WAY: "way", Level.LENGTH: "way length",
    Level.TOTAL: "total", Level.FIRST: "first", Level.ON_ROWS: "on rows",
    Level.ON_TARGETS: "on targets", Level.NEIGHBOURS: "neighbours", Level.SPECTRUM: "spectrum",
    Level.PAIRS: "rise", Level.ON_GRID: "rise on grid",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Levels:
    """Every estimand of a way, for every output and feature.

    Attributes
    ----------
    value, resampled
        By level: on the scale of variance, of all base rows and of each resample of them.
    effective
        By level: how many rows decide the value, (Σ|c|)²/Σc² of their contributions.
    rows, repeats
        Base rows, and how often each was changed anew.
    n_forward, n_backward
        Rows through the model.
    """

    way: tuple[Edge, ...]
    features: tuple[str, ...]
    outputs: tuple[str, ...]
    value: Mapping[Level, Float[np.ndarray, "o d"]]
    resampled: Mapping[Level, Float[np.ndarray, "r o d"]]
    effective: Mapping[Level, Float[np.ndarray, "o d"]]
    rows: int
    repeats: int
    n_forward: int
    n_backward: int

    @property
    def order(self) -> tuple[Level, ...]:
        """The levels in the order of the way."""
        return (self.way[0].start, *(edge.end for edge in self.way))


def compute_levels(
    problem: Problem,
    way: Sequence[Edge],
    features: Sequence[str],
    *,
    budget: int,
    seed: int,
    steps: GridSteps,
    harmonics: int,
    resamples: int,
) -> Levels:
    """Return the estimands of a way, for some features.

    Raises
    ------
    BudgetTooSmall, TooFewRows
        Not enough for a hundred base rows.
    InputError
        The rows' law is not that of the space's marginals.
    """
    joint = is_joint(problem)
    levels = (way[0].start, *(edge.end for edge in way))
    each = cost_per_row(problem, levels, len(features), joint)
    if budget < _FEWEST_ROWS * each:
        raise BudgetTooSmall(
            f"difference: expected a budget of at least {_FEWEST_ROWS * each:,} rows for "
            f"{len(features)} inputs; got {budget:,}; raise budget="
        )
    rng = np.random.default_rng(seed)
    metered, _ = at_scale(problem, budget)
    rows = _base_rows(problem, metered.data, budget // each, joint, rng)
    n = budget // each if rows is None else len(rows)
    repeats = 1 if rows is None else max(1, min(_MOST_REPEATS, budget // (each * n)))
    at = chosen(features, problem.features)
    space, model = problem.space, metered.explained
    columns: Columns = {}
    with limited():
        for _ in range(repeats):
            if rows is None:
                coupled = coupled_draws(space, n, rng)
            else:
                coupled = coupled_rows(rows.X, space, rng)
            targets = None if rows is None else rows.y
            part = Contributions(
                model, space, coupled, at, levels, targets, steps, harmonics, rng
            ).compute()
            for name, column in part.items():
                columns[name] = columns.get(name, 0.0) + column / repeats
        sampled = Bootstrap(columns, rng, resamples, _CONFIDENCE)
    return Levels(
        way=tuple(way),
        features=tuple(features),
        outputs=problem.outputs,
        value={level: _of_means(level, sampled.means, n) for level in levels},
        resampled={level: _of_means(level, sampled.resampled, n) for level in levels},
        effective={level: _effective(columns[_COLUMN[level]]) for level in levels},
        rows=n,
        repeats=repeats,
        n_forward=model.n_forward,
        n_backward=model.n_backward,
    )


def is_joint(problem: Problem) -> bool:
    """Return whether rows hold inputs that may depend on each other: data, or a joint law."""
    return problem.uses_rows or not problem.drawn_from.independent


def require_one_law(problem: Problem) -> None:
    """Raise where rows and marginals are of two distributions: no exchange of columns joins them.

    Raises
    ------
    InputError
        Data, and a space that was not made of them.
    """
    space: InputSpace = problem.space
    if not problem.uses_rows or problem.data is None:
        return
    std = problem.data.std
    unlike = [
        name
        for name, own, of_rows in zip(space.columns, space.std(), std, strict=True)
        if abs(own - of_rows) > 1e-6 * max(own, of_rows)
    ]
    if unlike:
        raise InputError(
            f"difference: expected inputs distributed as the rows are; got a space of its own for "
            f"{', '.join(unlike[:5])}; compare with inputs='product', or without space="
        )


def _base_rows(
    problem: Problem, data: Data | None, most: int, joint: bool, rng: np.random.Generator
) -> Data | None:
    """Return real rows, or draws of a joint law; ``None``: draws of independent inputs will do."""
    if not joint:
        return None
    if not problem.uses_rows or data is None:
        return Data(problem.drawn_from.sample(most, rng))
    if len(data) < _FEWEST_ROWS:
        raise TooFewRows(
            f"difference: expected at least {_FEWEST_ROWS} rows of data; got {len(data)}; "
            f"compare with inputs='product' to draw from their marginals"
        )
    if len(data) <= most:
        return data
    return data.take(np.sort(rng.choice(len(data), most, replace=False)))


def _of_means(level: Level, m: Means, n: int) -> Any:
    """Return an estimand from means over rows."""
    if level is Level.MEAN:
        square, of_square = m["slope"] ** 2, m["square"]
        return (square - (of_square - square) / (n - 1)) * m["spread"]
    if level is Level.SIZE:
        return m["size"] ** 2 * m["spread"]
    if level in (Level.SQUARE, Level.PRODUCT):
        return m[_COLUMN[level]] * m["spread"]
    if level is Level.PAIRS:
        return _ratio(m["rise"], m["run"]) ** 2 * m["spread"]
    if level is Level.ON_GRID:
        return _ratio(m["rise on grid"], m["run on grid"]) ** 2 * m["spread"]
    return m[_COLUMN[level]]


def _ratio(rise: Float[np.ndarray, "..."], run: Float[np.ndarray, "..."]) -> Any:
    return rise / np.where(run > 0, run, np.nan)


def _effective(column: Float[np.ndarray, "n o d"]) -> Float[np.ndarray, "o d"]:
    size = np.abs(column)
    squares = (size**2).sum(axis=0)
    return size.sum(axis=0) ** 2 / np.where(squares > 0, squares, np.inf)
