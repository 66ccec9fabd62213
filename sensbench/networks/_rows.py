"""Which rows a network learns from, stops by and is judged on."""

from dataclasses import dataclass

import numpy as np

from sensbench.errors import TooFewRows
from sensbench.problem import Data, Problem

_VALIDATION_OF_DRAWS = 0.2
_VALIDATION_OF_DATA, _HELD_OUT_OF_DATA = 0.15, 0.25
_SMALLEST = 20


@dataclass(frozen=True)
class Split:
    """Rows in three parts.

    ``held_out_rows`` are the indices of the held-out part among the problem's own data, and
    empty where the rows were drawn.
    """

    fit: Data
    validation: Data
    held_out: Data
    held_out_rows: tuple[int, ...] = ()


def split_rows(problem: Problem, n: int, rng: np.random.Generator) -> Split:
    """Return the three parts: of the problem's data where it has any, else of draws.

    Data are split 60/15/25. Without data, ``n`` rows are drawn to learn from (a fifth of them to
    stop by) and another ``n``, independent of them, to be judged on. Targets that were not
    measured are the model's own outputs.

    Raises
    ------
    TooFewRows
        Too few rows of data to learn and judge from.
    InputError
        Neither measured targets nor a model.
    """
    if problem.data is None:
        drawn = _labelled(problem, Data(problem.space.sample(2 * n, rng)))
        n_validation = max(1, int(_VALIDATION_OF_DRAWS * n))
        return Split(
            drawn.take(slice(n_validation, n)),
            drawn.take(slice(0, n_validation)),
            drawn.take(slice(n, None)),
        )
    rows = len(problem.data)
    if rows < _SMALLEST:
        raise TooFewRows(
            f"training on {problem.name!r}: expected at least {_SMALLEST} rows of data; got "
            f"{rows}; give more rows"
        )
    data = _labelled(problem, problem.data)
    order = rng.permutation(rows)
    n_held_out = int(_HELD_OUT_OF_DATA * rows)
    n_validation = int(_VALIDATION_OF_DATA * rows)
    held_out = np.sort(order[:n_held_out])
    return Split(
        data.take(order[n_held_out + n_validation :]),
        data.take(order[n_held_out : n_held_out + n_validation]),
        data.take(held_out),
        tuple(held_out.tolist()),
    )


def _labelled(problem: Problem, rows: Data) -> Data:
    # metered(): learning is not explaining, so the caller's counters stay as they are
    return rows if rows.y is not None else Data(rows.X, problem.explained.metered()(rows.X))
