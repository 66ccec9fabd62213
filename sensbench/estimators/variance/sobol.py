from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.stats import norm

from sensbench.errors import NotApplicable, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_interval_options
from sensbench.estimator.linearised import symmetric_interval
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators.variance._indices import in_shape, indices, influences
from sensbench.estimators.variance._nets import METHOD, SMALLEST_N, NetSums, half_widths
from sensbench.estimators.variance._saltelli import Exchanged, Moments, Sums, needs_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class Sobol(Estimator):
    """Sobol' indices of first, total and, on request, second order.

    Spends N(d + 2) rows, or N(2d + 2) with second order, N being the largest power of two the
    budget pays for (other sizes lose the balance of the Sobol' sequence). Estimators: Saltelli et
    al. 2010, doi:10.1016/j.cpc.2009.09.018. The design is evaluated a block of base rows at a time
    and never held: the cost is little more than the model's own.

    Intervals: the base rows are two independently scrambled nets of N/2, each with the inputs in
    dimensions of its own; how they differ, and how parts of each do, gives the standard error, and
    Student's quantile allows for how little is known of it. The errors of the two nets' mean are
    some 1.1 to 1.5 times those of one net of N. With fewer than 32 base rows there is no interval.
    An input that no exchange moves has an index of 0 ± 0.

    A group of inputs has one index of each order: its columns are exchanged together, and d
    counts it once.

    Parameters
    ----------
    second_order
        Whether pairs get an index, at nearly twice the cost.
    interval
        ``"nets"``, as above; ``"salib"``: design, resamples and formulas of SALib 1.6, one net and
        a bootstrap of its rows (``sobol_salib`` runs SALib itself). That treats quasi-random rows
        as random, and is 1.2 to 6 times too wide, the more the larger N.
    resamples
        Of SALib's bootstrap.
    confidence
        Level of the intervals.
    """

    name = "sobol"
    measures = ("first_order", "total_order", "second_order")
    ranks_by = "total_order"

    second_order: bool = False
    interval: str = "nets"
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
        kinds = ("nets", "salib")
        require(self.interval in kinds, self.name, "interval 'nets' or 'salib'", self.interval)

    @property
    def needs(self) -> Needs:
        return needs_of(self.second_order)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, space = problem.d, problem.space
        if space.groups and d == 1:
            raise NotApplicable(
                f"{self.name}: expected at least two features; got one group of all "
                f"{space.d} inputs, which explains everything"
            )
        N = 1 << (budget // self.needs.cost(d, problem.o, 1)).bit_length() - 1
        design = Exchanged(space, self.second_order)
        of_one_kind = self._as_salib if self.interval == "salib" else self._by_nets
        estimates = of_one_kind(problem, design, N, rng)
        return {"second_order": NotAsked("second_order=True"), **estimates}

    def _as_salib(
        self, problem: Problem, design: Exchanged, N: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        # SALib takes 0 for no seed at all
        of_design, of_resamples = (int(rng.integers(1, 2**31 - 1)) for _ in range(2))
        sums = Sums(design, N, (of_design, of_resamples), problem.explained, self.resamples)
        value = self._values(problem, sums.means, sums.moments, N * design.points)
        replicates = indices(sums.resampled, sums.moments, problem.d)
        z = norm.ppf(0.5 + self.confidence / 2)
        halves = {name: z * samples.std(axis=0, ddof=1) for name, samples in replicates.items()}
        of = Interval(self.confidence, "normal bootstrap", DESIGN, self.resamples)
        return {name: symmetric_interval(value[name], halves[name], of) for name in value}

    def _by_nets(
        self, problem: Problem, design: Exchanged, N: int, rng: np.random.Generator
    ) -> dict[str, Estimate]:
        sums = NetSums(design, N, problem.explained, rng)
        means = sums.means.mean(axis=(0, 1))
        value = self._values(problem, means, sums.moments, N * design.points)
        if N < SMALLEST_N:
            why = (
                f"no interval from {N} base rows: two nets of {SMALLEST_N // 2} are the fewest "
                f"that say how far off it is, a budget of {SMALLEST_N * design.points:,} rows"
            )
            return {name: Estimate.of(index, why) for name, index in value.items()}
        tails = sums.tails()
        of = Interval(self.confidence, METHOD, DESIGN)
        estimates = {}
        for name, rows in influences(sums.means, sums.moments, problem.d).items():
            half = in_shape(name, half_widths(rows, N, self.confidence), problem.d)
            estimates[name] = replace(
                symmetric_interval(value[name], half, of), tail=tails.get(name)
            )
        return estimates

    def _values(
        self, problem: Problem, means: Float[np.ndarray, "o k"], of: Moments, rows: int
    ) -> dict[str, Float[np.ndarray, "o ..."]]:
        """Return the indices; NaN, where SALib has zeros, for an output that does not vary."""
        varies = outputs_that_vary(
            of.spread, of.largest, of.first, rows, self.name, problem.outputs
        )
        values = indices(means, of, problem.d)
        for value in values.values():
            value[~varies] = np.nan
        return values
