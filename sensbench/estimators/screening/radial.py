from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from sensbench.estimator.bootstrap import Bootstrap, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, check_interval_options
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import few_said
from sensbench.estimator.varying import varying
from sensbench.estimators._exchange import NOTHING, exchanged
from sensbench.estimators._widths import (
    RowsTail,
    carried_by_few,
    of_ratio,
    relative_error,
    settled,
    wider,
)
from sensbench.problem.problem import Problem

_BLOCK = 2**12


@dataclass(frozen=True)
class Radial(Estimator):
    """Elementary effects of random lengths, one input at a time from random points; and S_T.

    Spends n(d + 1) rows. From each of n random points every input steps, alone, to its value at
    another random point: effects are per length of the step between quantiles, and half the mean
    squared change over the variance is the total-order index (Jansen 1999,
    doi:10.1016/S0010-4655(98)00154-4). Campolongo, Saltelli & Cariboni 2011,
    doi:10.1016/j.cpc.2010.12.039.

    Own code: SALib's samplers seed numpy for the whole process or have no seed, leave a step out
    whose end is exactly 0, and its analysis takes a step of length 0 for an effect of 1e308. From
    the same rows the numbers are those of its ``radial_ee`` and ``sobol_jansen``.

    Intervals: the wider ends of a percentile bootstrap over the points, which are independent, and
    of Student's, longer by what points that were not met may add, as the tail of the changes tells;
    none where a few points decide the value. Effects per length of an unbounded input have no
    mean, its quantile being infinitely steep at the ends: they are NaN.
    """

    name = "radial"
    measures = ("total_order", "radial_mu", "radial_mu_star", "radial_sigma")
    ranks_by = "total_order"
    needs = Needs("design", "independent", minimum_rows=16, cost=Cost(1, per_feature=1))

    resamples: int = 300
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, space = problem.d, problem.space
        n = budget // (d + 1)
        u = rng.random((n, 2, d))
        steps = u[:, 1] - u[:, 0]
        Y, changes = np.empty((n, problem.o)), np.empty((n, problem.o, d))
        with problem.explained.many_calls():
            for start in range(0, n, _BLOCK):
                some = slice(start, start + _BLOCK)
                Y[some], changes[some] = _moved(problem, u[some])
        varies = varying(Y, self.name, problem.outputs)
        # a step of no length moves nothing
        effects = changes / np.where(steps == 0, np.inf, steps)[:, None]
        columns = {
            "half_squares": changes**2 / 2,
            "size": np.abs(effects),
            "effect": effects,
            **centred("deviation", effects),
            **centred("y", Y),
        }
        interval = Bootstrap(columns, rng, self.resamples, self.confidence, DESIGN)
        undefined = np.isinf(space.supports).any(axis=1)
        named = [name for name, out in zip(problem.features, undefined, strict=True) if out]
        note = f"undefined for {', '.join(named[:8])}: unbounded" if named else ""
        bounded = np.where(undefined, np.nan, 1.0)
        whole = np.where(varies, 1.0, np.nan)[:, None]
        sizes, squares = columns["size"], columns["deviation²"]
        mu = interval(lambda m: m["effect"] * bounded)
        mu_star = interval(lambda m: m["size"] * bounded)
        sigma = interval(lambda m: np.sqrt(variance(m, "deviation") * n / (n - 1)) * bounded)
        total = interval(lambda m: m["half_squares"] / variance(m, "y")[..., None] * whole)
        of_sizes, of_squares = RowsTail(sizes), RowsTail(squares)
        few = carried_by_few(sizes)
        more, more_squares = of_sizes.not_met, of_squares.not_met
        mu_star = wider(mu_star, relative_error(sizes), n)
        sigma = wider(sigma, relative_error(squares) / 2, n)
        effects_found = {
            "radial_mu": settled(
                mu.with_unseen(mu.value - more, mu.value + more), few, of_sizes.heaviness
            ),
            "radial_mu_star": settled(
                mu_star.with_unseen(mu_star.value, mu_star.value + more),
                few,
                of_sizes.heaviness,
            ),
            "radial_sigma": settled(
                sigma.with_unseen(sigma.value, np.sqrt(sigma.value**2 + more_squares)),
                few,
                of_squares.heaviness,
            ),
        }
        # what rounding of the outputs makes of a step: large where the step is short
        rounding = _rounding(Y, steps, problem.explained.precision)
        noted = {
            name: replace(
                item,
                low=np.minimum(item.low, _less(item.value, rounding, signed=name == "radial_mu")),
                high=np.maximum(item.high, item.value + rounding),
            ).noted(note)
            for name, item in effects_found.items()
        }
        total = _total(total, columns["half_squares"], columns["y²"], few)
        return {"total_order": total.noted(few_said(few, problem.features)), **noted}


def _rounding(
    Y: Float[np.ndarray, "n o"], steps: Float[np.ndarray, "n d"], precision: type[np.floating]
) -> Float[np.ndarray, "o d"]:
    """Return how far the mean effect of a step may be off by the rounding of the outputs."""
    lengths = np.where(steps == 0, np.inf, np.abs(steps))
    typical = np.sqrt((lengths**-2.0).mean(axis=0))
    error = 8 * float(np.finfo(precision).eps) * np.abs(Y).max(axis=0)
    return np.asarray(error[:, None] * typical)


def _less(
    value: Float[np.ndarray, "o d"], rounding: Float[np.ndarray, "o d"], signed: bool
) -> Float[np.ndarray, "o d"]:
    return value - rounding if signed else np.maximum(value - rounding, 0.0)


def _total(
    total: Estimate,
    changes: Float[np.ndarray, "n o d"],
    squares: Float[np.ndarray, "n o"],
    few: Bool[np.ndarray, "o d"],
) -> Estimate:
    """Return the total-order index with Student's interval where it is wider, and what is unseen.

    Large changes that were not met make it larger, outputs far out smaller.
    """
    of_changes, of_y = RowsTail(changes), RowsTail(squares)
    more, spread = (
        1 + tail.not_met / np.maximum(rows.mean(axis=0), np.finfo(np.float64).tiny)
        for tail, rows in ((of_changes, changes), (of_y, squares))
    )
    total = wider(total, of_ratio(changes, squares[..., None]), len(changes))
    total = total.with_unseen(total.value / spread[:, None], total.value * more)
    tail = np.fmax(of_changes.heaviness, of_y.heaviness[:, None])
    return settled(total, few, tail)


def _moved(
    problem: Problem, u: Float[np.ndarray, "n 2 d"]
) -> tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "n o d"]]:
    """Return the outputs of points, and what each input's step alone changes in them."""
    from_u = problem.space.from_unit
    start, end = from_u(u[:, 0]), from_u(u[:, 1])
    steps = ((c, end[:, c]) for c in problem.space.blocks)
    rows = exchanged(problem.explained, start, [(NOTHING, start[:, :0]), *steps])
    Y = next(rows)
    return Y, np.stack([after - Y for after in rows], axis=2)
