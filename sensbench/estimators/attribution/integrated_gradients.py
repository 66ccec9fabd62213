from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from sensbench.errors import require
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._baseline import Given, as_given, baseline_of
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution, starts
from sensbench.estimators.attribution._slopes import weighted_slopes
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class IntegratedGradients(Attribution):
    """Integrated gradients from a baseline to the rows, averaged over them.

    (x_i - b_i)·∫ ∂f/∂x_i(b + α(x - b)) dα, by Gauss and Legendre's rule (Sundararajan, Taly & Yan
    2017, doi:10.48550/arXiv.1703.01365). Spends, for each of n rows, one forward row, and a forward
    row and a backward row per output for every step; and one row for the baseline. A note says by
    how much the attributions fail to add up to f(x) - f(b): that is the error of the steps.

    Intervals: Student's, by the delta method over up to 128 groups of rows. Inputs that take
    separate values only, and groups, have no slope: they stay at the row's values along the way.

    Parameters
    ----------
    steps
        Points of the path; kinks of the model (ReLU) need more of them than curves do.
    baseline
        ``"mean"`` of the rows or the law, ``"zero"``, or one number per input.
    """

    name = "integrated_gradients"
    measures = measures_of(name)
    ranks_by = "integrated_gradients_abs_standardised"

    steps: int = 32
    baseline: Given = "mean"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        object.__setattr__(self, "baseline", as_given(self.name, self.baseline))
        whole = isinstance(self.steps, int) and not isinstance(self.steps, bool)
        require(whole and self.steps >= 1, self.name, "steps >= 1", self.steps)

    @property
    def needs(self) -> Needs:
        """Rows, the path to each of them, and the baseline."""
        cost = Cost(self.steps + 1, per_output=self.steps, extra=1)
        return Needs("either", gradient=True, groups="one feature", minimum_rows=8, cost=cost)

    def _rows_for_each(self, problem: Problem) -> int:
        # where some inputs stay as they are, every row has a baseline of its own
        own = 1 if problem.space.without_derivative else 0
        return self.steps * problem.explained.rows_per_gradient + 1 + own

    def _rows_once(self, problem: Problem) -> int:
        return 0 if problem.space.without_derivative else 1

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        model, baseline = problem.explained, baseline_of(problem, self.baseline, self.name)
        nodes, weights = special.roots_legendre(self.steps)
        # from the rows towards the baseline: there the points are as far apart as the rows
        nodes, weights = (nodes[::-1] + 1) / 2, weights[None, ::-1] / 2
        at_baseline: list[Float[np.ndarray, "_ o"]] = []

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            Y, B = model(X), starts(X, baseline.row, columns)
            way = X - B
            path = (B + alpha * way for alpha in nodes)
            (mean,) = weighted_slopes(model, path, weights, columns)
            # after real rows: the model is checked on the first that it is given
            if problem.space.without_derivative or not at_baseline:
                at_baseline[:] = [model(B if problem.space.without_derivative else B[:1])]
            change = Y - at_baseline[0]
            return Attributed(Y, mean * way[:, None, columns], change=change)

        return attribute, baseline.said
