from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import require
from sensbench.estimator.interval import check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators.attribution._draws import check_samples, quarter_means
from sensbench.estimators.attribution._rows import Attribute, Attributed, Attribution
from sensbench.estimators.attribution._slopes import weighted_slopes
from sensbench.measure.attribution import measures_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class SmoothGrad(Attribution):
    """SmoothGrad: slopes averaged over noise around each row, then over the rows.

    E[∂f/∂x_i(x + ε)], ε normal with ``noise`` standard deviations of every input (Smilkov et al.
    2017, doi:10.48550/arXiv.1706.03825, who take .1 to .2 of the range of the inputs). Spends, for
    each of n rows, one forward row, and a forward row and a backward row per output for every draw.
    What the draws of a row leave open makes mean |φ| and rms φ too large; that is taken off, by the
    differences between quarters of the draws. Noise leaves the rows' support: a model that is not
    defined beyond it fails, with a message.

    Intervals: Student's, by the delta method over up to 128 groups of rows. Inputs that take
    separate values only, and groups, have no slope, and no noise.

    Parameters
    ----------
    noise
        Standard deviation of the noise, in standard deviations of the input.
    samples
        Draws for each row: a multiple of 4.
    """

    name = "smooth_grad"
    measures = measures_of(name)
    ranks_by = "smooth_grad_abs_standardised"

    noise: float = 0.5
    samples: int = 20
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        check_samples(self.name, self.samples)
        number = isinstance(self.noise, int | float) and not isinstance(self.noise, bool)
        require(number and 0 < self.noise < np.inf, self.name, "noise > 0", self.noise)

    @property
    def needs(self) -> Needs:
        """Rows, and the draws around each of them."""
        cost = Cost(self.samples + 1, per_output=self.samples)
        return Needs("either", gradient=True, groups="one feature", minimum_rows=8, cost=cost)

    def _rows_for_each(self, problem: Problem) -> int:
        return self.samples * problem.explained.rows_per_gradient + 1

    def _scale(self, problem: Problem, columns: Int[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        return problem.sigma()[columns]

    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        model, weights = problem.explained, quarter_means(self.samples)
        spread = np.zeros(problem.space.d)
        spread[columns] = self.noise * problem.sigma()[columns]

        def attribute(X: Float[np.ndarray, "n d"]) -> Attributed:
            noisy = (X + spread * rng.normal(size=X.shape) for _ in range(self.samples))
            quarters = weighted_slopes(model, noisy, weights, columns)
            return Attributed(model(X), quarters.mean(axis=0), quarters)

        return attribute, ""
