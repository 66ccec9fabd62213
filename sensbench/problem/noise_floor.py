"""A noise floor for every method: inputs that the model ignores, which it is asked about too."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import scipy
from jaxtyping import Float

from sensbench.errors import require
from sensbench.inputs.beside import with_independent
from sensbench.measure import MEASURES
from sensbench.model.ignoring import IgnoringModel
from sensbench.problem.planting import NOISE
from sensbench.problem.problem import Data, Problem
from sensbench.problem.refit import Refit
from sensbench.problem.truth import Truth, Truths, with_inert_inputs

# More inputs that do nothing than a figure has room for.
MOST = 20


def with_noise_floor(problem: Problem, count: int = 1, seed: int | tuple[int, ...] = 0) -> Problem:
    """Return the problem with inputs that the model ignores: uniform on [0, 1], and independent.

    They are inputs of every row and draw, and dropped before the model is called, so that what a
    method says of them it would say of any input without effect. Rows, numbers and cost of the
    other inputs stay what they mean; a method whose cost grows with the inputs has fewer base rows
    for the same budget. Inputs that depend on each other keep their law, and the ignored ones stand
    beside it.

    Parameters
    ----------
    problem
        Any, with or without rows.
    count
        How many. An input without effect of its own is above the best of k by chance one time in
        k + 1, where a method gives no interval.
    seed
        Of their values in rows of data.
    """
    who = f"noise floor of {problem.name!r}"
    whole = isinstance(count, int) and not isinstance(count, bool)
    require(whole and 1 <= count <= MOST, who, f"1 to {MOST} inputs of noise", count)
    space = problem.space
    names = _names(problem, count)
    wider = replace(
        space,
        columns=(*space.columns, *names),
        marginals=(*space.marginals, *(scipy.stats.uniform(0.0, 1.0) for _ in names)),
        units=(*space.units, *("" for _ in names)) if space.units else (),
        dependence=with_independent(space.dependence, space.d, count),
    )
    data = problem.data
    if data is not None:
        data = Data(np.hstack([data.X, _noise(len(data), count, seed)]), data.y)
    return replace(
        problem,
        space=wider,
        data=data,
        model=None if problem.model is None else IgnoringModel(problem.model, names),
        refit=None if problem.refit is None else _WithNoise(problem.refit, count),
        truth=_padded(problem.truth, count),
        reference=_padded(problem.reference, count),
        planted=MappingProxyType({**problem.planted, **dict.fromkeys(names, NOISE)}),
        noise_floor=names,
    )


def _names(problem: Problem, count: int) -> tuple[str, ...]:
    taken = {*problem.space.columns, *problem.features}
    candidates = (f"ignored_{k}" if k else "ignored" for k in itertools.count(int(count > 1)))
    free = (name for name in candidates if name not in taken)
    return tuple(itertools.islice(free, count))


def _noise(n: int, count: int, seed: int | tuple[int, ...]) -> Float[np.ndarray, "n count"]:
    return np.random.default_rng(seed).random((n, count))


def _padded(known: Truths | Mapping[str, Truth], count: int) -> Truths:
    """Return known values with zeros for the inputs without effect, worked out when asked."""

    def wider(name: str, truth: Truth) -> Truth:
        axis = MEASURES[name].axis if name in MEASURES else "feature"
        value, error = (
            with_inert_inputs(part, axis, count) for part in (truth.value, truth.standard_error)
        )
        return Truth(value, error, truth.how)

    return Truths(lambda: {name: wider(name, truth) for name, truth in known.items()})


class _WithNoise(Refit):
    """The same recipe with columns of noise to learn from as well."""

    def __init__(self, refit: Refit, count: int):
        super().__init__(refit._learn, None, None)
        self._refit, self._count = refit, count

    def rows(self) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n o"]]:
        X, y = self._refit.rows()
        return np.hstack([X, _noise(len(X), self._count, 1)]), y

    def function(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n o"] | None:
        return self._refit.function(np.ascontiguousarray(X[:, : -self._count]))
