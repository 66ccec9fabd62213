"""Curves against closed forms: linear, additive, and a product of correlated normal inputs."""

import numpy as np
import pytest
from scipy import stats
from sklearn.inspection import partial_dependence as by_sklearn
from sklearn.tree import DecisionTreeRegressor

import sensbench as sb
from sensbench.effects.curves import (
    Kind,
    accumulated_local_effects,
    partial_dependence,
    slopes_along,
)
from sensbench.effects.effects import Effects
from sensbench.effects.slopes import slopes_of
from sensbench.errors import CorrelatedInputsWarning, NotApplicable

RHO = 0.8
SCORE = 4.0  # standard errors


def normal_rows(n, seed=0):
    law = stats.multivariate_normal([0, 0], [[1, RHO], [RHO, 1]])
    return law.rvs(n, random_state=seed)


def product(x):
    return x[:, 0] * x[:, 1]


def ale(function, X, column=0, budget=10**9, most=10**9):
    model = sb.Model(function, X[:2])
    return accumulated_local_effects(model, X, column, "x", budget=budget, most=most)


def pd_of(function, X, column=0, separate=False, budget=10**9, most=10**9):
    model = sb.Model(function, X[:2])
    return partial_dependence(
        model, X, column, "x", separate=separate, budget=budget, most=most
    )  # fmt: skip


@pytest.mark.parametrize("kind", [ale, pd_of])
def test_a_linear_model_has_its_coefficient_whatever_the_dependence(kind):
    X = normal_rows(2000)
    curve = kind(lambda x: 2 * x[:, 0] - 3 * x[:, 1], X)
    np.testing.assert_allclose(np.diff(curve.value[:, 0]) / np.diff(curve.at), 2, rtol=1e-9)
    # less its mean over the rows: the curve is 0 at their mean, but for the rows beyond its ends
    zero = np.interp(0.0, curve.value[:, 0], curve.at)
    inside = X[(X[:, 0] >= curve.at[0]) & (X[:, 0] <= curve.at[-1]), 0]
    assert zero == pytest.approx(inside.mean(), abs=0.02)


def test_local_effects_of_a_product_are_those_of_the_conditional_mean():
    X = normal_rows(40_000)
    curve = ale(product, X)
    z = curve.at
    # E[x2 | x1 in a bin] = rho E[x1 | bin], of a normal x1; its variance within rows is 1 - rho²
    inner = (stats.norm.pdf(z[:-1]) - stats.norm.pdf(z[1:])) / np.diff(stats.norm.cdf(z))
    rows = np.histogram(X[:, 0], z)[0]
    known = np.cumsum(RHO * inner * np.diff(z))
    error = np.sqrt(np.cumsum((1 - RHO**2 + RHO**2 * 0.02) / rows * np.diff(z) ** 2))
    gap = curve.value[1:, 0] - curve.value[0, 0] - known
    assert (np.abs(gap) < SCORE * error).all()
    # and of narrow bins they are the integral of the conditional mean, rho z²/2
    closed = RHO * (z**2 - z[0] ** 2) / 2
    np.testing.assert_allclose(curve.value[:, 0] - curve.value[0, 0], closed, atol=0.1)


def test_partial_dependence_of_a_product_knows_no_dependence():
    X = normal_rows(500)
    curve = pd_of(product, X)
    moved = curve.at - np.interp(0.0, curve.value[:, 0] / X[:, 1].mean(), curve.at)
    np.testing.assert_allclose(curve.value[:, 0], X[:, 1].mean() * moved, atol=1e-10)
    # each row's own curve is x2 z
    low, high = np.quantile(X[:, 1], [0.1, 0.9])
    right = moved > 0
    np.testing.assert_allclose(curve.low[right, 0], low * moved[right], rtol=1e-6)
    np.testing.assert_allclose(curve.high[right, 0], high * moved[right], rtol=1e-6)


