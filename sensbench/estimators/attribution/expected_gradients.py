from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._draws import check_samples, quarter_means, stratified
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution
from sensbench.estimators.attribution._slopes import weighted_slopes
from sensbench.estimators.attribution._sums import AttributionSums
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class ExpectedGradients(Attribution):
    """Expected gradients (GradientSHAP): integrated gradients from random rows, averaged.

    E[(x_i - b_i)·∂f/∂x_i(b + α(x - b))] over baselines b drawn like the rows and α uniform on
    (0, 1) (Erion et al. 2021, doi:10.1038/s42256-021-00343-w). Spends, for each of n rows, one
    forward row, and a forward row and a backward row per output for every draw. What the draws of
    a row leave open makes mean |φ| and rms φ too large; that is taken off, by the differences
    between quarters of the draws, and what may be left of it is in the interval of mean |φ|. A
    note says by how much a row's attributions fail to add up to f(x) - E f, which is the error of
    its draws.

    Intervals: Student's, by the delta method over up to 128 groups of rows. Inputs that take
    separate values only, and groups, have no slope: they stay at the row's values.

    Parameters
    ----------
    samples
        Draws for each row: a multiple of 4.
    """

    name = "expected_gradients"
    measures = measures_of(name)
    ranks_by = "expected_gradients_abs_standardised"

    samples: int = 40
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        check_samples(self.name, self.samples)

    @property
    def needs(self) -> Needs:
        """Rows, and the draws for each of them."""
        cost = Cost(self.samples + 1, per_output=self.samples)
        return Needs("either", gradient=True, groups="one feature", minimum_rows=8, cost=cost)

    def _rows_for_each(self, problem: Problem) -> int:
        return self.samples * problem.explained.rows_per_gradient + 1

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        model, weights = problem.explained, quarter_means(self.samples)
        all_move = not problem.space.without_derivative

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            n = len(X)
            drawn = _like_the_rows(problem, self.samples * n, rng).reshape(self.samples, n, -1)
            alpha = stratified(self.samples, n, rng)[..., None]
            way = np.zeros_like(drawn)
            way[..., columns] = (X - drawn)[..., columns]
            path = (X - (1 - a) * w for a, w in zip(alpha, way, strict=True))
            quarters = weighted_slopes(model, path, weights, columns, way[..., columns])
            Y = model(X)
            # of inputs that stay, E f is another one for every row
            return Attributed(Y, quarters.mean(axis=0), quarters, Y if all_move else None)

        return attribute, f"{self.samples} random rows for each row"

    def _complete(self, sums: AttributionSums, problem: Problem) -> str:
        return sums.completeness("f(x) - E f", centred=True)


def _like_the_rows(problem: Problem, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n d"]:
    """Return rows that come as often as those explained: draws, or any rows of the data."""
    if problem.uses_rows and problem.data is not None:
        return problem.data.X[rng.integers(len(problem.data), size=n)]
    return problem.drawn_from.sample(n, rng)
