from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class InputXGradient(Attribution):
    """Input × gradient x_i·∂f/∂x_i at the rows, averaged over them.

    Spends n forward rows and n backward rows per output (Shrikumar et al. 2016,
    doi:10.48550/arXiv.1605.01713). For a linear model β_i·x_i: the answer depends on where an
    input's scale has its zero.

    Intervals: Student's, by the delta method over up to 128 groups of rows. Inputs that take
    separate values only, and groups, have no slope.
    """

    name = "input_x_gradient"
    measures = measures_of(name)
    ranks_by = "input_x_gradient_abs_standardised"
    needs = Needs("either", gradient=True, groups="one feature", minimum_rows=8,
                  cost=Cost(1, per_output=1))  # fmt: skip

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def _rows_for_each(self, problem: Problem) -> int:
        return problem.explained.rows_per_gradient

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            Y, J = problem.explained.values_and_jacobian(X, columns.tolist())
            return Attributed(Y, J[:, :, columns] * X[:, None, columns])

        return attribute, ""
