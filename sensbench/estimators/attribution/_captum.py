"""What Captum's methods are given: tensors of rows, and a function whose rows are counted."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sensbench.problem.problem import Problem

MODULE, EXTRA = "captum.attr", "attribution"


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out what Captum warns of: hooks that it sets, and takes away again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def as_tensor(rows: Float[np.ndarray, "..."]) -> Tensor:
    """Return a copy of rows as a tensor of double precision."""
    return torch.tensor(rows, dtype=torch.float64)


def features_of_columns(problem: Problem) -> Int[Tensor, "1 d"]:
    """Return the number of the feature that each column belongs to, from 0 on: one row."""
    numbers = np.empty(problem.space.d, dtype=np.int64)
    for k, block in enumerate(problem.space.blocks):
        numbers[block] = k
    return torch.from_numpy(numbers)[None]


class Called:
    """The model as a function of tensors, which keeps the first and the last outputs it gave.

    Captum adds up in single precision, which outputs of 1e-40 or 1e40 leave: what it is given are
    changes from the first outputs, divided by the power of two next to the first of them that is
    not 0. No digit of a difference changes.
    """

    def __init__(self, problem: Problem):
        self._model = problem.explained
        self._exponents: Int[np.ndarray, " o"] = np.zeros(problem.o, dtype=np.int64)
        self._settled = np.zeros(problem.o, dtype=bool)
        self.first: Float[np.ndarray, "n o"] = np.empty((0, problem.o))
        self.last = self.first

    def __call__(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return by how much the outputs differ from the first ones."""
        self.last = self._model(x.numpy())
        if not len(self.first):
            self.first = self.last
        change = self.last - self.first
        largest = np.abs(change).max(axis=0)
        new = ~self._settled & (largest > 0)
        exponents = np.frexp(np.where(new, largest, 1.0))[1].astype(np.int64)
        self._exponents = np.where(new, exponents, self._exponents)
        self._settled |= new
        return torch.from_numpy(np.ldexp(change, -self._exponents))

    def in_units(self, attributions: Float[Tensor, "n o d"]) -> Float[np.ndarray, "n o d"]:
        """Return attributions of what this gave, in the units of the outputs."""
        return np.ldexp(attributions.double().numpy(), self._exponents[:, None])
