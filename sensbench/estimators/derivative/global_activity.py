from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_confidence
from sensbench.estimator.linearised import quantile
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import few_said
from sensbench.estimator.varying import varying
from sensbench.estimators._exchange import NOTHING, exchanged
from sensbench.estimators._widths import RowsTail, carried_by_few, settled
from sensbench.estimators.derivative._applicable import at_features, differentiable
from sensbench.problem.problem import Problem

_BLOCK = 2**12
# The jackknife leaves each of so many batches of points out in turn.
_BATCHES = 32


@dataclass(frozen=True)
class GlobalActivity(Estimator):
    """Activity scores from changes of any length instead of derivatives: each input's part in C.

    Spends n(d + 1) rows. From each of n random points z every input changes, alone, to its value
    at another point v: D_i = (f(v_i, z_~i) - f(z))/(v_i - z_i), in standard deviations of the
    input and of f. C = E[D Dᵀ] has eigenvalues λ_j and eigenvectors u_j, and the score of an
    input is γ_i = Σ_j λ_j u_ij² over the first ``dimension`` of them, by default all: then it is
    E[D_i²]. It needs no derivative; for a linear model it is S_T. Yue & Ökten 2023,
    arXiv:2304.14142, and the README of the authors' code.

    Intervals: the jackknife over 32 batches of points with Student's quantile, longer by what
    points that were not met may add; none where a few points decide the value, as at jumps, where
    the mean of D_i² is infinite.
    """

    name = "global_activity"
    measures = ("global_activity_score",)
    ranks_by = "global_activity_score"
    needs = Needs("design", "independent", minimum_rows=_BATCHES, cost=Cost(1, per_feature=1))

    dimension: int | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        whole = isinstance(self.dimension, int) and not isinstance(self.dimension, bool)
        require(
            self.dimension is None or (whole and self.dimension >= 1),
            self.name, "dimension as None, for all directions, or 1 or more", self.dimension,
        )  # fmt: skip

    def inapplicable(self, problem: Problem) -> Mapping[str, str]:
        """Return the features of separate values: what they change per unit is no slope."""
        return problem.space.without_derivative

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        n = budget // (problem.d + 1)
        applies, columns = differentiable(problem)
        u = rng.random((n, 2, problem.space.d))
        Y, slopes = np.empty((n, problem.o)), np.empty((n, problem.o, len(columns)))
        sigma_x = problem.space.std()[columns]
        with problem.explained.many_calls():
            for start in range(0, n, _BLOCK):
                some = slice(start, start + _BLOCK)
                Y[some], slopes[some] = _changes(problem, u[some], columns)
        slopes *= sigma_x
        varies = varying(Y, self.name, problem.outputs)
        squares = (Y - Y.mean(axis=0)) ** 2
        value, half = self._scores(slopes, squares)
        value[~varies] = half[~varies] = np.nan
        spread, of_slopes, of_y = squares.mean(axis=0), RowsTail(slopes**2), RowsTail(squares)
        spread = np.where(varies, spread, np.nan)[:, None]
        found = Estimate(
            value, np.maximum(value - half, 0.0), value + half,
            interval=Interval(self.confidence, "jackknife", DESIGN),
        )  # fmt: skip
        found = found.with_unseen(
            value / (1 + of_y.not_met[:, None] / spread), value + of_slopes.not_met / spread
        )
        few = carried_by_few(slopes**2) | carried_by_few(squares[..., None])
        tail = np.fmax(of_slopes.heaviness, of_y.heaviness[:, None])
        names = [problem.features[i] for i in np.flatnonzero(applies).tolist()]
        found = settled(found, few, tail).noted(few_said(few, names))
        return at_features({"global_activity_score": found}, applies)

    def _scores(
        self, slopes: Float[np.ndarray, "n o m"], squares: Float[np.ndarray, "n o"]
    ) -> tuple[Float[np.ndarray, "o m"], Float[np.ndarray, "o m"]]:
        """Return the scores, and half the widths of their intervals."""
        n, o, m = slopes.shape
        starts = np.arange(_BATCHES) * n // _BATCHES
        of_y = np.add.reduceat(squares, starts, axis=0)
        value, half = np.empty((o, m)), np.empty((o, m))
        by = quantile(_BATCHES, self.confidence)
        for k in range(o):
            if self.dimension is None or self.dimension >= m:
                of_batch = np.add.reduceat(slopes[:, k] ** 2, starts, axis=0)
                whole = of_batch.sum(axis=0)
                scores = [whole, *(whole - one for one in of_batch)]
            else:
                rows = np.split(slopes[:, k], starts[1:])
                products = np.array([part.T @ part for part in rows])
                whole = products.sum(axis=0)
                scores = [self._leading(C) for C in (whole, *(whole - one for one in products))]
            over = of_y[:, k].sum() - np.array([0.0, *of_y[:, k]])
            scaled = np.array(scores) / np.where(over > 0, over, np.nan)[:, None]
            value[k], without = scaled[0], scaled[1:]
            deviation = without - without.mean(axis=0)
            half[k] = by * np.sqrt((deviation**2).sum(axis=0) * (_BATCHES - 1) / _BATCHES)
        return value, half

    def _leading(self, C: Float[np.ndarray, "m m"]) -> Float[np.ndarray, " m"]:
        """Return the scores of the first directions."""
        eigenvalues, U = np.linalg.eigh(C)
        first = slice(len(C) - int(self.dimension or len(C)), None)
        return np.asarray(U[:, first] ** 2 @ np.maximum(eigenvalues[first], 0.0))


def _changes(
    problem: Problem, u: Float[np.ndarray, "n 2 d"], columns: Int[np.ndarray, " m"]
) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o m"]]:
    """Return the outputs of points, and by how much each input's change moves them per unit."""
    start, end = (problem.space.from_unit(u[:, k]) for k in (0, 1))
    steps = ((columns[j : j + 1], end[:, columns[j : j + 1]]) for j in range(len(columns)))
    rows = exchanged(problem.explained, start, [(NOTHING, start[:, :0]), *steps])
    Y = next(rows)
    slopes = np.empty((*Y.shape, len(columns)))
    for j, after in enumerate(rows):
        step = (end - start)[:, columns[j : j + 1]]
        # a change of no length moves nothing
        slopes[:, :, j] = (after - Y) / np.where(step == 0, np.inf, step)
    return Y, slopes
