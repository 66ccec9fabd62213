"""How a network is trained again: on the rows it learned, without those held out."""

from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sensbench.problem.problem import Data, Problem
from sensbench.problem.refit import Refit

# Of draws, which may be drawn again.
_SEED = 20


@runtime_checkable
class Again(Protocol):
    """A network, as far as training it again goes."""

    @property
    def sobolev(self) -> float: ...

    @property
    def train_rows(self) -> int: ...

    def again(self, X: np.ndarray, y: np.ndarray, seed: int) -> Any: ...


class NetworkAgain(Refit):
    """The recipe of a network; its rows are put together when somebody asks."""

    def __init__(self, network: Again, problem: Problem, held_out_rows: tuple[int, ...]):
        super().__init__(network.again, None, None)
        self._network, self._problem, self._held_out = network, problem, held_out_rows

    def rows(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n o"]]:
        return self._learned_rows

    @cached_property
    def _learned_rows(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n o"]]:
        problem = self._problem
        if problem.data is None:
            data = Data(problem.space.sample(self._network.train_rows, _SEED))
        else:
            places = np.setdiff1d(np.arange(len(problem.data)), self._held_out)
            data = problem.data.take(places)
        # metered(): learning is not explaining
        y = problem.explained.metered()(data.X) if data.y is None else data.y
        return data.X, y

    def function(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"] | None:
        known = self._problem.data is None or self._problem.data.y is None
        if not known or self._problem.model is None:
            return None
        return np.asarray(self._problem.model.metered()(X))
