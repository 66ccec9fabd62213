"""Heavy tails: whether a few rows decide a mean, and how many rows it would take.

The largest values of a sample follow, nearly, a generalised Pareto distribution. Its shape k says
which moments exist: from k = 0.5 on there is no variance, from k = 1 on no mean. Means of values
with an estimate of k above 0.7 settle so slowly that their standard errors say little.

The samples that err most are those that have not met the large values yet, and these look least
heavy. A lower threshold would take the intervals that hold from the samples that did meet them,
and leave the others: of lognormal values with σ = 2, 500 at a time, intervals held the mean in .57
of the 17 % that had them below 0.5, in .76 of the 63 % below 0.7. What helps these samples is to
allow for a shape that is one standard error larger than its estimate, (1 + k)/√(m + 10) of m
excesses and a prior worth ten (:func:`unseen`): of lognormal values with σ = 2.6, 1,000 at a time,
.90 of the intervals that are given then hold the mean, .73 without; those of normal values' squares
are 3 % wider.

Source of the shape as a diagnostic, how many of the largest values, and the threshold: Vehtari et
al. 2024, arXiv:1507.02646; the fit is in :mod:`sensbench.estimator.generalised_pareto`.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.estimator.generalised_pareto import ROUNDING, WORTH, tail_shape

# From here on a standard error says too little for an interval.
HEAVY = 0.7
# A value larger than all of n has a chance below 3/n (95 %): the rule of three.
_UNSEEN = 3.0
# Beyond this shape the mean of what is larger grows past all use.
_HEAVIEST = 0.9
# Where no more terms than these carry a sum, they say nothing of the others.
_FEWEST, _MOST_NAMED = 5.0, 8
# so many say the shape to .1, and are no burden beside a model
_MOST = 256
# enough for a threshold that few of the rows to come exceed; what is looked at in one block then
_ROWS, _NUMBERS = 2048, 2**18
# of the first rows so many show above what the others need not be looked at; columns at a time
_SAMPLE, _SIDE = 128, 128
# of values in random order, the first ones that say what the largest of all exceed
_PART, _FEWEST_FIRST = 20, 256
# and how many numbers are looked at at once then, so that they stay in cache
_CACHED = 2**17


def largest_kept(n: int) -> int:
    """Return how many of the largest of ``n`` values say what the tail is like."""
    return min(-(-n // 5), int(np.ceil(3 * np.sqrt(n))), _MOST)


class LargestOf:
    """The largest of values that come in blocks, of each series.

    Parameters
    ----------
    series
        How many, by output: ``(o, k)``.
    count
        How many are kept of each, and one more: the threshold that they exceed.
    random
        How many values each series has, where they come in random order: the first ones then say
        what can be among the largest, and nothing else is kept until the end. Nothing by default:
        what is kept so far says it, whatever the order.

    Attributes
    ----------
    kept
        ``(o, k, count + 1)``, in order of size.
    """

    def __init__(self, series: tuple[int, int], count: int, random: int | None = None):
        self._kept = np.zeros((*series, count + 1))
        self._least = np.zeros(series)
        self._met = np.zeros(series[0], np.int64)
        self._random = random
        # columns and values that have exceeded the least since it was last raised
        self._waiting: dict[int, list[tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"]]]] = {}

    def add(
        self, output: int | slice, values: Float[np.ndarray, "n k"], *, sizes: bool = False
    ) -> None:
        """Look at values, one column for each series of an output; below 0 they are no tail.

        For several outputs, the columns of the one after those of the other. With ``sizes`` it is
        the values' sizes that are looked at.
        """
        kept, least = self._of(output)
        start, most = 0, max(_ROWS, _NUMBERS // len(kept))
        if self._random and self._met[output].all():
            most = max(1, _CACHED // len(kept))
        while start < len(values):
            # as many as were met: few of them exceed the threshold, and each block costs its calls
            met = int(self._met[output].max())
            size = most if self._random else min(most, max(_ROWS, met))
            some = values[start : start + size]
            start += len(some)
            some = np.abs(some) if sizes else np.ascontiguousarray(some)
            self._met[output] += len(some)
            if met == 0:
                if self._random is None:
                    self._start(output, some)
                    continue
                least[:] = _exceeded_by_the_largest(some, kept.shape[1], self._random)
            # compared in their own precision, so that they are not copied; what is equal to the
            # least changes nothing
            at = np.flatnonzero(some > _at_most(least, some.dtype))
            if 2 * len(at) > some.size:
                self._keep(output, some.T)
            elif len(at):
                columns = at - at // len(kept) * len(kept)
                self._wait(output, columns, some.ravel()[at])

    def _of(
        self, output: int | slice
    ) -> tuple[Float[np.ndarray, "k count"], Float[np.ndarray, " k"]]:
        """Return what is kept of an output's series, to be written to, and the least of each."""
        return self._kept[output].reshape(-1, self._kept.shape[-1]), self._least[output].reshape(-1)

    def _wait(
        self, output: int | slice, columns: Int[np.ndarray, " m"], values: Float[np.ndarray, " m"]
    ) -> None:
        """Take values that may be among the largest; to be sorted when there are enough."""
        if self._random is None or isinstance(output, slice):
            self._keep(output, _by_column(columns, values, len(self._of(output)[0])))
            return
        waiting = self._waiting.setdefault(output, [])
        waiting.append((columns, values))
        if sum(len(some) for _, some in waiting) > 4 * self._kept[output].size:
            self._done(output)

    def _done(self, output: int) -> None:
        """Sort what waits of an output."""
        waiting = self._waiting.pop(output, [])
        if waiting:
            columns, values = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
            self._keep(output, _by_column(columns, values, self._kept.shape[1]))

    def _start(self, output: int | slice, values: Float[np.ndarray, "r k"]) -> None:
        """Keep the largest of the first rows: of those that some of them show to be large."""
        kept, least = self._of(output)
        m, share = kept.shape[1], kept.shape[1] / len(values)
        # four standard deviations more than their share: what is above holds nearly always enough
        large = int(share * _SAMPLE + 4 * np.sqrt(share * _SAMPLE)) + 1
        if len(values) < 4 * _SAMPLE or large > _SAMPLE // 2:
            self._keep(output, values.T)
            return
        for first in range(0, len(kept), _SIDE):
            some = np.array(values[:, first : first + _SIDE].T, order="C")
            sample = np.partition(some[:, :_SAMPLE], _SAMPLE - large, axis=1)
            above = some >= sample[:, _SAMPLE - large, None]
            counts = np.count_nonzero(above, axis=1)
            if m <= counts.min() and counts.max() < len(values) // 2:
                few = np.zeros((len(some), int(counts.max())), some.dtype)
                at = np.flatnonzero(above)
                begins = np.arange(len(few)) * few.shape[1] - (np.cumsum(counts) - counts)
                few.ravel()[np.arange(len(at)) + np.repeat(begins, counts)] = some.ravel()[at]
                some = few
            some.partition(some.shape[1] - m, axis=1)
            np.maximum(some[:, some.shape[1] - m :], 0.0, out=kept[first : first + _SIDE])
        least[:] = kept.min(axis=1)

    def _keep(self, output: int | slice, values: Float[np.ndarray, "k r"]) -> None:
        """Keep the largest of those kept and these, a row for each series."""
        kept, least = self._of(output)
        both = np.empty((len(kept), kept.shape[1] + values.shape[1]), values.dtype)
        # what was kept in double precision may not fit
        if values.dtype != kept.dtype and (kept.astype(values.dtype) != kept).any():
            both = both.astype(kept.dtype)
        both[:, : kept.shape[1]], both[:, kept.shape[1] :] = kept, values
        both.sort(axis=1)  # many are 0, which a partition is slow at
        kept[:] = both[:, values.shape[1] :]
        np.maximum(least, kept.min(axis=1), out=least)

    @property
    def kept(self) -> Float[np.ndarray, "o k count"]:
        for output in list(self._waiting):
            self._done(output)
        # where fewer exceed what the largest should, the others are equal to it
        least = 0.0 if self._random is None else self._least[..., None]
        return np.sort(np.maximum(self._kept, least), axis=-1)


