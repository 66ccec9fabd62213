"""What the measures of derivatives are means of, summed over rows that are never all held."""

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
        self.n, self._o, self._columns = n, o, columns
        m = len(columns)
        self.kept_y = np.empty((min(n, max(_FEWEST, min(_KEPT, _KEPT_BYTES // (8 * o * m)))), o))
        self.kept: Float[np.ndarray, "kept o m"] = np.empty((0, o, m))
        # size, centred slope and its square; centred output and its square
        self._slopes, self._outputs = np.zeros((3, o, m)), np.zeros((2, o))
        self.products = np.zeros((o, m, m) if products else (0, m, m))
        self.centre = np.zeros((o, m))
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
                    self.first, self._centre_y = Y[0], Y[:_FIRST_ROWS].mean(axis=0)
                    self.kept = np.empty((count, *self._slopes.shape[1:]), slopes[0].dtype)
                    for k, slope in enumerate(slopes):
                        # as the slopes' own numbers: a linear model then has no spread
                        mean = slope[:_FIRST_ROWS].mean(axis=0, dtype=np.float64)
                        self.centre[k] = mean.astype(slope.dtype)
                upto = int(np.searchsorted(chosen, start + len(Y)))
                every = upto - taken == len(Y)
                rows = slice(None) if every else chosen[taken:upto] - start
                to = places[taken:upto]
                self.largest = np.maximum(self.largest, torch.from_numpy(Y).abs().amax(0).numpy())
                Y = Y - self._centre_y
                self.kept_y[to] = Y[rows]
                if count < self.n:
                    self._outputs += np.ones(len(Y)) @ Y, np.einsum("no,no->o", Y, Y)
                for k, slope in enumerate(slopes):
                    self.kept[to, k] = slope[rows]
                    if count < self.n:
                        self._add(k, slope)
                    if len(self.products):
                        rows_of_slopes = torch.from_numpy(slope)
                        self.products[k] += (rows_of_slopes.T @ rows_of_slopes).numpy()
                start, taken = start + len(Y), upto

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
