from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.bootstrap import Bootstrap, Groups, Means, variance_of
from sensbench.estimator import Estimator, check_interval_options, outputs_that_vary
from sensbench.poincare import NoConstant, poincare_constant
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate

_CHUNK_BYTES, _CACHE_BYTES = 2**25, 2**18


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
        applies, columns = _differentiable(problem)
        n = budget // problem.explained.rows_per_gradient
        if problem.uses_rows and problem.data is not None:
            n = min(n, len(problem.data))
        seen = _Seen(n, problem.o, columns)
        seen.look(problem, rng)
        interval = Bootstrap.of_sums(seen.sums, seen.groups, rng, self.resamples, self.confidence)
        varies = outputs_that_vary(
            np.sqrt(variance_of(interval.means, "y")),
            seen.largest,
            seen.first,
            n,
            self.name,
            problem.outputs,
        )
        sigma_x = problem.sigma()[columns]

        def variance_y(m: Means) -> Float[np.ndarray, "..."]:
            return np.where(varies, variance_of(m, "y"), np.nan)[..., None]

        def scale(m: Means) -> Float[np.ndarray, "..."]:
            return sigma_x / np.sqrt(variance_y(m))

        def mean(m: Means) -> Float[np.ndarray, "..."]:
            return m["slope"] + seen.centre

        def spread(m: Means) -> Float[np.ndarray, "..."]:
            return np.sqrt(variance_of(m, "slope"))

        def square(m: Means) -> Float[np.ndarray, "..."]:
            return variance_of(m, "slope") + mean(m) ** 2

        found: dict[str, Estimate | Absent] = {
            "derivative_mean": interval(mean),
            "derivative_abs": interval(lambda m: m["size"]),
            "derivative_rms": interval(lambda m: np.sqrt(square(m))),
            "derivative_std": interval(spread),
            "derivative_mean_standardised": interval(lambda m: mean(m) * scale(m)),
            "derivative_abs_standardised": interval(lambda m: m["size"] * scale(m)),
            "derivative_rms_standardised": interval(lambda m: np.sqrt(square(m)) * scale(m)),
            "derivative_std_standardised": interval(lambda m: spread(m) * scale(m)),
            "dgsm": interval(square),
        }
        constants = _constants(problem, columns)
        if isinstance(constants, Absent):
            found["total_order_bound"] = constants
        else:
            found["total_order_bound"] = interval(lambda m: constants * square(m) / variance_y(m))

        def at_features(values: Float[np.ndarray, "o m"]) -> Float[np.ndarray, "o d"]:
            full = np.full((len(values), problem.d), np.nan)
            full[:, applies] = values
            return full

        return {
            name: item.map(at_features) if isinstance(item, Estimate) else item
            for name, item in found.items()
        }


class _Seen:
    """Sums over groups of rows of what the measures are means of; the rows are not held.

    Slopes and outputs are centred before squaring, at the mean of the first chunk of rows: a large
    mean must not eat the digits of a small spread.

    Attributes
    ----------
    groups
        Of rows.
    centre
        What the slopes are centred at.
    largest, first
        Largest size and first value of each output.
    """

    def __init__(self, n: int, o: int, columns: Int[np.ndarray, " m"]):
        self._n, self._columns = n, columns
        self.groups = Groups(n)
        # size, centred slope and its square; centred output and its square
        self._slopes = np.zeros((o, len(self.groups), 3, len(columns)))
        self._outputs = np.zeros((len(self.groups), 2, o))
        self.centre = np.zeros((o, len(columns)))
        self.largest, self.first, self._centre_y = (np.zeros(o) for _ in range(3))

    @property
    def sums(self) -> dict[str, Float[np.ndarray, "groups ..."]]:
        """The sums by name: ``size``, ``slope``, ``slope²``, ``y`` and ``y²``."""
        slopes = np.moveaxis(self._slopes, 0, 2)
        return {
            **{name: slopes[:, i] for i, name in enumerate(("size", "slope", "slope²"))},
            **{name: self._outputs[:, i] for i, name in enumerate(("y", "y²"))},
        }

    def look(self, problem: Problem, rng: np.random.Generator) -> None:
        """Evaluate and differentiate the rows, a chunk after the other."""
        model = problem.explained
        most = min(model.chunk_rows, _CHUNK_BYTES // (8 * model.d * model.o))
        step = self.groups.rows(most)
        chunks = (rows.X for rows in problem.rows_in_chunks(self._n, step, rng))
        start = 0
        with model.many_calls():
            for Y, slopes in model.values_and_slopes(chunks, self._columns.tolist()):
                if start == 0:
                    self.first, self._centre_y = Y[0], Y.mean(axis=0)
                    for k, slope in enumerate(slopes):
                        # as the slopes' own numbers: a linear model then has no spread
                        self.centre[k] = slope.mean(axis=0, dtype=np.float64).astype(slope.dtype)[
                            self._columns
                        ]
                self.largest = np.maximum(self.largest, np.abs(Y).max(axis=0))
                y = Y - self._centre_y
                outputs = self._outputs.reshape(len(self.groups), -1)
                self.groups.add(outputs, np.concatenate([y, y**2], axis=1), start)
                for k, slope in enumerate(slopes):
                    self._add(k, slope, start)
                start += len(Y)

    def _add(self, k: int, slopes: Float[np.ndarray, "n d"], start: int) -> None:
        """Add the slopes of one output, as many rows at a time as stay in cache."""
        if len(self._columns) < slopes.shape[1]:
            slopes = slopes[:, self._columns]
        (n, m), centre = slopes.shape, self.centre[k].astype(slopes.dtype)
        step = min(n, self.groups.rows(_CACHE_BYTES // (slopes.itemsize * m)))
        size, slope, square = (self._slopes[k][:, i] for i in range(3))
        room = np.empty((step, m), slopes.dtype)
        for i in range(0, n, step):
            some, held, at = slopes[i : i + step], room[: n - i], start + i
            self.groups.add(size, np.abs(some, out=held), at)
            centred = np.subtract(some, centre, out=held)
            self.groups.add(slope, centred, at)
            self.groups.add(square, centred, at, squares=True)


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
