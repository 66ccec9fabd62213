from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.bootstrap import Bootstrap
from sensbench.estimator import Estimator, check_interval_options, varying
from sensbench.poincare import NoConstant, poincare_constant
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate


@dataclass(frozen=True)
class Gradient(Estimator):
    """Moments of the exact derivative ∂y/∂x over the inputs' distribution.

    Spends n forward rows and n backward rows per output. DGSM and its use as a bound: Sobol' &
    Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023. Intervals: percentile bootstrap over rows;
    that of a standardised measure includes the uncertainty of σ_y.
    """

    name = "gradient"
    measures = (
        "derivative_mean",
        "derivative_abs",
        "derivative_rms",
        "derivative_std",
        "derivative_mean_standardised",
        "derivative_abs_standardised",
        "derivative_rms_standardised",
        "derivative_std_standardised",
        "dgsm",
        "total_order_bound",
    )
    ranks_by = "derivative_rms_standardised"

    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        return self.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        model = problem.explained
        X = problem.rows(budget // model.rows_per_gradient, rng).X
        Y, J = model.values_and_jacobian(X)
        varies = varying(Y, self.name, problem.outputs)
        interval = Bootstrap(len(X), rng, self.resamples, self.confidence)

        # Centred before squaring: an offset of y must not eat the digits of its variance.
        Y = Y - Y.mean(axis=0)
        sigma_x = problem.sigma()

        def per_sigma_y(
            y: Float[np.ndarray, "..."], y2: Float[np.ndarray, "..."]
        ) -> Float[np.ndarray, "..."]:
            variance = np.where(varies, y2 - y**2, np.nan)[..., None]
            return sigma_x / np.sqrt(variance)

        def spread(
            mean: Float[np.ndarray, "..."], square: Float[np.ndarray, "..."]
        ) -> Float[np.ndarray, "..."]:
            return np.sqrt(np.maximum(square - mean**2, 0.0))

        absolute, square = np.abs(J), J**2
        found: dict[str, Estimate | Absent] = {
            "derivative_mean": interval(lambda j: j, J),
            "derivative_abs": interval(lambda a: a, absolute),
            "derivative_rms": interval(np.sqrt, square),
            "derivative_std": interval(spread, J, square),
            "dgsm": interval(lambda s: s, square),
            "derivative_mean_standardised": interval(
                lambda j, y, y2: j * per_sigma_y(y, y2), J, Y, Y**2
            ),
            "derivative_abs_standardised": interval(
                lambda a, y, y2: a * per_sigma_y(y, y2), absolute, Y, Y**2
            ),
            "derivative_rms_standardised": interval(
                lambda s, y, y2: np.sqrt(s) * per_sigma_y(y, y2), square, Y, Y**2
            ),
            "derivative_std_standardised": interval(
                lambda j, s, y, y2: spread(j, s) * per_sigma_y(y, y2), J, square, Y, Y**2
            ),
        }
        constants = _constants(problem)
        if isinstance(constants, Absent):
            found["total_order_bound"] = constants
        else:
            found["total_order_bound"] = interval(
                lambda s, y, y2: s * constants * (per_sigma_y(y, y2) / sigma_x) ** 2,
                square,
                Y,
                Y**2,
            )
        return found


def _constants(problem: Problem) -> Float[np.ndarray, " d"] | Absent:
    """Poincaré constants of the marginals, or why the bound cannot be given."""
    if problem.uses_rows:
        return Absent(
            "the bound holds for independent inputs with densities; these are rows of data; "
            "inputs='product' with marginals that have densities gives it"
        )
    constants = []
    for name, marginal in zip(problem.space.names, problem.space.marginals, strict=True):
        constant = poincare_constant(marginal)
        if isinstance(constant, NoConstant):
            return Absent(f"input {name!r}: {constant.reason}")
        constants.append(constant)
    return np.array(constants)
