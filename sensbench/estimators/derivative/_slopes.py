"""What the measures of derivatives are means of, summed over rows that are never all held."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sensbench.estimator.bootstrap import RUN, RowGroups
from sensbench.estimator.linearised import GROUPS, Linearised
from sensbench.estimator.tails import (
    LargestOf,
    SquaredTail,
    largest_kept,
    tail_of_squares,
    tail_shape,
    unseen,
    unseen_of_squares,
)
from sensbench.inputs.rows import even
from sensbench.inputs.stein import SteinKernel, weights_of
from sensbench.model.model import Model
from sensbench.problem.problem import Problem

_CHUNK_BYTES, _CACHE_NUMBERS = 2**24, 2**18
# RowGroups' sums may take so much memory; then there are fewer groups, but no fewer than these.
_SUMS_BYTES, _FEWEST = 2**26, 16
# Smaller slopes have squares that single precision cannot hold.
_SQUARED_IN_SINGLE = 1e-16
# What slopes are centred at: the mean of a few rows, not one, which may lie far out.
_FIRST_ROWS = 256


class SlopeSums:
    """One pass over the rows: every derivative measure is a function of these sums.

    Sums over groups of rows, which say how the means vary; the rows come in random order. Slopes
    and outputs are centred before squaring, at the mean of the first rows: a large mean must not
    eat the digits of a small spread.

    Parameters
    ----------
    problem, n
        The model and how many of its rows.
    columns
        The columns to differentiate by.
    rng
        Which rows.
    batches
        Over how many batches of groups slopes by different inputs are multiplied, too: what an
        active subspace needs. None by default.
    kernels
        The weight of each column's slopes for ``weighted`` means, of mean 1; none by default.
    curvature
        Whether each row's slopes are followed by its second derivatives, exact ones: ∂²f/∂x_i∂x_j
        for i ≤ j, row by row of the matrix's upper triangle.

    Attributes
    ----------
    centre
        What the slopes are centred at.
    largest, first
        Largest size and first value of each output.
    batch_sizes
        Rows in each batch.
    products
        For each batch and output, Σ ∇f ∇fᵀ.
    """

    def __init__(
        self,
        problem: Problem,
        n: int,
        columns: Int[np.ndarray, " m"],
        rng: np.random.Generator,
        *,
        batches: int = 0,
        kernels: Sequence[SteinKernel] = (),
        curvature: bool = False,
    ):
        model, m = problem.explained, len(columns)
        self._columns, self._curvature = columns, curvature
        held = model.d * (1 + m) if curvature else model.d
        most = max(1, min(model.chunk_rows, _CHUNK_BYTES // (8 * held * model.o)))
        m = m + m * (m + 1) // 2 if curvature else m
        fit = max(_FEWEST, _SUMS_BYTES // (3 * 8 * model.o * m))
        self.groups = RowGroups(n, min(GROUPS, fit), min(RUN, most))
        # size, centred slope, its square and, with kernels, the slope times its weight; centred
        # output and its square
        self._kernels = () if all(kernel.is_constant for kernel in kernels) else tuple(kernels)
        kinds = 4 if self._kernels else 3
        self._slopes = np.zeros((len(self.groups), kinds, model.o, m))
        self._outputs = np.zeros((len(self.groups), 2, model.o))
        self.centre = np.zeros((model.o, m))
        self.largest, self.first, self._centre_y = (np.zeros(model.o) for _ in range(3))
        count = min(batches, len(self.groups))
        self._batches = np.arange(count) * len(self.groups) // max(count, 1)
        self.batch_sizes = np.add.reduceat(self.groups.sizes, self._batches)
        self.products = np.zeros((count, model.o, m, m))
        self._largest = LargestOf((model.o, m), largest_kept(n), random=n)
        self._tail_y = SquaredTail(model.o, n)
        runs = min(-(-even(n, most) // self.groups.run), most // self.groups.run)
        self._look(problem, n, runs, rng)

    def _look(self, problem: Problem, n: int, runs: int, rng: np.random.Generator) -> None:
        """Evaluate and differentiate the rows, a chunk of so many runs after the other."""
        model, start = problem.explained, 0
        weights: deque[Float[np.ndarray, "_ m"] | None] = deque()

        def chunks() -> Iterator[Float[np.ndarray, "_ d"]]:
            for rows in problem.rows_in_chunks(n, runs * self.groups.run, rng):
                weights.append(
                    weights_of(self._kernels, rows.X, self._columns) if self._kernels else None
                )
                yield rows.X

        with model.many_calls():
            for Y, slopes in self._differentiated(model, chunks()):
                if start == 0:
                    self.first, self._centre_y = Y[0], Y[:_FIRST_ROWS].mean(axis=0)
                    # as the slopes' own numbers: a linear model then has no spread
                    self.centre = np.array(
                        [
                            slope[:_FIRST_ROWS].mean(axis=0, dtype=np.float64).astype(slope.dtype)
                            for slope in slopes
                        ],
                        dtype=np.float64,
                    )
                self._add_outputs(torch.from_numpy(Y), start)
                of_rows = weights.popleft()
                for k, slope in enumerate(slopes):
                    self._add_slopes(k, torch.from_numpy(slope), of_rows, start)
                start += len(Y)

    def _differentiated(
        self, model: Model, chunks: Iterable[Float[np.ndarray, "_ d"]]
    ) -> Iterator[tuple[Float[np.ndarray, "_ o"], list[Float[np.ndarray, "_ m"]]]]:
        """Yield the outputs and each output's derivatives for a chunk of rows after the other."""
        columns = self._columns.tolist()
        if not self._curvature:
            for Y, slopes in model.values_and_slopes(chunks, columns):
                few = len(columns) < model.d
                yield Y, [slope[:, columns] for slope in slopes] if few else slopes
            return
        i, j = np.triu_indices(len(columns))
        for X in chunks:
            Y, J, H = model.values_and_curvatures(X, columns)
            both = np.concatenate([J, H[:, :, i, j]], axis=2)
            yield Y, [np.ascontiguousarray(both[:, k]) for k in range(model.o)]

    def _add_outputs(self, Y: Float[Tensor, "n o"], start: int) -> None:
        self.largest = np.maximum(self.largest, Y.abs().amax(0).numpy())
        centred = Y - torch.from_numpy(self._centre_y)
        runs = [self.groups.runs(column) for column in (centred, centred**2)]
        self.groups.add(self._outputs, torch.stack(runs, 1).numpy(), start)
        self._tail_y.add(centred.numpy())

    def _add_slopes(
        self,
        k: int,
        slopes: Float[Tensor, "n m"],
        weights: Float[np.ndarray, "n m"] | None,
        start: int,
    ) -> None:
        """Add the slopes of one output: in double precision, where single does not hold them."""
        runs = self._runs(k, slopes, weights)
        sizes = runs[:, 0]
        tiny = (sizes > 0) & (sizes < _SQUARED_IN_SINGLE * self.groups.run)
        if slopes.dtype != torch.float64 and (not np.isfinite(runs).all() or tiny.any()):
            slopes = slopes.double()
            runs = self._runs(k, slopes, weights)
        self.groups.add(self._slopes[:, :, k], runs, start)
        self._largest.add(k, slopes.numpy(), sizes=True)
        if len(self.products):
            self._add_products(k, slopes, start)

    def _runs(
        self, k: int, slopes: Float[Tensor, "n m"], weights: Float[np.ndarray, "n m"] | None
    ) -> Float[np.ndarray, "runs kinds m"]:
        """Return the runs' sums of all that is averaged, of so many rows as stay in cache."""
        centre = torch.from_numpy(self.centre[k]).to(slopes.dtype)
        run, parts = self.groups.run, []
        step = max(1, _CACHE_NUMBERS // slopes.shape[1] // run) * run
        for start, rows in enumerate(slopes.split(step)):
            held = rows.abs()
            sums = [self.groups.runs(held)]
            sums.append(self.groups.runs(torch.sub(rows, centre, out=held)))
            weighted = []
            if weights is not None:
                some = torch.from_numpy(weights[start * step : start * step + len(rows)])
                weighted.append(self.groups.runs(some.to(rows.dtype).mul_(held)))
            sums += [self.groups.runs(held.mul_(held)), *weighted]
            parts.append(torch.stack(sums, 1))
        return (parts[0] if len(parts) == 1 else torch.cat(parts)).double().numpy()

    def _add_products(self, k: int, slopes: Float[Tensor, "n m"], start: int) -> None:
        end = 0
        for products, size in zip(self.products[:, k], self.batch_sizes, strict=True):
            begin, end = end, end + size
            rows = slopes[max(begin - start, 0) : max(end - start, 0)]
            if len(rows):
                added = rows.T @ rows
                if not added.isfinite().all():  # more rows than in a run, and not centred
                    added = rows.double().T @ rows.double()
                products += added.numpy()

    def batch_squares(self) -> Float[np.ndarray, "batches o"]:
        """Return each batch's sum of the outputs' squared deviations from their means."""
        y, square = np.add.reduceat(self._outputs, self._batches).swapaxes(0, 1)
        mean = y.sum(axis=0) / self.groups.sizes.sum()
        return np.asarray(square - 2 * mean * y + mean**2 * self.batch_sizes[:, None])

    @cached_property
    def _sizes(self) -> Float[np.ndarray, "o m count"]:
        return self._largest.kept

    @cached_property
    def tails(self) -> dict[str, Float[np.ndarray, "o _"]]:
        """How heavy the tails are of the slopes' sizes and squares, and of y's squares."""
        # fits cost more than the derivatives of few rows: once, when all rows were seen
        return {
            "size": tail_shape(self._sizes, 0.0),
            "slope²": tail_of_squares(self._sizes, 0.0),
            "y²": self._tail_y.shape[:, None],
        }

    def unseen(self) -> dict[str, Float[np.ndarray, "o _"]]:
        """Return by how much their means may be too small for rows that were not met."""
        sizes, n, tails = self._sizes, int(self.groups.sizes.sum()), self.tails
        return {
            "size": unseen(sizes, tails["size"], n),
            "slope²": unseen_of_squares(sizes, tails["slope²"], n),
            "y²": self._tail_y.unseen[:, None],
        }

    def linearised(self, confidence: float) -> Linearised:
        """Return the means of ``size``, ``slope``, ``slope²``, ``y`` and ``y²``, and statistics.

        The first three have shape ``(o, m)``, the others ``(o, 1)``. Where weights differ from row
        to row, ``weighted`` is the mean of centred slopes times theirs, ``(o, m)``.
        """
        columns = (*self._slopes.swapaxes(0, 1), *self._outputs.swapaxes(0, 1)[..., None])
        names = ("size", "slope", "slope²", *(("weighted",) if self._kernels else ()), "y", "y²")
        sums = dict(zip(names, columns, strict=True))
        return Linearised(sums, self.groups, confidence)
