"""Effects: what one's own model does along its inputs, computed when a figure asks for it."""

from functools import cached_property
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from sensbench.effects.curves import Curve, accumulated_local_effects, partial_dependence
from sensbench.effects.slopes import Slopes, slopes_of
from sensbench.errors import InputError, SensbenchError
from sensbench.problem.problem import Problem

T = TypeVar("T")

# So many inputs have a curve: the budget is divided among them.
MOST_CURVES = 6
# Rows that a curve is a mean over, at most.
_MOST_PARTIAL, _MOST_ACCUMULATED = 500, 2000


class Effects:
    """Slopes and curves of a problem's model, from its rows, or draws where it has none.

    At most 2,000 rows are taken, at random; the same seed takes the same ones. Slopes, and all
    curves together, each cost at most ``budget`` rows through the model, as one method does.

    Raises
    ------
    InputError
        The problem has no model.
    """

    def __init__(self, problem: Problem, budget: int, seed: int):
        if problem.model is None:
            raise InputError("effects: expected a model; got rows with targets alone")
        self._problem, self._budget, self._seed = problem, budget, seed
        self._curves: dict[tuple[str, bool], Curve | SensbenchError] = {}

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the model's outputs, in the order of all arrays."""
        return self._problem.outputs

    @property
    def of_rows(self) -> int:
        """How many rows there are to take from; 0: rows are drawn."""
        data = self._problem.data
        return len(data) if self._problem.uses_rows and data is not None else 0

    @cached_property
    def _rows(self) -> Float[np.ndarray, "n d"]:
        rng = np.random.default_rng(self._seed)
        X = self._problem.rows(_MOST_ACCUMULATED, rng).X
        return X[rng.permutation(len(X))]

    @cached_property
    def slopes(self) -> Slopes | SensbenchError:
        """The derivatives at single rows; or why there are none."""
        try:
            return slopes_of(self._problem, self._rows, self.of_rows, self._budget)
        except SensbenchError as error:
            return error

    def curve(self, feature: str, accumulated: bool) -> Curve | SensbenchError:
        """Return the effect of one input on every output; or why there is none.

        ``accumulated``: its local effects, added up, which need no rows that do not occur. Inputs
        of separate values have a partial dependence in either case: codes have no order that
        effects could be added up along.
        """
        key = feature, accumulated
        if key not in self._curves:
            try:
                self._curves[key] = self._computed(feature, accumulated)
            except SensbenchError as error:
                self._curves[key] = error
        return self._curves[key]

    def _computed(self, feature: str, accumulated: bool) -> Curve:
        space, model = self._problem.space, self._problem.explained
        block = space.blocks[space.names.index(feature)]
        if len(block) > 1:
            raise InputError(f"effects: expected an input; got {feature!r}, a group of columns")
        column, budget = int(block[0]), self._budget // min(MOST_CURVES, self._problem.d)
        separate = not bool(space.continuous[column])
        if accumulated and not separate:
            return accumulated_local_effects(
                model, self._rows, column, feature, budget=budget, most=_MOST_ACCUMULATED
            )
        return partial_dependence(
            model, self._rows, column, feature,
            separate=separate, budget=budget, most=_MOST_PARTIAL,
        )  # fmt: skip
