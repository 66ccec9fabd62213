"""Which rows a network learns from, stops by and is judged on."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import ModelError, NotApplicable, TooFewRows
from sensbench.model.model import Model
from sensbench.problem.problem import Data, Problem

# Of the rows that are learned or say when to stop: 15 of 75 in a hundred.
VALIDATION_OF_LEARNED = 0.2
_VALIDATION_OF_DATA, _HELD_OUT_OF_DATA = 0.15, 0.25
_SMALLEST = 20


@dataclass(frozen=True)
class Part:
    """Rows with their targets, and the targets' derivatives by the ``sloping`` columns."""

    X: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n o"]
    sloping: Bool[np.ndarray, " d"]
    slopes: Float[np.ndarray, "n o k"] | None = None

    def __len__(self) -> int:
        return len(self.X)


@dataclass(frozen=True)
class Split:
    """Rows in three parts.

    ``held_out_rows`` are the indices of the held-out part among the problem's own data, and
    empty where the rows were drawn. ``function`` is what the targets are values of; ``None``
    where they were measured, and nobody knows their slopes.
    """

    fit: Part
    validation: Part
    held_out: Part
    held_out_rows: tuple[int, ...]
    function: Model | None

    def with_slopes(self, who: str) -> "Split":
        """Return the same rows with the targets' slopes, to learn them.

        Raises
        ------
        NotApplicable
            The targets were measured, or their function has no derivative.
        """
        expected = f"{who}: expected a function with a derivative for sobolev > 0"
        if not self.has_slopes:
            got = "measured targets" if self.function is None else "inputs of separate values only"
            raise NotApplicable(f"{expected}; got {got}; leave sobolev out")
        try:
            fit, validation = (
                replace(part, slopes=self.slopes(part)) for part in (self.fit, self.validation)
            )
        except ModelError as error:
            raise NotApplicable(f"{expected}; got {error}; or leave sobolev out") from error
        return replace(self, fit=fit, validation=validation)

    @property
    def has_slopes(self) -> bool:
        """Whether the targets are values of a function of inputs that can be moved a little."""
        return self.function is not None and bool(self.fit.sloping.any())

    def slopes(self, part: Part) -> Float[np.ndarray, "n o k"]:
        """Return the function's derivatives by the sloping columns.

        Raises
        ------
        ModelError
            It has none; or there is no function.
        """
        if self.function is None:
            raise ModelError("measured targets have no derivative")
        columns = np.flatnonzero(part.sloping)
        J = self.function.metered().values_and_jacobian(part.X, columns.tolist())[1]
        return J[:, :, columns]


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
    data = problem.data
    if data is None:
        data = Data(problem.space.sample(2 * n, rng))
        n_validation = max(1, int(VALIDATION_OF_LEARNED * n))
        places = np.arange(2 * n)
        validation, fit, held_out = np.split(places, [n_validation, n])
    else:
        rows = len(data)
        if rows < _SMALLEST:
            raise TooFewRows(
                f"training on {problem.name!r}: expected at least {_SMALLEST} rows of data; got "
                f"{rows}; give more rows"
            )
        n_held_out, n_validation = int(_HELD_OUT_OF_DATA * rows), int(_VALIDATION_OF_DATA * rows)
        held_out, validation, fit = np.split(
            rng.permutation(rows), [n_held_out, n_held_out + n_validation]
        )
        held_out = np.sort(held_out)
    # metered(): learning is not explaining, so the caller's counters stay as they are
    y = data.y if data.y is not None else problem.explained.metered()(data.X)
    sloping = problem.space.continuous

    def part(places: np.ndarray) -> Part:
        return Part(data.X[places], y[places], sloping)

    return Split(
        part(fit),
        part(validation),
        part(held_out),
        tuple(held_out.tolist()) if problem.data is not None else (),
        problem.model if data.y is None else None,
    )
