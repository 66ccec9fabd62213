"""Saltelli's design a block of base rows at a time, and the sums that SALib's numbers follow from.

Every Sobol' index is a ratio of means over base rows, and so is every bootstrapped one: a resample
is how often each base row is drawn, hence all resamples of all indices are one matrix product of
these counts with the rows' products. What is held is one block of rows, one byte per base row and
resample, and the sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from scipy.stats import qmc

from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators._exchange import exchanged
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model

BLOCK_BYTES = 2**25
SMALLEST_N = 8
# so many indices are drawn at a time as stay in cache, and so many numbers multiplied
_DRAWS = _MULTIPLIED = 2**17


def needs_of(second_order: bool) -> Needs:
    """Two rows per point and, per feature, one exchange, or two for indices of second order."""
    cost = Cost(2, per_feature=2 if second_order else 1)
    return Needs("design", "independent", groups="one feature", minimum_rows=SMALLEST_N, cost=cost)


@dataclass(frozen=True)
class Exchanged:
    """Two points A and B of a space, and between them those with one feature exchanged."""

    space: InputSpace
    second_order: bool
    way: str = "full"

    @property
    def samples(self) -> int:
        """Independent samples of the inputs that a base row takes."""
        return 2

    @property
    def changes(self) -> slice:
        """The columns that are squares of what an exchange changes, one per feature."""
        d = len(self.space.blocks)
        return slice(d, 2 * d)

    @property
    def points(self) -> int:
        """Rows per base row: A, B, A with each feature of B and, for pairs, B with each of A."""
        d = len(self.space.blocks)
        return 2 + (2 * d if self.second_order else d)

    @property
    def products(self) -> int:
        """Columns that the indices are means of; :func:`write_products` says which."""
        d = len(self.space.blocks)
        return self.products_at_mean + (2 * d if self.second_order else d)

    @property
    def products_at_mean(self) -> int:
        """The first of these, which are enough where the outputs are centred at their mean."""
        d = len(self.space.blocks)
        return 2 * d + 2 + (d * (d - 1) // 2 if self.second_order else 0)

    def outputs(
        self, model: Model, u: Float[np.ndarray, "n dims"]
    ) -> Float[np.ndarray, "o points n"]:
        """Return the outputs of base rows: points of the unit cube for A, and beside them for B."""
        d = self.space.d
        A, B = np.split(self.space.from_unit(np.concatenate([u[:, :d], u[:, d:]])), 2)
        Y = np.empty((model.o, self.points, len(u)))
        for i, y in enumerate(self._of(model, A, B)):
            Y[:, i] = y.T
        return Y

    def at_a_time(self, model: Model, most: int) -> int:
        """Return how many base rows to evaluate at once: a power of two, ``most`` at most."""
        numbers = 4 * self.space.d + model.o * self.points + self.products
        return most_at_a_time(model, numbers, most)

    def write(self, y: Float[np.ndarray, "points n"], to: Float[np.ndarray, "k n"]) -> None:
        """Write one output's columns, a row each."""
        write_products(y, len(self.space.blocks), self.second_order, to)

    def _of(
        self, model: Model, A: Float[np.ndarray, "n d"], B: Float[np.ndarray, "n d"]
    ) -> Iterator[Float[np.ndarray, "n o"]]:
        everything = np.arange(self.space.d)
        blocks = self.space.blocks
        both = [(everything[:0], A[:, :0]), (everything, B)]
        of_A = [*both, *((c, B[:, c]) for c in blocks)]
        yield from exchanged(model, A, of_A, self.way)
        if self.second_order:
            yield from exchanged(model, B, ((c, A[:, c]) for c in blocks), self.way)


