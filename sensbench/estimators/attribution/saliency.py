from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators.derivative.gradient import Gradient
from sensbench.problem.problem import Problem


class _OfSlopes(Gradient):
    """The gradient's moments, which speak as those of the saliency."""

    name = "saliency"


@dataclass(frozen=True)
class Saliency(Estimator):
    """Mean size of the slope ∂y/∂x at the rows: saliency, averaged over them.

    Spends n forward rows and n backward rows per output. The numbers are those of ``gradient``,
    which has more of them; here inputs are ranked by mean |∂y/∂x|·σ_x/σ_y, as the maps of Simonyan
    et al. 2013, doi:10.48550/arXiv.1312.6034, are drawn, and not by the root mean square.

    Intervals are the gradient's. Inputs that take separate values only, and groups, have no slope.
    """

    name = "saliency"
    measures = (
        "derivative_abs",
        "derivative_mean",
        "derivative_rms",
        "derivative_abs_standardised",
        "derivative_mean_standardised",
        "derivative_rms_standardised",
    )
    ranks_by = "derivative_abs_standardised"
    needs = Gradient.needs

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        return self._slopes.minimum_budget(problem)

    @property
    def _slopes(self) -> _OfSlopes:
        return _OfSlopes(confidence=self.confidence)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        found = self._slopes._estimate(problem, budget, rng)
        return {name: found[name] for name in self.measures}
