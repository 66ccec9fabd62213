from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.bootstrap import Bootstrap, Means, centred, variance
from sensbench.estimator import Estimator, check_interval_options, varying
from sensbench.poincare import NoConstant, poincare_constant
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate


@dataclass(frozen=True)
class Gradient(Estimator):
    """Moments of the derivative ∂y/∂x over the inputs' distribution, exact for torch models.

    Spends n forward rows and n backward rows per output. DGSM and its use as a bound: Sobol' &
    Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023. Intervals: percentile bootstrap over rows;
    that of a standardised measure includes the uncertainty of σ_y.

    Inputs that take separate values only, and groups of inputs, have no derivative: their values
    are NaN, and a note names them.
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
    groups = True

    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        return self.minimum_rows * problem.explained.rows_per_gradient

    def inapplicable(self, problem: Problem) -> Mapping[str, str]:
        return problem.space.without_derivative()

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        model = problem.explained
        X = problem.rows(budget // model.rows_per_gradient, rng).X
        applies, columns = _differentiable(problem)
        Y, J = model.values_and_jacobian(X, features=columns.tolist())
        varies = varying(Y, self.name, problem.outputs)
        J = J[:, :, columns]
        interval = Bootstrap(
            {
                "slope": J,
                "size": np.abs(J),
                "square": J**2,
                **centred("slope", J),
                **centred("y", Y),
            },
            rng,
            self.resamples,
            self.confidence,
        )
        sigma_x = problem.sigma()[columns]

        def variance_y(m: Means) -> Float[np.ndarray, "..."]:
            return np.where(varies, variance(m, "y"), np.nan)[..., None]

        def scale(m: Means) -> Float[np.ndarray, "..."]:
            return sigma_x / np.sqrt(variance_y(m))

        def spread(m: Means) -> Float[np.ndarray, "..."]:
            return np.sqrt(variance(m, "slope"))

        found: dict[str, Estimate | Absent] = {
            "derivative_mean": interval(lambda m: m["slope"]),
            "derivative_abs": interval(lambda m: m["size"]),
            "derivative_rms": interval(lambda m: np.sqrt(m["square"])),
            "derivative_std": interval(spread),
            "derivative_mean_standardised": interval(lambda m: m["slope"] * scale(m)),
            "derivative_abs_standardised": interval(lambda m: m["size"] * scale(m)),
            "derivative_rms_standardised": interval(lambda m: np.sqrt(m["square"]) * scale(m)),
            "derivative_std_standardised": interval(lambda m: spread(m) * scale(m)),
            "dgsm": interval(lambda m: m["square"]),
        }
        constants = _constants(problem, columns)
        if isinstance(constants, Absent):
            found["total_order_bound"] = constants
        else:
            found["total_order_bound"] = interval(lambda m: constants * m["square"] / variance_y(m))

        def at_features(values: Float[np.ndarray, "o m"]) -> Float[np.ndarray, "o d"]:
            full = np.full((len(values), problem.d), np.nan)
            full[:, applies] = values
            return full

        return {
            name: item.map(at_features) if isinstance(item, Estimate) else item
            for name, item in found.items()
        }


def _differentiable(
    problem: Problem,
) -> tuple[Bool[np.ndarray, " d"], Int[np.ndarray, " m"]]:
    """Return which features have a derivative, and the column of each of these."""
    skipped = problem.space.without_derivative()
    applies = np.array([name not in skipped for name in problem.features])
    first = np.array([block[0] for block in problem.space.blocks])
    return applies, first[applies]


def _constants(
    problem: Problem, columns: Int[np.ndarray, " m"]
) -> Float[np.ndarray, " m"] | Absent:
    """Poincaré constants of the columns' marginals, or why the bound cannot be given."""
    if problem.uses_rows:
        return Absent(
            "the bound holds for independent inputs with densities; these are rows of data; "
            "inputs='product' with marginals that have densities gives it"
        )
    constants = []
    for i in columns:
        constant = poincare_constant(problem.space.marginals[i])
        if isinstance(constant, NoConstant):
            return Absent(f"input {problem.space.columns[i]!r}: {constant.reason}")
        constants.append(constant)
    return np.array(constants)
