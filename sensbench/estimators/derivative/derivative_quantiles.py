from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Interval, check_confidence
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import SquaredTail
from sensbench.estimator.varying import varying
from sensbench.estimators._order_statistics import ORDER_STATISTICS, ranks_below
from sensbench.estimators.derivative._applicable import at_features, differentiable, held
from sensbench.problem.problem import Problem

# The slopes of so many rows, outputs and inputs are held; more rows say little more.
_NUMBERS = 2**25
_QUANTILES = {
    "derivative_abs_standardised_q50": 0.5,
    "derivative_abs_standardised_q90": 0.9,
    "derivative_abs_standardised_q99": 0.99,
}


@dataclass(frozen=True)
class DerivativeQuantiles(Estimator):
    """How steep the model is at most rows, and at the steepest: quantiles of |∂y/∂x|·σ_x/σ_y.

    Spends n forward rows and n backward rows per output. Mean slopes hide whether an input acts
    everywhere or at few rows only: where the 50 % quantile is near the 99 % one, everywhere. The
    same is asked by NeuralSens's alpha curves, of growing power means of the slopes (Pizarroso,
    Alfaya, Portela & Muñoz 2022, arXiv:2305.02368), whose high powers are the steepest row alone;
    a quantile has an interval that holds for any distribution.

    Intervals: from one order statistic to another (Conover 1999, ISBN 978-0-471-16068-7,
    section 3.2), with the uncertainty of σ_y added; none where the rows are too few for an end
    above, which takes 36 rows for the 90 % quantile and 367 for that of 99 %. Inputs that take
    separate values only, and groups of inputs, have no derivative: their values are NaN.
    """

    name = "derivative_quantiles"
    measures = tuple(_QUANTILES)
    ranks_by = "derivative_abs_standardised_q90"
    needs = Needs(
        "either", gradient=True, groups="one feature", minimum_rows=10, cost=Cost(1, per_output=1)
    )

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        return self.needs.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        applies, columns = differentiable(problem)
        n = budget // problem.explained.rows_per_gradient
        n = min(n, max(self.needs.minimum_rows, _NUMBERS // (problem.o * len(columns))))
        if problem.uses_rows and problem.data is not None:
            n = min(n, len(problem.data))
        Y, sizes = _looked(problem, n, columns, rng)
        sigma_y = np.where(varying(Y, self.name, problem.outputs), Y.std(axis=0), np.nan)
        scale = problem.sigma()[columns] / sigma_y[:, None]
        spread, tail = self._of_sigma_y(Y - Y.mean(axis=0))
        sizes.sort(axis=0)
        found: dict[str, Estimate] = {}
        for name, share in _QUANTILES.items():
            value = np.quantile(sizes, share, axis=0) * scale
            chance = (1 - self.confidence) / 2
            below, above = ranks_below(chance, n, share), ranks_below(chance, n, 1 - share)
            low = sizes[below - 1] * scale if below else 0.0 * value
            high = sizes[n - above] * scale if above else np.full_like(value, np.nan)
            note = ""
            if not above:
                low, note = high, f"{name}: {n} rows are too few for an interval"
            of = Interval(self.confidence, ORDER_STATISTICS, SAMPLING)
            found[name] = _wider(Estimate(value, low, high, note, of), spread).with_tail(tail)
        if not problem.space.independent and not problem.uses_rows:
            found[self.ranks_by] = found[self.ranks_by].noted(held(problem))
        return at_features(found, applies)

    def _of_sigma_y(
        self, Y: Float[np.ndarray, "n o"]
    ) -> tuple[Float[np.ndarray, "2 o 1"], Float[np.ndarray, "o 1"]]:
        """Return how far log σ_y may be off, downwards and upwards, and the tail of its squares.

        Upwards by what was not met, too.
        """
        n, variance = len(Y), Y.var(axis=0)
        seen = SquaredTail(Y.shape[1], n)
        seen.add(Y)
        known = np.where(variance > 0, variance, np.nan)
        half = (Y**2 / known / 2).std(axis=0, ddof=1) / np.sqrt(n)
        half *= float(special.stdtrit(n - 1, 0.5 + self.confidence / 2))
        more = np.log1p(seen.unseen / known) / 2
        return np.stack([half, half + more])[..., None], seen.shape[:, None]


def _wider(item: Estimate, spread: Float[np.ndarray, "2 o 1"]) -> Estimate:
    """Return the ends with the error of log σ_y, which the values are divided by, added to them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        down = np.hypot(np.log(item.value / item.low), spread[1])
        up = np.hypot(np.log(item.high / item.value), spread[0])
        low = np.where(item.low > 0, item.value * np.exp(-down), item.low)
        high = np.where(item.value > 0, item.value * np.exp(up), item.high)
    return Estimate(item.value, low, high, item.note, item.interval)


def _looked(
    problem: Problem, n: int, columns: Int[np.ndarray, " m"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o m"]]:
    """Return the outputs and the sizes of each row's slopes."""
    model = problem.explained
    chunks = (rows.X for rows in problem.rows_in_chunks(n, model.chunk_rows, rng))
    outputs, sizes, start = [], np.empty((n, model.o, len(columns))), 0
    with model.many_calls():
        for Y, slopes in model.values_and_slopes(chunks, columns.tolist()):
            outputs.append(Y)
            for k, slope in enumerate(slopes):
                sizes[start : start + len(Y), k] = np.abs(slope[:, columns])
            start += len(Y)
    return np.concatenate(outputs), sizes
