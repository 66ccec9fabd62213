"""What the measures of derivatives are means of, summed over rows that are never all held."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from sensbench.bootstrap import Groups
from sensbench.linearised import Linearised
from sensbench.problem import Problem

_CHUNK_BYTES, _CACHE_NUMBERS = 2**25, 2**18
# Rows whose slopes are kept for the standard errors: so many, or fewer if they are long ones.
_KEPT, _FEWEST, _KEPT_BYTES = 2048, 256, 2**26
# Of the kept rows: a standard error is then known to 6 %, which Student's quantile allows for.
_GROUPS = 128
# Slopes of this size have squares in single precision; where others come, it is double.
_SQUARED_IN_SINGLE = 1e-16, 1e16
# What slopes are centred at: the mean of a few rows, not one, which may lie far out.
_FIRST_ROWS = 256


class Slopes:
    """One pass over the rows: every derivative measure is a function of these means.

    Slopes and outputs are centred before squaring, at the mean of the first rows: a large mean must
    not eat the digits of a small spread. How the means vary is read from the rows that are kept,
    a random choice.

    Parameters
    ----------
    n
        Rows.
    o
        Outputs.
    columns
        The columns to differentiate by.
    products
        Whether slopes by different inputs are multiplied, too: what an active subspace needs.

    Attributes
    ----------
    kept, kept_y
        The kept rows' slopes, as they are, and centred outputs, in random order.
    products
        Sums of the products of slopes, of no output where nobody asked.
    centre
        What the slopes are centred at.
    largest, first
        Largest size and first value of each output.
    """

    def __init__(self, n: int, o: int, columns: Int[np.ndarray, " m"], *, products: bool = False):
        self.n, self._columns = n, columns
        m = len(columns)
        self.kept_y = np.empty((min(n, max(_FEWEST, min(_KEPT, _KEPT_BYTES // (8 * o * m)))), o))
        self.kept: Float[np.ndarray, "kept o m"] = np.empty((0, o, m))
        # size, centred slope and its square; centred output and its square
        self._slopes, self._outputs = np.zeros((3, o, m)), np.zeros((2, o))
        self.products = np.zeros((o, m, m) if products else (0, m, m))
        self.centre, self._precision = np.zeros((o, m)), np.dtype(np.float64)
        self.largest, self.first, self._centre_y = (np.zeros(o) for _ in range(3))

    def look(self, problem: Problem, rng: np.random.Generator) -> None:
        """Evaluate and differentiate the rows, a chunk after the other."""
        model, count = problem.explained, len(self.kept_y)
        most = min(model.chunk_rows, _CHUNK_BYTES // (8 * model.d * model.o))
        # a stream of its own: the rows are those that the problem gives for the seed
        (chance,) = rng.spawn(1)
        places = chance.permutation(count)
        chosen = np.arange(count)
        if count < self.n:
            chosen = np.sort(chance.choice(self.n, count, replace=False))
        start = taken = 0
        chunks = (rows.X for rows in problem.rows_in_chunks(self.n, max(1, most), rng))
        with model.many_calls():
            for Y, slopes in model.values_and_slopes(chunks, self._columns.tolist()):
                if len(self._columns) < model.d:
                    slopes = [slope[:, self._columns] for slope in slopes]
                if start == 0:
                    self._begin(Y, slopes)
                upto = int(np.searchsorted(chosen, start + len(Y)))
                whole = upto - taken == len(Y)
                rows = slice(None) if whole else chosen[taken:upto] - start
                self._take(Y, slopes, rows, places[taken:upto])
                start, taken = start + len(Y), upto

    def _begin(
        self, Y: Float[np.ndarray, "n o"], slopes: Sequence[Float[np.ndarray, "n m"]]
    ) -> None:
        """Choose what to centre at, and the precision."""
        self.first, self._centre_y = Y[0], Y[:_FIRST_ROWS].mean(axis=0)
        # as the slopes' own numbers: a linear model then has no spread
        means = [s[:_FIRST_ROWS].mean(axis=0, dtype=np.float64).astype(s.dtype) for s in slopes]
        self.centre = np.array(means, dtype=np.float64)
        sizes = np.array([np.abs(slope[:_FIRST_ROWS]).max(axis=0) for slope in slopes])
        sizes = sizes[sizes > 0]
        if ((sizes < _SQUARED_IN_SINGLE[0]) | (sizes > _SQUARED_IN_SINGLE[1])).any():
            self._precision = np.dtype(np.float64)
        else:
            self._precision = np.result_type(*(slope.dtype for slope in slopes))
        self.kept = np.empty((len(self.kept_y), *self.centre.shape), self._precision)

    def _take(
        self,
        Y: Float[np.ndarray, "n o"],
        slopes: Sequence[Float[np.ndarray, "n m"]],
        rows: Any,
        places: Int[np.ndarray, " kept"],
    ) -> None:
        """Add a chunk, and keep some of its rows at these places."""
        self.largest = np.maximum(self.largest, torch.from_numpy(Y).abs().amax(0).numpy())
        Y = Y - self._centre_y
        self.kept_y[places] = Y[rows]
        all_kept = len(self.kept_y) == self.n
        if not all_kept:
            self._outputs += np.ones(len(Y)) @ Y, np.einsum("no,no->o", Y, Y)
        for k, slope in enumerate(slopes):
            slope = slope.astype(self._precision, copy=False)
            self.kept[places, k] = slope[rows]
            if not all_kept:
                self._add(k, slope)
            if len(self.products):
                transposed = torch.from_numpy(slope).T
                self.products[k] += (transposed @ transposed.T).numpy()

    def _add(self, k: int, slopes: Float[np.ndarray, "n m"]) -> None:
        """Add the slopes of one output, as many rows at a time as stay in cache.

        By torch, whose threads are at work already; a product with ones is its fastest sum.
        """
        rows = torch.from_numpy(slopes)
        centre = torch.from_numpy(self.centre[k]).to(rows.dtype)
        size, slope, square = self._slopes[:, k]
        for some in rows.split(max(1, _CACHE_NUMBERS // rows.shape[1])):
            ones = some.new_ones(len(some))
            held = some.abs()
            size += (ones @ held).numpy()
            slope += (ones @ torch.sub(some, centre, out=held)).numpy()
            square += (ones @ held.mul_(held)).numpy()

    def linearised(self, confidence: float) -> Linearised:
        """Return the means of ``size``, ``slope``, ``slope²``, ``y`` and ``y²``, and statistics.

        The first three have shape ``(o, m)``, the others ``(o, 1)``.
        """
        groups = Groups(len(self.kept), _GROUPS)
        centred = self.kept - self.centre.astype(self.kept.dtype)
        y = self.kept_y[..., None]
        kept = {"size": np.abs(self.kept), "slope": centred, "slope²": centred**2, "y": y}
        kept["y²"] = y**2
        sums = {name: groups.sums(column) for name, column in kept.items()}
        if len(self.kept) == self.n:
            totals = {name: part.sum(axis=0) for name, part in sums.items()}
        else:
            totals = dict(zip(sums, (*self._slopes, *self._outputs[..., None]), strict=True))
        means = {name: total / self.n for name, total in totals.items()}
        return Linearised(means, sums, groups, self.n, confidence)