def counts(N: int, resamples: int, seed: int) -> UInt8[np.ndarray, "resamples N"]:
    """Return how often each base row is in each of SALib's resamples for a seed.

    SALib draws ``integers(N, size=(N, resamples))``: an index for every place in every resample.
    For N a power of two these are the upper bits of the generator's 32-bit numbers, of which its
    64-bit ones hold two (Lemire 2019, doi:10.1145/3230636, rejects none then); so they are had at
    a third of the time. A count is nearly Poisson(1): for 256 to occur, the chance is below 1e-500.
    """
    bits = np.random.default_rng(seed).bit_generator
    times = np.zeros(resamples * N, dtype=np.uint8)
    first = np.arange(resamples) * N
    shift = np.uint32(33 - N.bit_length())
    step = max(2, _DRAWS // resamples // 2 * 2)
    for start in range(0, N, step):
        rows = min(step, N - start)
        pairs = bits.random_raw(rows * resamples // 2).astype("<u8", copy=False)
        drawn = (pairs.view("<u4") >> shift).reshape(rows, resamples) + first
        np.add.at(times, drawn.ravel(), np.uint8(1))
    return times.reshape(resamples, N)


@runtime_checkable
class Design(Protocol):
    """The rows of one base row, and the columns that the indices are functions of."""

    @property
    def space(self) -> InputSpace:
        """What the rows are drawn from."""

    @property
    def samples(self) -> int:
        """Independent samples of the inputs that a base row takes."""

    @property
    def products(self) -> int:
        """How many columns there are."""

    @property
    def changes(self) -> slice:
        """The columns that are squares of what an exchange changes, one per feature."""

    def at_a_time(self, model: Model, most: int) -> int:
        """Return how many base rows to evaluate at once, ``most`` at most."""

    def outputs(
        self, model: Model, u: Float[np.ndarray, "n dims"]
    ) -> Float[np.ndarray, "o points n"]:
        """Return the outputs of base rows, those of A and B first."""

    def write(self, y: Float[np.ndarray, "points n"], to: Float[np.ndarray, "k n"]) -> None:
        """Write one output's columns, a row each."""


class Moments:
    """Mean, spread and extremes of outputs that come in blocks, and what they are centred at.

    Attributes
    ----------
    first, largest
        First value and largest size of each output.
    """

    def __init__(self, o: int):
        self._rows, self._centre = 0, np.empty(0)
        self._sums, self._squares, self.largest = np.zeros(o), np.zeros(o), np.zeros(o)

    def centred(
        self, Y: Float[np.ndarray, "o points n"], *, all_rows: bool = False
    ) -> Float[np.ndarray, "o points n"]:
        """Return a block less the mean of A and B in the first one; it is changed in place.

        With ``all_rows``, it is the only block, and what it is less is its own mean.
        """
        self.largest = np.maximum(self.largest, np.maximum(Y.max((1, 2)), -Y.min((1, 2))))
        if not self._rows:
            self.first = Y[:, 0, 0].copy()
            self._centre = Y[:, : None if all_rows else 2].mean(axis=(1, 2), keepdims=True)
        Y -= self._centre
        for of_output, y in enumerate(Y):
            self._sums[of_output] += y.sum()
            self._squares[of_output] += np.vdot(y, y)
        self._rows += Y[0].size
        return Y

    @property
    def shift(self) -> Float[np.ndarray, " o"]:
        """The mean, from what the outputs are centred at."""
        return self._sums / self._rows

    @property
    def spread(self) -> Float[np.ndarray, " o"]:
        """The standard deviation over all rows."""
        return np.sqrt(np.maximum(self._squares / self._rows - self.shift**2, 0.0))


class Sums:
    """Means over base rows of what the indices are made of, and their bootstrap replicates.

    The points are those of ``SALib.sample.sobol.sample`` for the first seed; ``N`` of them in A, a
    power of two. SALib standardises the outputs by the mean and deviation of all of them, which are
    known only after the last block. Outputs are centred at a provisional mean here; the moments'
    ``shift``, what that lacks of the mean, is put right in the indices. Nothing else depends on the
    standardisation.

    Attributes
    ----------
    means
        ``(o, k)``: per output b(ab - a) and (ab - a)² for each feature, the mean and mean square
        of a and b and, with second order, ba·ab - a·b for each pair; then ab - a and, with second
        order, ba - b for each feature, 0 where ``shift`` is nothing but rounding.
    resampled
        The same over each resample, ``(resamples, o, k)``.
    moments
        Of the outputs of all rows.
    """

    def __init__(
        self, design: Exchanged, N: int, seeds: tuple[int, int], model: Model, resamples: int
    ):
        d, o, k = len(design.space.blocks), model.o, design.products
        n = design.at_a_time(model, N)
        of_design, of_resamples = seeds
        drawn = counts(N, resamples, of_resamples)

        # the last column counts every row once: the means themselves
        totals, weights = np.zeros((o, k, resamples + 1)), np.ones((n, resamples + 1), order="F")
        self.moments = Moments(o)
        # what the mean of one block lacks of that of all rows is nothing: no product with it counts
        kept = design.products_at_mean if n == N else k
        together = outputs_at_a_time(o, k * n)
        held = np.empty(together * k * n)
        sequence = qmc.Sobol(d=2 * design.space.d, scramble=True, seed=of_design)
        with model.many_calls():
            for start in range(0, N, n):
                Y = design.outputs(model, sequence.random(n))
                Y = self.moments.centred(Y, all_rows=n == N)
                weights[:, :-1] = drawn[:, start : start + n].T
                for first in range(0, o, together):
                    some = Y[first : first + together]
                    products = held[: len(some) * k * n].reshape(k, -1, n)
                    for i, y in enumerate(some):
                        write_products(y, d, design.second_order, products[:, i])
                    # torch's product: numpy's has threads of its own, which get in the way of the
                    # model's
                    left = torch.from_numpy(products[:kept].reshape(-1, n))
                    sums = (left @ torch.from_numpy(weights)).numpy()
                    of_some = totals[first : first + together, :kept]
                    of_some += sums.reshape(kept, len(some), -1).swapaxes(0, 1)
        means = np.moveaxis(totals, 2, 0) / N
        self.means, self.resampled = means[-1], means[:-1]


def write_products(
    y: Float[np.ndarray, "points n"], d: int, second_order: bool, to: Float[np.ndarray, "k n"]
) -> None:
    """Write what the indices are means of, one row each, for one output."""
    a, b, ab = y[0], y[1], y[2 : 2 + d]
    at = 2 * d + 2 + (d * (d - 1) // 2 if second_order else 0)
    change = to[at : at + d]
    np.subtract(ab, a, out=change)
    np.multiply(change, b, out=to[:d])
    np.multiply(change, change, out=to[d : 2 * d])
    np.multiply(a + b, 0.5, out=to[2 * d])
    np.multiply(a * a + b * b, 0.5, out=to[2 * d + 1])
    if second_order:
        ba = y[2 + d :]
        np.subtract(ba, b, out=to[at + d :])
        at, both = 2 * d + 2, a * b
        for j in range(d - 1):
            pairs = to[at : at + d - 1 - j]
            np.multiply(ba[j], ab[j + 1 :], out=pairs)
            pairs -= both
            at += len(pairs)


def outputs_at_a_time(o: int, numbers: int) -> int:
    """Return how many outputs of so many numbers each to work on while they are in cache."""
    return min(o, max(1, _MULTIPLIED // numbers))


def most_at_a_time(model: Model, numbers: int, most: int) -> int:
    """Return how many base rows of so many numbers to hold at once: a power of two."""
    return min(most, _power_of_two(min(BLOCK_BYTES // (8 * numbers), model.chunk_rows)))


def _power_of_two(most: int) -> int:
    """Return the largest power of two not above ``most``, and 1 at least."""
    return 1 << max(1, most).bit_length() - 1