def test_partial_dependence_as_by_scikit_learn():
    X = normal_rows(400)
    tree = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, np.sin(2 * X[:, 0]) * X[:, 1])
    curve = pd_of(tree.predict, X)
    other = by_sklearn(tree, X, [0], method="brute", kind="both", custom_values={0: curve.at})
    np.testing.assert_allclose(np.diff(curve.value[:, 0]), np.diff(other["average"][0]), atol=1e-12)
    assert other["individual"].shape[1] == curve.rows
    assert curve.n_forward == curve.rows * len(curve.at)


def test_rows_of_an_additive_model_have_the_same_curve():
    curve = pd_of(lambda x: x[:, 0] ** 2 + 5 * x[:, 1], normal_rows(300))
    np.testing.assert_allclose(curve.low, curve.value, atol=1e-9)
    np.testing.assert_allclose(curve.high, curve.value, atol=1e-9)


def test_separate_values_have_an_effect_each():
    levels = np.array([0.0, 5.0, 1.0])
    codes = np.repeat([0.0, 1.0, 2.0], [50, 30, 20])
    X = np.stack([codes, np.random.default_rng(0).normal(size=100)], axis=1)
    curve = pd_of(lambda x: levels[x[:, 0].astype(int)] + x[:, 1], X, separate=True)
    assert curve.at.tolist() == [0, 1, 2]
    np.testing.assert_allclose(curve.value[:, 0], levels - (0.3 * 5 + 0.2 * 1), atol=1e-12)


def test_many_equal_values_leave_no_bin_empty():
    rng = np.random.default_rng(0)
    X = np.stack([np.where(rng.random(900) < 0.9, 0.0, rng.random(900)), rng.random(900)], axis=1)
    for curve in (ale(lambda x: 3 * x[:, 0], X), pd_of(lambda x: 3 * x[:, 0], X)):
        np.testing.assert_allclose(np.diff(curve.value[:, 0]) / np.diff(curve.at), 3, rtol=1e-9)
        assert curve.at[-1] > 0.8


def test_the_mean_slope_is_that_of_the_local_effects():
    X = normal_rows(1000)
    problem = sb.Problem.of(product, sb.InputSpace.normal({"x1": (0, 1), "x2": (0, 1)}), X=X)
    slopes = slopes_of(problem, X, len(X), 10_000)
    along = slopes_along(slopes, "x1")
    order = np.sort(X[:, 0])
    assert order[0] < along.at[0] < along.at[-1] < order[-1]
    # the slope at a row is x2, given x1 normal with mean rho x1 and variance 1 - rho²
    at_least = 5  # rows of a bin
    error = np.sqrt((1 - RHO**2) / at_least)
    assert (np.abs(along.mean[:, 0] - RHO * along.at) < SCORE * error).all()
    middle = np.abs(along.at) < 1
    spread = (along.high - along.low)[middle, 0]
    known = 2 * stats.norm.ppf(0.9) * np.sqrt(1 - RHO**2)
    np.testing.assert_allclose(spread.mean(), known, rtol=0.15)


def test_a_budget_bounds_the_rows_and_too_small_a_one_is_refused():
    X = normal_rows(3000)
    assert ale(product, X, budget=500).rows <= 250
    assert ale(product, X, budget=500).n_forward <= 500
    assert pd_of(product, X, budget=500).n_forward <= 500
    with pytest.raises(NotApplicable, match="a budget of 340 rows or more per input, for 20 rows"):
        pd_of(product, X, budget=100)


def test_effects_are_computed_once_and_choose_the_kind_by_the_input():
    X = normal_rows(200)
    X[:, 1] = np.round(X[:, 1])
    with pytest.warns(CorrelatedInputsWarning):
        space = sb.InputSpace.from_data(X, ["a", "b"], discrete=["b"])
    effects = Effects(sb.Problem.of(product, space, X=X), 6000, seed=0)
    assert effects.curve("a", True) is effects.curve("a", True)
    kinds = [effects.curve("a", True).kind, effects.curve("a", False).kind]
    assert kinds == [Kind.ACCUMULATED, Kind.PARTIAL]
    assert effects.curve("b", True).kind == Kind.PARTIAL  # codes have no order
