import numpy as np
import pytest

import sensbench as sb
from sensbench.errors import BudgetTooSmall, InputError, NotApplicable

RUNS = 120


def given(X, function):
    space = sb.InputSpace.from_data(X)
    return sb.Problem.of(function, space, X=X, derivatives="finite-difference")


def test_the_cyclic_numbers_are_those_of_openturns(rng):
    """It divides by n - 1 where the paper's variance divides by n."""
    ot = pytest.importorskip("openturns", reason="needs the extra bench")
    X = rng.normal(size=(301, 3))

    def function(x):
        return x[:, 0] + x[:, 1] ** 2 + 0.3 * x[:, 2] * x[:, 0] + 100

    estimator = sb.estimators.load("rank_first_order", ends="cyclic")
    values = estimator.estimate(given(X, function), budget=301)["first_order"].value[0]
    theirs = ot.RankSobolSensitivityAlgorithm(ot.Sample(X), ot.Sample(function(X)[:, None]))
    np.testing.assert_allclose(values * 300 / 301, theirs.getFirstOrderIndices(), atol=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ishigami", "linear_gaussian"])
def test_intervals_cover_and_are_no_wider_than_half_as_much_again(name):
    problem = sb.problems.load(name)
    exact = problem.truth["first_order"].value
    estimator = sb.estimators.load("rank_first_order")
    estimates = [
        estimator.estimate(problem, budget=300, seed=s)["first_order"] for s in range(RUNS)
    ]
    covered = np.mean([(e.low <= exact) & (exact <= e.high) for e in estimates], axis=0)
    width = np.mean([e.high - e.low for e in estimates], axis=0) / (2 * 1.96)
    spread = np.std([e.value for e in estimates], axis=0)
    assert (covered > 0.95 - 4 * np.sqrt(0.95 * 0.05 / RUNS)).all()
    assert (width / spread < 1.6).all()


def test_open_ends_take_the_bias_of_a_monotone_effect_away(rng):
    """Of y = x, the pair of the largest and the smallest row costs about 6/n."""
    gaps = {}
    for ends in ("open", "cyclic"):
        estimator = sb.estimators.load("rank_first_order", ends=ends)
        X = rng.uniform(size=(100, 2))
        gaps[ends] = (
            1
            - estimator.estimate(given(X, lambda x: x[:, 0]), budget=100)["first_order"].value[0, 0]
        )
    assert abs(gaps["open"]) < 0.005
    assert 0.04 < gaps["cyclic"] < 0.08


@pytest.mark.filterwarnings("ignore::sensbench.errors.CorrelatedInputsWarning")
def test_dependent_inputs_share_what_moves_along(rng):
    """A normal pair with correlation ρ: y = b has S_a = ρ²."""
    X = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=4000)
    item = sb.estimators.load("rank_first_order").estimate(given(X, lambda x: x[:, 1]), budget=4000)
    low, high = item["first_order"].low[0, 0], item["first_order"].high[0, 0]
    assert low < 0.64 < high
    assert high - low < 0.1


def test_equal_values_are_neighbours_in_random_order(rng):
    """A table sorted by its output: a column of two values that does nothing stays at 0."""
    X = np.stack([np.linspace(0, 1, 400), rng.integers(0, 2, 400)], axis=1)
    item = sb.estimators.load("rank_first_order").estimate(given(X, lambda x: x[:, 0]), budget=400)
    assert abs(item["first_order"].value[0, 1]) < 0.2
    assert item["first_order"].low[0, 1] < 0 < item["first_order"].high[0, 1]


def test_what_it_refuses(product_problem):
    with pytest.raises(InputError, match="ends 'open' or 'cyclic'"):
        sb.estimators.load("rank_first_order", ends="round")
    with pytest.raises(BudgetTooSmall, match="at least 32 rows"):
        sb.estimators.load("rank_first_order").estimate(product_problem, budget=31)
    grouped = sb.InputSpace.from_data(
        np.random.default_rng(0).normal(size=(90, 3)), groups={"g": ["x1", "x2"]}
    )
    with pytest.raises(NotApplicable, match="groups"):
        sb.estimators.load("rank_first_order").estimate(
            sb.Problem.of(lambda x: x[:, 0], grouped), budget=90
        )
