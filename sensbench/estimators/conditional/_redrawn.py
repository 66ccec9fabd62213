"""Rows of the inputs' law of which some features are drawn anew, given the others."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import InputError, NotApplicable
from sensbench.inputs.conditional import conditional_law, mask_of
from sensbench.inputs.space import InputSpace
from sensbench.inputs.unit_cube import to_unit
from sensbench.model.exchange.updates import Change
from sensbench.problem.problem import Problem


class Redrawn:
    """Base rows, drawn from the law, and copies of them that share some features.

    Attributes
    ----------
    X
        The base rows.
    """

    def __init__(self, space: InputSpace, n: int, rng: np.random.Generator, who: str):
        self._space, self._law = space, conditional_law(space, who)
        self._u = np.asarray(space.dependence.join(rng.random((n, space.d))))
        self.X = space.from_unit(self._u)

    def copies(
        self, drawn: Sequence[int], v: Float[np.ndarray, "n columns"]
    ) -> Float[np.ndarray, "n columns"]:
        """Return the rows with these features drawn anew."""
        given = ~mask_of(self._space, drawn)
        return self._space.from_unit(self._law.conditional(self._u, given, v))

    def copies_by_row(
        self, drawn: Bool[np.ndarray, "n d"], v: Float[np.ndarray, "n columns"]
    ) -> Float[np.ndarray, "n columns"]:
        """Return the rows with features drawn anew that differ from row to row."""
        kinds, of_row = np.unique(drawn, axis=0, return_inverse=True)
        order = np.argsort(of_row.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(of_row.ravel(), minlength=len(kinds)))
        u = np.empty_like(self._u)
        for kind, rows in zip(kinds, np.split(order, ends[:-1]), strict=True):
            given = ~mask_of(self._space, np.flatnonzero(kind).tolist())
            u[rows] = self._law.conditional(self._u[rows], given, v[rows])
        return self._space.from_unit(u)


def law_of_rows(problem: Problem, dependence: str, who: str) -> InputSpace:
    """Return the space whose law the problem's rows follow.

    That of the problem, where it draws rows or says how they depend; else one that is fitted to
    the rows of data.

    Raises
    ------
    NotApplicable
        Rows that no such law can be fitted to; groups of inputs that move with others.
    """
    space = problem.drawn_from
    if problem.uses_rows and problem.data is not None and space.independent:
        if space.groups:
            raise NotApplicable(
                f"{who}: expected single inputs; got groups, which the law fitted to rows of "
                f"data does not hold; leave {who} out, or declare no groups"
            )
        separate = [c for c, apart in zip(space.columns, ~space.continuous, strict=True) if apart]
        try:
            space = InputSpace.from_data(
                problem.data.X, space.columns, discrete=separate, dependence=dependence
            )
        except InputError as error:
            raise NotApplicable(f"{who}: no law of the rows: {error}") from error
    conditional_law(space, who)
    if space.groups and not space.independent:
        raise NotApplicable(
            f"{who}: expected single inputs; got groups under inputs that are "
            f"{space.dependence.describe()}; kucherenko and shapley_effects take them"
        )
    return space


def single_redraws(
    space: InputSpace,
    X: Float[np.ndarray, "n columns"],
    times: int,
    rng: np.random.Generator,
    who: str,
) -> Iterator[Change]:
    """Yield, feature by feature, its columns with values drawn given all others, so often."""
    law = conditional_law(space, who)
    # of independent inputs, what the others are does not matter
    u = np.full(X.shape, 0.5)
    if not space.independent:
        u = to_unit(space.columns, space.marginals, X, who)
    for i, block in enumerate(space.blocks):
        given = ~mask_of(space, [i])
        for _ in range(times):
            drawn = space.from_unit(law.conditional(u, given, rng.random(X.shape)))
            yield block, drawn[:, block]
