from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable
from sensbench.estimator.bootstrap import Means, RowGroups
from sensbench.estimator.estimator import LATER, Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, GROUPS, Linearised, symmetric_interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimator.tails import LargestOf, SquaredTail, largest_kept, tail_shape, unseen
from sensbench.estimator.varying import varying
from sensbench.estimators.conditional._redrawn import Redrawn
from sensbench.inputs.gaussian_copula import GaussianCopula
from sensbench.problem.problem import Problem

_ADDED = ("total_order_full", "first_order_independent")
# The index of the pair that shares the residuals of what was drawn for another.
_COMPLETED_BY = {"first_order": "total_order_full", "total_order": "first_order_independent"}
_BY_PRODUCT = ("first_order", "first_order_independent")


@dataclass(frozen=True)
class Kucherenko(Estimator):
    """First- and total-order indices of inputs of any law, by conditional draws.

    S_1 = Cov(f(x), f(x'))/Var f, where x' shares x_i and the other inputs are drawn anew given it;
    S_T = E[(f(x) - f(x'))²]/(2 Var f), where x_i is drawn anew given the others. Spends n(2d + 1)
    rows. With dependent inputs S_1 holds what an input tells of the others, and S_T only what it
    has for itself: S_1 > S_T is no error.

    Kucherenko, Tarantola & Annoni 2012, doi:10.1016/j.cpc.2011.12.020; mean and variance are
    pooled over both outputs: Janon et al. 2014, doi:10.1051/ps/2013040. Intervals: Student's, by
    the delta method over the rows, which are independent.

    A group of inputs is drawn together, and has one index of each order.

    Parameters
    ----------
    full_and_independent
        Whether to add the two indices that complete these: the *full* total index, of the input
        and all that follows it, and the *independent* first index, of what the others do not tell
        of it (Mara, Tarantola & Annoni 2015, doi:10.1016/j.envsoft.2015.07.010). S_1 is their full
        first index, S_T their independent total one. Spends n(4d + 1) rows, and asks for
        independent inputs or a Gaussian copula, whose residuals do not depend on an order of them.
    confidence
        Level of the intervals.
    """

    name = "kucherenko"
    measures = ("first_order", "total_order", *_ADDED)
    ranks_by = "total_order"

    confidence: float = 0.95
    full_and_independent: bool = field(default=False, metadata=LATER)

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    @property
    def needs(self) -> Needs:
        """Two copies of each row per input, or four."""
        cost = Cost(1, per_feature=4 if self.full_and_independent else 2)
        return Needs("design", groups="one feature", minimum_rows=10, cost=cost)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        n, d = budget // self.needs.cost(problem.d, problem.o, 1), problem.d
        rows = Redrawn(problem.space, n, rng, self.name)
        other = self._other(problem, n, rng)
        y = problem.explained(rows.X)
        varies = varying(y, self.name, problem.outputs)
        centre = y.mean(axis=0)
        y = y - centre
        groups = RowGroups(n, GROUPS)
        sums: dict[str, Float[np.ndarray, "groups o d"]] = {}
        tail = SquaredTail(problem.o, 3 * n)
        tail.add(y)
        largest = LargestOf((d, problem.o), largest_kept(n))
        for i in range(d):
            others = [j for j in range(d) if j != i]
            pairs = {}
            for order, drawn in (("first_order", others), ("total_order", [i])):
                v = rng.random(rows.X.shape)
                copy = problem.explained(rows.copies(drawn, v)) - centre
                pairs[order] = y, copy
                if other is not None:
                    # what is drawn has the residual of the copy's, given another x_i, or x_~i
                    again = problem.explained(other.copies(drawn, v)) - centre
                    pairs[_COMPLETED_BY[order]] = copy, again
            tail.add(pairs["total_order"][1])
            largest.add(i, (y - pairs["total_order"][1]) ** 2 / 2)
            for name, (one, two) in pairs.items():
                for moment, column in _moments(one, two, name).items():
                    key = f"{moment} of {name}"
                    sums.setdefault(key, np.empty((len(groups), problem.o, d)))
                    sums[key][:, :, i] = groups.sums(column)
        interval = Linearised(sums, groups, self.confidence)

        def statistics(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            # half of the rows' moments, half of the copies'
            indices = {}
            for name in pairs:
                mean, square, both = (m[f"{what} of {name}"] for what in _MOMENTS)
                variance = np.where(varies[:, None], square - mean**2, np.nan)
                shared = both - mean**2 if name in _BY_PRODUCT else both
                indices[name] = shared / variance
            return indices

        values, halves = interval(statistics)
        of = Interval(self.confidence, DELTA_METHOD, DESIGN)
        not_asked = {name: NotAsked("full_and_independent=True") for name in _ADDED}
        found = {
            name: symmetric_interval(value, halves[name], of) for name, value in values.items()
        }
        # large changes that were not met make a total larger, outputs far out smaller
        m, of_changes = interval.means, tail_shape(largest.kept, 0.0)
        changes, square = "both of total_order", "square of total_order"
        more = statistics({**m, changes: m[changes] + unseen(largest.kept, of_changes, n).T})
        less = statistics({**m, square: m[square] + tail.unseen[:, None]})
        total = found["total_order"]
        found["total_order"] = total.with_unseen(less["total_order"], more["total_order"])
        heavy = dict.fromkeys(found, tail.shape[:, None])
        heavy["total_order"] = np.fmax(heavy["total_order"], of_changes.T)
        return not_asked | {name: item.with_tail(heavy[name]) for name, item in found.items()}

    def _other(self, problem: Problem, n: int, rng: np.random.Generator) -> Redrawn | None:
        """Return rows beside the base rows, for the indices that share residuals."""
        if not self.full_and_independent:
            return None
        law = problem.space.dependence
        if not (law.independent or isinstance(law, GaussianCopula)):
            raise NotApplicable(
                f"{self.name}: expected independent inputs or a Gaussian copula for "
                f"full_and_independent; got inputs that are {law.describe()}; leave the option out"
            )
        return Redrawn(problem.space, n, rng, self.name)


_MOMENTS = ("mean", "square", "both")


def _moments(
    one: Float[np.ndarray, "n o"], two: Float[np.ndarray, "n o"], index: str
) -> dict[str, Float[np.ndarray, "n o"]]:
    both = one * two if index in _BY_PRODUCT else (one - two) ** 2 / 2
    return dict(zip(_MOMENTS, ((one + two) / 2, (one**2 + two**2) / 2, both), strict=True))
