from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import NotApplicable, require
from sensbench.estimator.bootstrap import Means, RowGroups
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, GROUPS, Linearised, symmetric_interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate, Impossible, NotAsked
from sensbench.estimator.tails import HEAVY, SquaredTail
from sensbench.estimator.varying import varying
from sensbench.estimators.conditional._neighbours import shapley_of_rows
from sensbench.estimators.conditional._orders import ALL_UP_TO, orders
from sensbench.estimators.conditional._redrawn import Redrawn
from sensbench.problem.problem import Problem
from sensbench.truths.proportional import proportional_effects

_KINDS = ("orders", "neighbours")


@dataclass(frozen=True)
class ShapleyEffects(Estimator):
    """Shapley effects: shares of the variance that add up to 1, whatever the inputs' law.

    What is divided is E[Var(f|x_~u)], the variance left when all but u are known (Song, Nelson &
    Staum 2016, doi:10.1137/15M1048070, who show that it gives the effects of Owen 2014).

    ``method="orders"`` spends n(d + 1) rows: from each base row the inputs are drawn anew one after
    the other, each time given those that are not yet, and the i-th gets what the squared change
    rises by. All orders equally often for up to 5 inputs, then random ones. Of independent inputs
    this is the algorithm of Goda 2021, doi:10.1016/j.ress.2021.107702. Intervals: Student's, by
    the delta method over groups of rows, the noise of the orders included.

    ``method="neighbours"`` spends n rows, real ones where there are any, and asks nothing of their
    law: the variance that is left is that of the outputs of rows nearest in what is known (Broto,
    Bachoc & Depecker 2020, doi:10.1137/18M1234631). The distance of neighbours is a bias that
    falls slowly with many inputs, so there is no interval.

    Of up to 5 inputs, whose orders meet every subset, the same rows also give the proportional
    marginal effects (Herin et al. 2024, doi:10.1137/22M153032X).

    A group of inputs is drawn together, and has one effect.

    Parameters
    ----------
    method
        ``"orders"`` or ``"neighbours"``.
    neighbours
        Rows near each row, itself included, for ``"neighbours"``.
    confidence
        Level of the intervals.
    """

    name = "shapley_effects"
    measures = ("shapley", "pme")
    ranks_by = "shapley"

    method: str = "orders"
    neighbours: int = 3
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        require(self.method in _KINDS, self.name, "method 'orders' or 'neighbours'", self.method)
        whole = isinstance(self.neighbours, int) and not isinstance(self.neighbours, bool)
        require(whole and self.neighbours >= 2, self.name, "neighbours >= 2", self.neighbours)

    @property
    def needs(self) -> Needs:
        """Rows of a design and as many copies as inputs; of neighbours, rows alone."""
        if self.method == "neighbours":
            return Needs("given", groups="one feature", minimum_rows=50)
        return Needs("design", groups="one feature", minimum_rows=10, cost=Cost(1, per_feature=1))

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        if problem.d == 1:
            raise NotApplicable(
                f"{self.name}: expected at least two features to divide the variance among; got one"
            )
        if self.method == "orders":
            return self._by_orders(problem, budget, rng)
        rows = problem.sample(budget, rng)
        varies = varying(rows.outputs, self.name, problem.outputs)
        effects = shapley_of_rows(rows.X, rows.outputs, problem.space.blocks, self.neighbours, rng)
        why = f"no interval: the distance of {self.neighbours} nearest rows is a bias"
        return {
            "shapley": Estimate.of(np.where(varies[:, None], effects, np.nan), why),
            "pme": NotAsked("method='orders'"),
        }

    def _by_orders(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        n, d = budget // self.needs.cost(problem.d, problem.o, 1), problem.d
        rows = Redrawn(problem.space, n, rng, self.name)
        y = problem.explained(rows.X)
        varies = varying(y, self.name, problem.outputs)
        ways, v = orders(n, d, rng), rng.random(rows.X.shape)
        gains = np.zeros((n, problem.o, d))
        drawn, before = np.zeros((n, d), dtype=bool), np.zeros_like(y)
        tail = SquaredTail(problem.o, 2 * n, HEAVY)
        tail.add(y - y.mean(axis=0))
        each, groups = np.arange(n), RowGroups(n, GROUPS)
        of_subsets: dict[str, Float[np.ndarray, "groups o 1"]] = {}
        place = np.zeros(n, dtype=int)
        for moved in ways.T:
            drawn[each, moved] = True
            copies = problem.explained(rows.copies_by_row(drawn, v))
            after = (y - copies) ** 2 / 2
            gains[each, :, moved] = after - before
            before = after
            place += 1 << moved
            if d <= ALL_UP_TO:
                _add_subsets(of_subsets, place, after, groups)
        tail.add(copies - y.mean(axis=0))
        sums = {"gain": groups.sums(gains), "variance": groups.sums(before)[..., None]}

        def statistics(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            # what all gain together, so that the effects add up to 1
            return {"shapley": m["gain"] / np.where(varies[:, None], m["variance"], np.nan)}

        values, halves = Linearised(sums, groups, self.confidence)(statistics)
        of = Interval(self.confidence, DELTA_METHOD, DESIGN)
        shapley = symmetric_interval(values["shapley"], halves["shapley"], of)
        tails = tail.shape[:, None]
        if d > ALL_UP_TO:
            why = f"taken for up to {ALL_UP_TO} inputs, whose orders meet every subset; got {d}"
            return {"shapley": shapley.with_tail(tails), "pme": Impossible(why)}
        met = len(of_subsets) == 2 * (2**d - 1)
        if not met:
            why = f"the orders of {n} rows do not meet every subset of the inputs; raise the budget"
            return {"shapley": shapley.with_tail(tails), "pme": Impossible(why)}

        def proportional(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            left = [m[f"left {u}"] / m[f"rows {u}"] for u in range(1, 2**d)]
            every = np.concatenate([np.zeros_like(left[0]), *left], axis=-1)
            effects = proportional_effects(every) / every[..., -1:]
            return {"pme": np.where(varies[:, None], effects, np.nan)}

        values, halves = Linearised(of_subsets, groups, self.confidence)(proportional)
        pme = symmetric_interval(values["pme"], halves["pme"], of)
        return {"shapley": shapley.with_tail(tails), "pme": pme.with_tail(tails)}


def _add_subsets(
    sums: dict[str, Float[np.ndarray, "groups o 1"]],
    place: Int[np.ndarray, " n"],
    left: Float[np.ndarray, "n o"],
    groups: RowGroups,
) -> None:
    """Add up the rows of each subset that is drawn anew, and half their squared changes."""
    for u in np.unique(place).tolist():
        here = (place == u)[:, None]
        sums[f"left {u}"] = groups.sums(np.where(here, left, 0.0))[..., None]
        sums[f"rows {u}"] = groups.sums(here * np.ones(left.shape))[..., None]
