from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable, require
from sensbench.estimator.bootstrap import Means, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, log_interval, symmetric_interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate, Impossible, NotAsked
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators._moved import moved_either_way
from sensbench.estimators.derivative._active_subspace import activity_scores, batches_that_fit
from sensbench.estimators.derivative._applicable import at_features, differentiable, held
from sensbench.estimators.derivative._bounds import (
    lower_bound,
    no_bounds,
    poincare_constants,
    stein_kernels,
)
from sensbench.estimators.derivative._slopes import SlopeSums
from sensbench.measure import MEASURES
from sensbench.problem.problem import Problem

Measured = dict[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class Gradient(Estimator):
    """Moments of the derivative ∂y/∂x over the inputs' distribution, exact for torch models.

    Spends n forward rows and n backward rows per output, in one pass that serves all measures.
    DGSM and its use as a bound: Sobol' & Kucherenko 2009, doi:10.1016/j.matcom.2009.01.023. Of
    independent inputs with densities, the index of total order is bounded from below, too: by the
    squared correlation of the output with the input, which the slopes weighted by the marginal's
    Stein kernel have as their mean (Kucherenko & Song 2016, arXiv:1605.07830). Both bounds are
    estimates, and hold for models that do not jump.

    With ``active_subspace``, activity scores, too: each input's part in the few directions that
    the model varies along (Constantine & Diaz 2017, doi:10.1016/j.ress.2016.11.013); as many as
    ``dimension`` says, or as stand out by the largest gap of the eigenvalues. A note says how many.
    A score of nearly 0 is estimated too high, by the squared noise of the directions (of order
    1/n); its interval ends at 0.

    Intervals: Student's, from standard errors by the delta method over up to 128 groups of rows,
    on a logarithmic scale for what cannot be negative (the lower bound: the squares of the ends of
    the correlation's interval, from 0 where that holds 0; activity scores: by the jackknife over 32
    batches, on the scale as it is, from 0, and none where the sample leaves the number of active
    directions open); that of a standardised measure includes
    the uncertainty of σ_y. The ends allow for rows steeper than any that were met, as the tail of
    the steepest tells. Where a few rows decide the value (the tail of the largest has the shape
    of a generalised Pareto distribution above 0.7), there is none, and a note says so.

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
        "total_order_lower_bound",
        "activity_score",
    )
    ranks_by = "derivative_rms_standardised"
    needs = Needs("either", gradient=True, groups="one feature", cost=Cost(1, per_output=1))

    active_subspace: bool = False
    dimension: int | None = None
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        with_scores = self.active_subspace
        require(
            isinstance(with_scores, bool), self.name, "active_subspace true or false", with_scores
        )
        given = self.dimension
        whole = isinstance(given, int) and not isinstance(given, bool) and given >= 1
        what = "a dimension of the active subspace of 1 or more, with active_subspace=True"
        require(given is None or (whole and with_scores), self.name, what, given)

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        return self.needs.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        applies, columns = differentiable(problem)
        self._require_dimensions(len(columns))
        n = budget // problem.explained.rows_per_gradient
        if problem.uses_rows and problem.data is not None:
            n = min(n, len(problem.data))
        batches: int | Absent = NotAsked("active_subspace=True")
        if self.active_subspace:
            batches = batches_that_fit(problem.o, len(columns))
        count = batches if isinstance(batches, int) else 0
        none = no_bounds(problem)
        kernels = none or stein_kernels(problem, columns)
        weights = () if isinstance(kernels, Impossible) else kernels
        seen = SlopeSums(problem, n, columns, rng, batches=count, kernels=weights)
        interval = seen.linearised(self.confidence)
        varies = outputs_that_vary(
            np.sqrt(variance(interval.means, "y"))[:, 0],
            seen.largest,
            seen.first,
            n,
            self.name,
            problem.outputs,
        )
        sigma_x = problem.sigma()[columns]
        constants = none or poincare_constants(problem, columns)

        def statistics(m: Means) -> Measured:
            variance_y = np.where(varies[:, None], variance(m, "y"), np.nan)
            return _measures(m, seen.centre, variance_y, sigma_x, constants)

        values, halves = interval(statistics)
        tails = _tails(seen.tails)
        least, most = _with_unseen(statistics, interval.means, seen.unseen(), seen.centre)
        estimates: dict[str, Estimate | Absent] = {}
        of = Interval(self.confidence, DELTA_METHOD, SAMPLING)
        for name, value in values.items():
            signed = MEASURES[name].signed
            ends = (symmetric_interval if signed else log_interval)(value, halves[name], of)
            estimates[name] = ends.with_unseen(least[name], most[name]).with_tail(tails[name])
        if isinstance(constants, Impossible):
            estimates["total_order_bound"] = constants
        estimates["total_order_lower_bound"] = (
            kernels
            if isinstance(kernels, Impossible)
            else lower_bound(seen, interval, sigma_x, varies, kernels, of)
        )
        if not isinstance(batches, int):
            estimates["activity_score"] = batches
        else:
            variance_y = np.where(varies, variance(interval.means, "y")[:, 0], np.nan)
            estimates["activity_score"] = activity_scores(
                seen, sigma_x, variance_y, problem.outputs, self.dimension, of
            )  # fmt: skip
        if not problem.space.independent and not problem.uses_rows:
            headline = estimates[self.ranks_by]
            if isinstance(headline, Estimate):
                estimates[self.ranks_by] = replace(headline, note=held(problem))
        return at_features({name: estimates[name] for name in self.measures}, applies)

    def _require_dimensions(self, most: int) -> None:
        if self.dimension is not None and self.dimension > most:
            raise NotApplicable(
                f"{self.name}: expected an active subspace of at most {most} dimensions, one per "
                f"input with a derivative; got dimension={self.dimension}"
            )


def _measures(
    m: Means,
    centre: Float[np.ndarray, "o m"],
    variance_y: Float[np.ndarray, "... o 1"],
    sigma_x: Float[np.ndarray, " m"],
    constants: Float[np.ndarray, " m"] | Impossible,
) -> Measured:
    """Return the measures that follow from means of sizes, slopes (from ``centre``) and squares."""
    scale = sigma_x / np.sqrt(variance_y)
    mean, spread = m["slope"] + centre, variance(m, "slope")
    square = spread + mean**2
    raw = {"mean": mean, "abs": m["size"], "rms": np.sqrt(square), "std": np.sqrt(spread)}
    measured = {f"derivative_{name}": value for name, value in raw.items()}
    measured |= {f"derivative_{name}_standardised": value * scale for name, value in raw.items()}
    measured["dgsm"] = square
    if not isinstance(constants, Impossible):
        measured["total_order_bound"] = constants * square / variance_y
    return measured


def _with_unseen(
    statistics: Callable[[Means], Measured],
    m: Means,
    unseen: Means,
    centre: Float[np.ndarray, "o m"],
) -> tuple[Measured, Measured]:
    """Return the least and the most that the measures are with what was not met added.

    Rows with steep slopes make them larger; rows with outputs far out smaller, by σ_y. Slopes of
    either sign are added to a mean that has one, which rows far out may bring nearer to 0.
    """
    more = statistics({**m, **{name: m[name] + unseen[name] for name in ("size", "slope²")}})
    less = statistics({**m, "y²": m["y²"] + unseen["y²"]})
    signed = [name for name in more if MEASURES[name].signed]
    either = moved_either_way(statistics, m, unseen, "slope", centre)
    return (
        {**less, **{name: either[name].min(axis=0) for name in signed}},
        {**more, **{name: either[name].max(axis=0) for name in signed}},
    )


def _tails(of: Measured) -> Measured:
    """Return how heavy the tails are of what each measure is a mean, or a ratio of means, of."""
    size, square, y = of["size"], of["slope²"], of["y²"]
    raw = {"mean": size, "abs": size, "rms": square, "std": square}
    tails = {f"derivative_{name}": tail for name, tail in raw.items()}
    tails |= {f"derivative_{name}_standardised": np.fmax(tail, y) for name, tail in raw.items()}
    return tails | {"dgsm": square, "total_order_bound": np.fmax(square, y)}
