"""Methods that need rows with their outputs and nothing else of the model."""

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.problem.problem import Problem


class GivenRows(Estimator):
    """An estimator of rows and outputs, whatever the rows were drawn from.

    Spends n rows: as many as the budget pays for, real ones where the problem has them. Without
    a model it takes the measured targets, which cost no row of a model.
    """

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        rows = problem.sample(budget, rng, of="model" if problem.model else "targets")
        varies = varying(rows.outputs, self.name, problem.outputs)
        return self._from_rows(problem, rows.X, rows.outputs, varies, rng)

    @abstractmethod
    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        """Compute every declared measure; outputs that do not vary are undefined (NaN)."""
