"""Rows of A with several features' values from B, and indices of sets of features made of them.

Of a set u, e_u is how far ab_u lies from a. Where u is a pair or three, the contrast δ_u is what is
left of e_u when the effects of all smaller sets are taken out: 0 in every row of a model in which
the features of u do not act together, and E[b·δ_u] is u's own part of the variance (the closed
indices' Möbius inverse). E[δ_u²]/2^|u| is the part of u with all that contains it: Liu & Owen 2006,
doi:10.1198/016214505000001410. Of a set as a whole, E[b·e_u] is its closed part, and E[e_u²]/2
(Jansen) its total one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from sensbench.estimators._exchange import exchanged
from sensbench.estimators.variance._pick_freeze import PickFreeze
from sensbench.estimators.variance._saltelli import Exchanged, Moments, most_at_a_time
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model

Set = tuple[int, ...]
# Units of rounding that a row's output may be off by, and all that is computed with it.
_UNITS = 8


@dataclass(frozen=True)
class Subsets:
    """The rows and columns of another design, and behind them those of sets of features.

    Parameters
    ----------
    base
        Has the indices of single features.
    pairs, triples
        Whether those of all pairs, and of all three, are there; of three needs those of pairs.
    whole
        Sets of features that are exchanged as one.
    rounding
        Relative error of the model's numbers.
    """

    base: Exchanged | PickFreeze
    pairs: bool = False
    triples: bool = False
    whole: tuple[Set, ...] = ()
    rounding: float = float(np.finfo(np.float64).eps)

    @property
    def space(self) -> InputSpace:
        """What the rows are drawn from."""
        return self.base.space

    @property
    def samples(self) -> int:
        """Independent samples of the inputs that a base row takes."""
        return self.base.samples

    @property
    def changes(self) -> slice:
        """The columns that are squares of what an exchange changes, one per feature."""
        return self.base.changes

    @cached_property
    def contrasted(self) -> tuple[Set, ...]:
        """Pairs and threes, in the order of their rows and columns."""
        d = len(self.space.blocks)
        orders = (*((2,) if self.pairs else ()), *((3,) if self.triples else ()))
        return tuple(u for order in orders for u in combinations(range(d), order))

    @cached_property
    def _singles(self) -> tuple[Set, ...]:
        """Single features whose exchange from B the base has no rows of."""
        has = isinstance(self.base, Exchanged) or "AB" in self.base.exchanges
        return () if has or not self.contrasted else tuple((i,) for i in self._features)

    @property
    def _features(self) -> range:
        return range(len(self.space.blocks))

    @cached_property
    def _row_of(self) -> dict[Set, int]:
        """Which row has the values of B in these features, for all that contrasts are made of."""
        own = (*self._singles, *self.contrasted)
        first = self.base.points
        rows = {(): 0} | ({} if self._singles else {(i,): 2 + i for i in self._features})
        return rows | {u: first + k for k, u in enumerate(own)}

    @property
    def points(self) -> int:
        """Rows per base row."""
        return self.base.points + len(self._singles) + len(self.contrasted) + len(self.whole)

    @property
    def products(self) -> int:
        """Columns: the base's, mean and mean square of a and b, and three for every set."""
        return self.base.products + 2 + 3 * (len(self.contrasted) + len(self.whole))

    def outputs(
        self, model: Model, u: Float[np.ndarray, "n dims"]
    ) -> Float[np.ndarray, "o points n"]:
        """Return the outputs of base rows: the base's, then those of the sets."""
        Y = np.empty((model.o, self.points, len(u)))
        Y[:, : self.base.points] = self.base.outputs(model, u)
        d, blocks = self.space.d, self.space.blocks
        A, B = np.split(self.space.from_unit(np.concatenate([u[:, :d], u[:, d : 2 * d]])), 2)
        sets = (*self._singles, *self.contrasted, *self.whole)
        columns = [np.concatenate([np.asarray(blocks[i]) for i in one]) for one in sets]
        rows = exchanged(model, A, ((c, B[:, c]) for c in columns), self.base.way)
        for k, y in enumerate(rows, self.base.points):
            Y[:, k] = y.T
        return Y

    def at_a_time(self, model: Model, most: int) -> int:
        """Return how many base rows to evaluate at once: a power of two, ``most`` at most."""
        numbers = 2 * (self.samples + 2) * self.space.d + model.o * self.points + self.products
        return most_at_a_time(model, numbers, most)

    def write(self, y: Float[np.ndarray, "points n"], to: Float[np.ndarray, "k n"]) -> None:
        """Write one output's columns, a row each."""
        first = self.base.products
        self.base.write(y[: self.base.points], to[:first])
        a, b = y[0], y[1]
        np.multiply(a + b, 0.5, out=to[first])
        np.multiply(a * a + b * b, 0.5, out=to[first + 1])
        product, change, square = np.split(to[first + 2 :], 3)
        for k, u in enumerate(self.contrasted):
            change[k] = self._contrast(y, u)
        whole = len(self.whole)
        if whole:
            np.subtract(y[-whole:], a, out=change[-whole:])
        np.multiply(change, b, out=product)
        np.multiply(change, change, out=square)

    def _contrast(self, y: Float[np.ndarray, "points n"], u: Set) -> Float[np.ndarray, " n"]:
        """Return δ_u by differences of rows next to each other: an inert feature leaves 0."""

        def left(of: Set, taken: Set) -> Float[np.ndarray, " n"]:
            if not of:
                return y[self._row_of[taken]]
            *rest, last = of
            with_last = tuple(sorted((*taken, last)))
            return left(tuple(rest), with_last) - left(tuple(rest), taken)

        return left(u, ())


