"""Every rule of check_estimator, broken once by a method that is right otherwise."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from sensbench import estimators
from sensbench.errors import ConformanceError, NotApplicable
from sensbench.estimator.bootstrap import Bootstrap, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Impossible
from sensbench.testing import check_estimator


@dataclass(frozen=True)
class Slopes(Estimator):
    """Standardised mean absolute derivative; the subclasses break one rule each."""

    name = "slopes"
    measures = ("derivative_abs_standardised", "derivative_abs")
    ranks_by = "derivative_abs_standardised"

    needs = Needs("either", gradient=True, minimum_rows=10, cost=Cost(1, per_output=1))

    def _estimate(self, problem, budget, rng):
        X = problem.rows(budget // problem.explained.rows_per_gradient, rng).X
        Y, J = problem.explained.values_and_jacobian(X)
        columns = {"size": np.abs(J), **centred("y", Y)}
        interval, sigma = Bootstrap(columns, rng, 200, 0.95), problem.sigma()
        return {
            self.measures[1]: interval(lambda m: m["size"]),
            self.ranks_by: interval(
                lambda m: m["size"] * sigma / np.sqrt(variance(m, "y"))[..., None]
            ),
        }


class Nameless(Slopes):
    name = ""


class NotFrozen(Estimator):
    name, measures, ranks_by = "x", ("total_order",), "total_order"
    needs = Needs("given")

    def _estimate(self, problem, budget, rng):
        return {}


class UnknownMeasure(Slopes):
    measures = (*Slopes.measures, "mystery")


class RanksByAnother(Slopes):
    ranks_by = "total_order"


class RanksWithUnit(Slopes):
    ranks_by = "derivative_abs"


class Changed(Slopes):
    """Computes what its parent does and then changes it."""

    def _estimate(self, problem, budget, rng):
        found = dict(super()._estimate(problem, budget, rng))
        return self.change(found, problem, rng)


class Forgets(Changed):
    def change(self, found, problem, rng):
        return {self.ranks_by: found[self.ranks_by]}


class NoReason(Changed):
    def change(self, found, problem, rng):
        return found | {"derivative_abs": Impossible(" ")}


class RankingAbsent(Changed):
    def change(self, found, problem, rng):
        return found | {self.ranks_by: Impossible("no time")}


class WrongShape(Changed):
    def change(self, found, problem, rng):
        return {name: item.map(lambda v: v[0]) for name, item in found.items()}


class SilentNaN(Changed):
    def change(self, found, problem, rng):
        found["derivative_abs"].value[0, 0] = np.nan
        return found


class Outside(Changed):
    def change(self, found, problem, rng):
        item = found["derivative_abs"]
        return found | {"derivative_abs": replace(item, low=item.high, high=item.low)}


class Unseeded(Changed):
    def change(self, found, problem, rng):
        noise = 1 + 1e-12 * np.random.default_rng().random()
        return {name: item.map(lambda v: v * noise) for name, item in found.items()}


class ZeroIsNoSeed(Unseeded):
    """What ``if seed:`` does to seed 0."""

    def change(self, found, problem, rng):
        first = np.random.default_rng(0).bit_generator.state["state"]["inc"]
        is_zero = rng.bit_generator.state["state"]["inc"] == first
        return super().change(found, problem, rng) if is_zero else found


class OneSeed(Slopes):
    def _estimate(self, problem, budget, rng):
        return super()._estimate(problem, budget, np.random.default_rng(5))


class Overspends(Slopes):
    def _estimate(self, problem, budget, rng):
        problem.explained(problem.space.sample(budget + 1, rng))


class MinimumTooSmall(Slopes):
    def minimum_budget(self, problem):
        return problem.explained.rows_per_gradient // 2


class Uncounted(Changed):
    def change(self, found, problem, rng):
        problem.explained.metered()(problem.space.sample(100, rng))
        return found


class DeadMatters(Changed):
    def change(self, found, problem, rng):
        return {name: item.map(lambda v: v + v.max()) for name, item in found.items()}


class DeadMattersByBias(DeadMatters):
    positive_bias = True


class BiasStays(Changed):
    positive_bias = True

    def change(self, found, problem, rng):
        return {name: item.map(lambda v: v + 0.1 * v.max()) for name, item in found.items()}


class BiasFalls(Changed):
    """Right: it says that it is biased upwards, and the bias falls with more rows."""

    positive_bias = True

    def change(self, found, problem, rng):
        bias = 1 / np.sqrt(problem.explained.n_forward)
        return found | {self.ranks_by: found[self.ranks_by].map(lambda v: v + bias)}


class FirstColumnCounts(Changed):
    def change(self, found, problem, rng):
        column = np.eye(problem.d)[0] + 1
        return {name: item.map(lambda v: v * column) for name, item in found.items()}


class RawRanking(Changed):
    def change(self, found, problem, rng):
        # a hidden unit: the size of the derivative decides what is kept
        size = found["derivative_abs"].value
        return found | {
            self.ranks_by: found[self.ranks_by].map(lambda v: v * (1 + 1e-4 / (1e-4 + size)))
        }


class ChangesData(Changed):
    def change(self, found, problem, rng):
        if problem.data is not None:
            problem.data.X[0] += 1.0
        return found


class ChangesModule(Changed):
    def change(self, found, problem, rng):
        if problem.data is not None:
            next(iter(problem.explained._function._call.parameters())).data.add_(0.1)
        return found


class GlobalNumpy(Changed):
    def change(self, found, problem, rng):
        np.random.rand()
        return found


class GlobalTorch(Changed):
    def change(self, found, problem, rng):
        torch.rand(1)
        return found


class RefusesAll(Slopes):
    def _estimate(self, problem, budget, rng):
        raise NotApplicable("not today")


class Crashes(Slopes):
    def _estimate(self, problem, budget, rng):
        raise KeyError("oops")


class OnlyData(Slopes):
    """Right: it may refuse what it cannot be asked."""

    def _estimate(self, problem, budget, rng):
        if problem.data is None:
            raise NotApplicable("it needs rows of data")
        return super()._estimate(problem, budget, rng)


class TearsGroups(Slopes):
    needs = replace(Slopes.needs, groups="one feature")

    def _estimate(self, problem, budget, rng):
        if problem.space.groups:
            problem.explained(rng.permuted(problem.rows(10, rng).X, axis=0))
        return super()._estimate(problem, budget, rng)


# one of each kind of design; the others take minutes together
FAST = {"gradient", "morris", "permutation", "sobol"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n not in FAST)) for n in estimators.names()],
)
def test_registered_estimators_conform(name):
    check_estimator(estimators.load(name))


def test_second_order_conforms():
    check_estimator(estimators.load("sobol", second_order=True))


@pytest.mark.slow
def test_interactions_and_aggregates_conform():
    check_estimator(estimators.load("sobol", interactions="triples", aggregated=True))


@pytest.mark.parametrize("estimator", [Slopes(), OnlyData(), BiasFalls()])
def test_right_ones_pass(estimator):
    check_estimator(estimator)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Nameless, "has name"),
        (NotFrozen, "is a frozen dataclass"),
        (UnknownMeasure, "known measures.*mystery"),
        (RanksByAnother, "ranks by a measure of its own"),
        (RanksWithUnit, "ranks by a measure without unit"),
        (Forgets, "every declared measure.*derivative_abs"),
        (NoReason, "absent with a reason"),
        (RankingAbsent, "the measure that ranks is there"),
        (WrongShape, "runs on.*expected values, low and high of shape"),
        (SilentNaN, "finite, or a note says why"),
        (Outside, "values lie inside their intervals"),
        (Unseeded, "the same seed gives the same bits"),
        (ZeroIsNoSeed, "the same seed gives the same bits"),
        (OneSeed, "another seed gives other numbers"),
        (Overspends, "runs on.*BudgetExceeded"),
        (MinimumTooSmall, "runs on"),
        (Uncounted, "all rows are counted"),
        (DeadMatters, "a dead input scores about 0"),
        (DeadMattersByBias, "a dead input scores little"),
        (BiasStays, "a dead input's score falls with more rows"),
        (FirstColumnCounts, "relabelled inputs relabel results"),
        (RawRanking, "the ranking is free of units"),
        (ChangesData, "the problem is left alone"),
        (ChangesModule, "the problem is left alone"),
        (GlobalNumpy, "global random states"),
        (GlobalTorch, "global random states"),
        (RefusesAll, "can be asked something"),
        (Crashes, "runs on.*KeyError"),
        (TearsGroups, "runs on.*drawn or shuffled apart"),
    ],
)
def test_broken_ones_are_caught(kind, name):
    with pytest.raises(ConformanceError, match=f"(?s)breaks the rule .*{name}") as caught:
        check_estimator(kind())
    if kind not in (Nameless, NotFrozen):
        assert "estimator 'slopes'" in str(caught.value)
