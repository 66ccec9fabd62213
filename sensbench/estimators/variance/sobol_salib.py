from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as design

from sensbench.errors import NotApplicable, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimator.varying import varying
from sensbench.estimators.variance._saltelli import needs_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class SobolSalib(Estimator):
    """Sobol' indices of first, total and second order, computed by SALib itself.

    The reference for ``sobol``, which gives the same numbers for the same seed many times faster:
    design and analysis are SALib's own, and the whole design is held in memory. Rows, estimators,
    intervals and groups are those of ``sobol``.
    """

    name = "sobol_salib"
    measures = ("first_order", "total_order", "second_order")
    ranks_by = "total_order"
    library = "SALib"

    second_order: bool = False
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        require(
            isinstance(self.second_order, bool),
            self.name,
            "second_order true or false",
            self.second_order,
        )

    @property
    def needs(self) -> Needs:
        return needs_of(self.second_order)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, o, space = problem.d, problem.o, problem.space
        unit_cube: dict[str, Any] = {
            "num_vars": space.d,
            "names": list(space.columns),
            "bounds": [[0, 1]] * space.d,
        }
        if space.groups and d == 1:
            raise NotApplicable(
                f"{self.name}: expected at least two features; got one group of all "
                f"{space.d} inputs, which explains everything"
            )
        if space.groups:
            unit_cube["groups"] = list(space.labels)
        N = 1 << (budget // self.needs.cost(d, o, 1)).bit_length() - 1
        u = design.sample(unit_cube, N, calc_second_order=self.second_order, seed=_seed(rng))
        Y = problem.explained(space.from_unit(u))
        varies = varying(Y, self.name, problem.outputs)

        seed = _seed(rng)
        interval = Interval(self.confidence, "normal bootstrap", DESIGN, self.resamples)
        estimates: dict[str, Estimate] = {
            "first_order": _undefined(interval, o, d),
            "total_order": _undefined(interval, o, d),
        }
        if self.second_order:
            estimates["second_order"] = _undefined(interval, o, d, d)
        # SALib returns zeros for a constant output; here it stays undefined.
        for k in np.flatnonzero(varies).tolist():
            indices = analysis.analyze(
                unit_cube,
                Y[:, k],
                calc_second_order=self.second_order,
                num_resamples=self.resamples,
                conf_level=self.confidence,
                seed=seed,
            )
            for name, key in (
                ("first_order", "S1"),
                ("total_order", "ST"),
                ("second_order", "S2"),
            ):
                if name in estimates:
                    _fill(estimates[name], k, indices[key], indices[f"{key}_conf"])
        absent = {} if self.second_order else {"second_order": NotAsked("second_order=True")}
        return {**estimates, **absent}


def _seed(rng: np.random.Generator) -> int:
    """Draw a seed for SALib, whose ``if seed:`` takes 0 for no seed at all."""
    return int(rng.integers(1, 2**31 - 1))


def _undefined(interval: Interval, *shape: int) -> Estimate:
    value, low, high = (np.full(shape, np.nan) for _ in range(3))
    return Estimate(value, low, high, interval=interval)


def _fill(estimate: Estimate, k: int, value: Any, half_width: Any) -> None:
    estimate.value[k] = value
    estimate.low[k] = value - half_width
    estimate.high[k] = value + half_width
