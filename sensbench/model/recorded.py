"""A model that is elsewhere: it keeps the rows it is asked, and answers as it is told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable
from sensbench.model.model import Model

# from how many rows were asked before, and the rows that are asked, to their outputs
Answers = Callable[[int, Float[np.ndarray, "n d"]], Float[np.ndarray, "n o"]]


class RecordedModel(Model):
    """Stands for a model that is run elsewhere.

    Parameters
    ----------
    features, outputs, name
        As the model's.
    answers
        What it returns: stand-ins while rows are collected, the outputs when they are there.
    """

    def __init__(
        self, features: Sequence[str], outputs: Sequence[str], name: str, answers: Answers
    ):
        example = np.zeros((2, len(features)))
        nothing = _Nothing(len(features), len(outputs))
        super().__init__(nothing, example, outputs=outputs, name=name, features=features)
        self._answers = answers
        # shared by the metered and scaled views of it
        self._asked: list[Float[np.ndarray, "_ d"]] = []

    @property
    def asked(self) -> Float[np.ndarray, "n d"]:
        """All rows it was asked, in their order."""
        return np.concatenate(self._asked) if self._asked else np.empty((0, self.d))

    def __call__(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        """Return what it is told to for these rows, which are counted as a model's are."""
        self._charge(X, backward=False)
        rows = np.array(X, dtype=float)  # a copy: callers reuse theirs
        Y = self._answers(sum(map(len, self._asked)), rows)
        self._asked.append(rows)
        return Y if self._scale is None else self._scale.outputs(Y)

    def _parts(
        self,
        chunks: Iterable[Float[np.ndarray, "_ d"]],
        features: Sequence[int] | None,
        into: Float[np.ndarray, "n o d"] | None = None,
    ) -> Iterator[Any]:
        raise NotApplicable(
            f"model {self.name!r}: expected to be asked for outputs alone; got a request for "
            f"derivatives, which a model that is run elsewhere has none of"
        )


class _Nothing:
    """What :class:`Model` takes for a fitted regressor of so many outputs."""

    def __init__(self, d: int, o: int):
        self.n_features_in_, self._o = d, o

    def predict(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"]:
        return np.zeros((len(X), self._o))