def indices(
    means: Float[np.ndarray, "o k"], outputs: Moments, design: Subsets
) -> dict[str, Float[np.ndarray, "o _"]]:
    """Return the sets' indices, flat, and the outputs' ``variance``.

    An index is 0 where the variance of A and B is nothing but rounding.
    """
    parts, variance = _parts(means, outputs, design, _nothing(means, outputs, design))
    real = variance > np.finfo(np.float64).eps * outputs.spread[:, None] ** 2
    inverse = np.divide(1.0, variance, out=np.zeros_like(variance), where=real)
    return {"variance": variance, **{name: part * inverse for name, part in parts.items()}}


def influences(
    blocks: Float[np.ndarray, "nets blocks o k"], outputs: Moments, design: Subsets
) -> dict[str, Float[np.ndarray, "nets blocks o _"]]:
    """Return what each block of base rows adds to each of them: means of 0 over all rows."""
    first = design.base.products
    nothing = _nothing(blocks.mean(axis=(0, 1)), outputs, design)
    parts, _ = _parts(blocks, outputs, design, nothing)
    mean = blocks[..., first, None]
    middle = mean.mean(axis=(0, 1))
    spread = blocks[..., first + 1, None] - 2 * middle * mean + middle**2
    variance = spread.mean(axis=(0, 1))
    inverse = np.divide(1.0, variance, out=np.zeros_like(variance), where=variance > 0)
    of_sets = {
        name: (part - part.mean(axis=(0, 1)) * inverse * spread) * inverse
        for name, part in parts.items()
    }
    return {"variance": spread - variance, **of_sets}


def _nothing(
    means: Float[np.ndarray, "o k"], outputs: Moments, design: Subsets
) -> Bool[np.ndarray, "o sets"]:
    """Return which contrasts are nothing but rounding: of each of their rows some units of it."""
    square = np.split(means[..., design.base.products + 2 :], 3, axis=-1)[2]
    rows = np.array([2.0 ** len(u) for u in design.contrasted])
    unit = (_UNITS * design.rounding * outputs.largest[:, None]) ** 2
    nothing = np.zeros(square.shape, dtype=bool)
    nothing[:, : len(rows)] = square[:, : len(rows)] <= rows * unit
    return nothing


def _parts(
    means: Float[np.ndarray, "... o k"],
    outputs: Moments,
    design: Subsets,
    nothing: Bool[np.ndarray, "o sets"],
) -> tuple[dict[str, Float[np.ndarray, "... o _"]], Float[np.ndarray, "... o 1"]]:
    """Return the sets' parts of the variance by measure, and the variance."""
    first = design.base.products
    product, change, square = np.split(means[..., first + 2 :], 3, axis=-1)
    own = np.where(nothing, 0.0, product - outputs.shift[:, None] * change)
    square = np.where(nothing, 0.0, square)
    orders = np.array([len(u) for u in design.contrasted], dtype=int)
    at: Mapping[str, slice] = {
        "pairs": slice(0, int((orders == 2).sum())),
        "triples": slice(int((orders == 2).sum()), len(orders)),
        "whole": slice(len(orders), None),
    }
    parts = {}
    if design.pairs:
        parts["second_order"] = own[..., at["pairs"]]
        parts["total_interaction"] = square[..., at["pairs"]] / 4
    if design.triples:
        parts["third_order"] = own[..., at["triples"]]
    if design.whole:
        parts["closed_of_set"] = own[..., at["whole"]]
        parts["total_of_set"] = square[..., at["whole"]] / 2
    return parts, means[..., first + 1, None] - means[..., first, None] ** 2