def _exceeded_by_the_largest(
    first: Float[np.ndarray, "r k"], count: int, n: int
) -> Float[np.ndarray, " k"]:
    """Return what ``count`` of all ``n`` values exceed nearly surely, of each series.

    The value of so low a rank among some of the first that it would take five standard deviations
    for fewer to exceed it; 0 where few values tell as much.
    """
    some = first[: min(max(n // _PART, _FEWEST_FIRST), _ROWS)]
    share = count / n * len(some)
    rank = int(share + 5 * np.sqrt(share)) + 3
    if rank > len(some) // 2:
        return np.zeros(first.shape[1])
    ordered = np.partition(np.array(some.T, order="C"), len(some) - rank, axis=1)
    return np.maximum(ordered[:, len(some) - rank], 0.0).astype(np.float64)


def _at_most(least: Float[np.ndarray, " k"], dtype: np.dtype[Any]) -> Float[np.ndarray, " k"]:
    """Return the numbers in another precision, rounded down."""
    rounded = least.astype(dtype)
    over = rounded > least
    return np.where(over, np.nextafter(rounded, dtype.type(0)), rounded) if over.any() else rounded


def _by_column(
    columns: Int[np.ndarray, " m"], values: Float[np.ndarray, " m"], k: int
) -> Float[np.ndarray, "k _"]:
    """Return a row for each of the ``k`` columns, of its values and zeros after them."""
    # narrow numbers are sorted by counting them
    narrow = columns.astype(np.uint16 if k <= 2**16 else np.int64)
    order = np.argsort(narrow, kind="stable")
    counts = np.bincount(columns, minlength=k)
    table = np.zeros((k, int(counts.max())), values.dtype)
    begins = np.arange(k) * table.shape[1] - (np.cumsum(counts) - counts)
    table.ravel()[np.arange(len(values)) + np.repeat(begins, counts)] = values[order]
    return table


class SquaredTail:
    """The tail of the squares of columns of values around 0, which come in blocks.

    The bulk on one side of a skewed distribution looks like the start of a tail to the other side:
    only what is heavy with both sides together, and on one of them by itself, is.

    Parameters
    ----------
    columns, n
        How many columns, and rows of them.
    matters_above
        The least shape that changes anything: 0 for :func:`unseen`, :data:`HEAVY` without it.
    """

    def __init__(self, columns: int, n: int, matters_above: float = 0.0):
        self._largest, self._n = LargestOf((3, columns), largest_kept(n)), n
        self._matters_above = matters_above

    def add(self, values: Float[np.ndarray, "n k"]) -> None:
        """Look at values that are centred already."""
        for k, sizes in enumerate((np.abs(values), values, -values)):
            self._largest.add(k, sizes)

    @cached_property
    def shape(self) -> Float[np.ndarray, " k"]:
        """The tail's shape in each column, when all rows were looked at."""
        both, *sides = tail_of_squares(self._largest.kept, self._matters_above)
        # a side that hardly any value is on says nothing against both: about a mean that a few rows
        # have moved, all others lie below it
        upper, lower = (np.where(np.isnan(side), both, side) for side in sides)
        return np.asarray(np.fmin(both, np.fmax(upper, lower)))

    @property
    def unseen(self) -> Float[np.ndarray, " k"]:
        """By how much the mean of the squares may be too small; see :func:`unseen`."""
        return unseen_of_squares(self._largest.kept[0], self.shape, self._n)


def tail_of_squares(
    largest: Float[np.ndarray, "... m"], matters_above: float = -np.inf
) -> Float[np.ndarray, "..."]:
    """Return the shape of the tail of squares, of any size, from sorted sizes of at least 0."""
    top = largest[..., -1:]
    return tail_shape((largest / np.where(top > 0, top, 1.0)) ** 2, matters_above)


def unseen(
    largest: Float[np.ndarray, "... m"],
    shape: Float[np.ndarray, "..."],
    n: int,
    *,
    estimated: bool | Bool[np.ndarray, "..."] = True,
    rounding: float | Float[np.ndarray, "..."] = 0.0,
) -> Float[np.ndarray, "..."]:
    """Return by how much a mean of ``n`` values may be too small for what was not met yet.

    As often as the rule of three allows, a value beyond the largest one, of the size that the
    generalised Pareto distribution gives it on average; in proportion to the shape, since that
    of a light tail is in the standard error already. A standard error alone takes the values that
    were met for all there are, and its interval ends too low. The shape is taken one standard error
    larger than it was estimated: a sample without the large values looks lighter than its law is.

    Parameters
    ----------
    largest
        The largest of the values in order, after the threshold that they exceed.
    shape
        That of their tail; NaN, or surely below 0, adds nothing.
    n
        How many values there were.
    estimated
        Whether the shape was, and not assumed.
    rounding
        As for :func:`tail_shape`: of values that are equal but for it, nothing larger is unseen.

    Source of the rule: Hanley & Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031; of the
    error of a shape: Hosking & Wallis 1987, doi:10.1080/00401706.1987.10488243.
    """
    error = (1 + np.maximum(shape, 0.0)) / np.sqrt(largest.shape[-1] - 1 + WORTH)
    k = np.clip(np.nan_to_num(shape + error * estimated), 0.0, _HEAVIEST)
    threshold, top = largest[..., 0], largest[..., -1]
    excess = (largest[..., 1:] - threshold[..., None]).mean(axis=-1)
    larger = top + excess + k / (1 - k) * (top - threshold)
    differ = excess > np.maximum(ROUNDING * top, rounding)
    return np.asarray(_UNSEEN / n * k * np.where(differ, larger, 0.0))


def unseen_of_squares(
    largest: Float[np.ndarray, "... m"], shape: Float[np.ndarray, "..."], n: int
) -> Float[np.ndarray, "..."]:
    """Return :func:`unseen` of squares, from sorted sizes of at least 0."""
    top = largest[..., -1]
    scaled = largest / np.where(top > 0, top, 1.0)[..., None]
    return np.asarray(top**2 * unseen(scaled**2, shape, n))


def carriers(terms: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "2 ..."]:
    """Return the sums of the terms' sizes and of their squares, the largest size as 1."""
    sizes = np.abs(terms)
    sizes /= np.maximum(sizes.max(axis=0), np.finfo(np.float64).tiny)
    return np.stack([sizes.sum(axis=0), (sizes**2).sum(axis=0)])


def carried_by_few(
    sums: Float[np.ndarray, "..."], squares: Float[np.ndarray, "..."]
) -> Bool[np.ndarray, "..."]:
    """Return where a few of the terms carry a sum, (Σ s)²/Σ s² of them; of sizes, scaled to 1.

    Too few to have a tail: that of a hundred rows of which three are not 0 looks light. The last
    axis holds the features: where few rows carry the sum of one, another which did not move the
    output has not been seen to be inert either.
    """
    few = (squares > 0) & (sums**2 < _FEWEST * squares)
    return np.asarray(few | ((squares == 0) & few.any(axis=-1, keepdims=True)))


def few_said(few: Bool[np.ndarray, "o d"], features: Sequence[str]) -> str:
    """Say of which features few rows carry the sum; nothing where there are none."""
    named = [repr(features[i]) for i in np.flatnonzero(few.any(axis=0)).tolist()]
    if not named:
        return ""
    more = f", {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    names = ", ".join(named[:_MOST_NAMED]) + more
    return f"no interval for {names}: few rows carry the effects; more tell"


def rows_to_settle(shape: float) -> float:
    """Return how many rows it takes, about, until the error of a mean is of use; ∞ from 1 on."""
    return float(10 ** (1 / (1 - shape))) if shape < 1 else np.inf
