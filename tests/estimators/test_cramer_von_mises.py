import numpy as np
import pytest
from scipy import stats

import sensbench as sb

RUNS = 120


def given(X, function):
    space = sb.InputSpace.from_data(X)
    return sb.Problem.of(function, space, X=X, derivatives="finite-difference")


def test_without_normalising_the_numbers_are_scipys(rng):
    """Also where outputs are equal."""
    X = rng.normal(size=(401, 3))

    def function(x):
        return np.round(x[:, 0] + x[:, 1] ** 2, 1)

    estimator = sb.estimators.load("cramer_von_mises", normalised=False)
    values = estimator.estimate(given(X, function), budget=401)["cramer_von_mises"].value[0]
    theirs = [stats.chatterjeexi(X[:, i], function(X)).statistic for i in range(3)]
    np.testing.assert_allclose(values, theirs, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.95])
def test_a_normal_pair_has_a_closed_form_which_intervals_cover(correlation):
    """3/π·asin((1 + ρ²)/2) − 1/2: P(y ≥ t|x) of two independent copies, by orthants."""
    exact = 3 / np.pi * np.arcsin((1 + correlation**2) / 2) - 0.5
    rest = np.sqrt(1 - correlation**2)
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: correlation * x[:, 0] + rest * x[:, 1], space)
    estimator = sb.estimators.load("cramer_von_mises")
    items = [
        estimator.estimate(problem, budget=200, seed=s)["cramer_von_mises"] for s in range(RUNS)
    ]
    covered = np.mean([item.low[0, 0] <= exact <= item.high[0, 0] for item in items])
    values = [item.value[0, 0] for item in items]
    assert covered > 0.95 - 4 * np.sqrt(0.95 * 0.05 / RUNS)
    assert abs(np.mean(values) - exact) < 4 * np.std(values) / np.sqrt(RUNS) + 0.005
    width = np.mean([item.high[0, 0] - item.low[0, 0] for item in items]) / (2 * 1.96)
    assert width < 1.6 * np.std(values)


def test_it_is_1_where_y_is_a_function_of_the_input_and_the_same_for_every_increasing_one(rng):
    X = rng.normal(size=(150, 2))
    estimator = sb.estimators.load("cramer_von_mises")
    plain, bent = (
        estimator.estimate(given(X, f), budget=150)["cramer_von_mises"].value[0]
        for f in (lambda x: x[:, 0], lambda x: np.exp(5 * x[:, 0]))
    )
    assert plain[0] == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_array_equal(plain, bent)
