"""The row that attributions start from: what stands for inputs that are "not there"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import require
from sensbench.inputs.marginal import Empirical, quantile
from sensbench.problem.problem import Problem

# As it is given; kept as a text or a tuple.
Given = str | Sequence[Any] | np.ndarray
_WAYS = ("mean", "zero")
# Of a law without a list of its separate values: so many quantiles say which occur.
_QUANTILES = 1001


@dataclass(frozen=True, eq=False)
class Baseline:
    """One row of the model's columns, and what it is, in words."""

    row: Float[np.ndarray, " d"]
    said: str


def as_given(who: str, baseline: Given) -> str | tuple[float, ...]:
    """Return a baseline as a hyper-parameter can hold it: "mean", "zero", or a tuple of numbers.

    Raises
    ------
    InputError
        Neither of these, or not finite.
    """
    what = f"a baseline of {' or '.join(map(repr, _WAYS))}, or one finite number per input"
    if isinstance(baseline, str):
        require(baseline in _WAYS, who, what, baseline)
        return baseline
    try:
        row = np.asarray(baseline, dtype=np.float64)
    except (TypeError, ValueError):
        row = np.array(np.nan)
    require(row.ndim == 1 and len(row) > 0 and bool(np.isfinite(row).all()), who, what, baseline)
    return tuple(row.tolist())


def baseline_of(problem: Problem, given: Given, who: str) -> Baseline:
    """Return the baseline for a problem.

    ``"mean"`` is that of the rows, or of the law that draws come from. Columns that take separate
    values only have the one nearest to it, and columns that are drawn as whole rows the row: a
    baseline is a row that the model takes.

    Raises
    ------
    InputError
        Another number of inputs.
    """
    columns = problem.space.columns
    if not isinstance(given, str):
        require(len(given) == len(columns), who, f"a baseline of {len(columns)} numbers", given)
        return Baseline(np.array(given, dtype=np.float64), "as given")
    if given == "zero":
        return Baseline(np.zeros(len(columns)), "0")
    if problem.uses_rows and problem.data is not None:
        row = problem.data.X.mean(axis=0)
    else:
        row = np.array([float(marginal.mean()) for marginal in problem.space.marginals])
    blocks = _of_separate_rows(problem)
    for block in blocks:
        row[block] = _nearest(_rows_of(problem, block), row[block])
    nearest = ", of separate values the nearest to it" if blocks else ""
    return Baseline(row, f"the mean of each input{nearest}")


def _of_separate_rows(problem: Problem) -> list[Int[np.ndarray, " m"]]:
    """Return columns that take separate values: groups of whole rows, and single ones."""
    space = problem.space
    whole = {group.name for group in space.groups if group.rows is not None}
    blocks = []
    for name, block in zip(space.names, space.blocks, strict=True):
        if name in whole:
            blocks.append(block)
        else:
            blocks += [np.array([i]) for i in block if not space.continuous[i]]
    return blocks


def _rows_of(problem: Problem, block: Int[np.ndarray, " m"]) -> Float[np.ndarray, "r m"]:
    """Return the rows that these columns take together."""
    space = problem.space
    if problem.uses_rows and problem.data is not None:
        return problem.data.X[:, block]
    for group in space.groups:
        if group.rows is not None and space.columns[block[0]] in group.columns:
            return group.rows
    marginal = space.marginals[block[0]]
    if isinstance(marginal, Empirical):
        return marginal.values[:, None]
    return quantile(marginal, (np.arange(_QUANTILES) + 0.5) / _QUANTILES)[:, None]


def _nearest(
    rows: Float[np.ndarray, "r m"], mean: Float[np.ndarray, " m"]
) -> Float[np.ndarray, " m"]:
    """Return the first row, in the order of its numbers, that is nearest to the mean."""
    rows = np.unique(rows, axis=0)
    spread = rows.std(axis=0)
    distance = (((rows - mean) / np.where(spread > 0, spread, 1.0)) ** 2).sum(axis=1)
    return np.asarray(rows[int(distance.argmin())])
