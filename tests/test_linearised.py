"""Intervals by the delta method, against classical ones, a bootstrap and repeated draws."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.estimator.bootstrap import RowGroups
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.linearised import Linearised, log_interval, symmetric_interval

OF = Interval(0.95, "delta method", SAMPLING)


def linearised(columns, confidence=0.95, most=128):
    groups = RowGroups(len(next(iter(columns.values()))), most)
    sums = {name: groups.sums(column) for name, column in columns.items()}
    return Linearised(sums, groups, confidence)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_of_a_mean_it_is_students_interval(rng, confidence):
    x = rng.exponential(size=(40, 2, 3))
    value, half = linearised({"x": x}, confidence=confidence)(lambda m: {"mean": m["x"]})
    low, high = stats.ttest_1samp(x, 0).confidence_interval(confidence)
    found = symmetric_interval(value["mean"], half["mean"], OF)
    np.testing.assert_allclose(found.low, low, rtol=1e-9)
    np.testing.assert_allclose(found.high, high, rtol=1e-9)


def test_of_a_ratio_it_is_fiellers_variance(rng):
    """Var(x̄/ȳ) ≈ (σ_x² - 2 r σ_xy + r² σ_y²)/(n ȳ²), r the ratio; shapes broadcast."""
    y = 3 + rng.normal(size=(100, 1))
    x = y * [1.0, -2.0] + rng.normal(size=(100, 2))
    _, half = linearised({"x": x, "y": y})(lambda m: {"ratio": m["x"] / m["y"]})
    r = x.mean(axis=0) / y.mean()
    for i in range(2):
        C = np.cov(x[:, i], y[:, 0])
        variance = (C[0, 0] - 2 * r[i] * C[0, 1] + r[i] ** 2 * C[1, 1]) / (100 * y.mean() ** 2)
        exact = stats.t.ppf(0.975, 99) * np.sqrt(variance)
        np.testing.assert_allclose(half["ratio"][i], exact, rtol=1e-5)


def test_groups_say_what_rows_say(rng):
    x = rng.normal(size=(50_000, 20))
    _, exact = linearised({"x": x}, most=50_000)(lambda m: {"mean": m["x"]})
    _, grouped = linearised({"x": x})(lambda m: {"mean": m["x"]})
    t = stats.t.ppf(0.975, 127) / stats.norm.ppf(0.975)
    # a standard error from 128 groups has one of 6 %; 20 of them, one of 1.4 %
    ratio = grouped["mean"] / exact["mean"] / t
    assert abs(ratio.mean() - 1) < 5 * 0.063 / np.sqrt(20)


def test_what_does_not_vary_has_no_width_and_what_is_undefined_stays_so():
    columns = {"c": np.full((50, 3), 2.0), "x": np.arange(150.0).reshape(50, 3)}
    value, half = linearised(columns)(
        lambda m: {"root": np.sqrt(m["c"]), "none": m["x"] * np.nan, "zero": 0 * m["x"]}
    )
    root = log_interval(value["root"], half["root"], OF)
    np.testing.assert_allclose([root.low, root.high], np.sqrt(2), rtol=1e-12)
    assert np.isnan(log_interval(value["none"], half["none"], OF).high).all()
    zero = log_interval(value["zero"], half["zero"], OF)
    assert not zero.low.any()
    assert not zero.high.any()


def test_on_a_logarithmic_scale_an_interval_ends_above_0():
    found = log_interval(np.array([1.0, 1e-3]), np.array([2.0, 1e3]), OF)
    assert (found.low > 0).all()
    assert np.isfinite(found.high).all()
    np.testing.assert_allclose(found.low * found.high, [1.0, 1e-6])


def test_an_interval_that_is_hardly_known_is_as_wide_as_that():
    """exp(half/value): up to exp(300), beyond which there soon are no numbers."""
    found = log_interval(np.array([2.0, 2.0, 2.0]), np.array([20.0, 400.0, 2000.0]), OF)
    np.testing.assert_allclose(np.log(found.high / 2), [10, 200, 300], rtol=1e-12)
    np.testing.assert_allclose(np.log(found.low / 2), [-10, -200, -300], rtol=1e-12)


def test_of_a_curved_statistic_it_is_the_tangents(rng):
    """exp of a mean that is far from known: the delta method's, as no difference would give."""
    x = 3 * rng.normal(size=(30, 1))
    value, half = linearised({"x": x})(lambda m: {"e": np.exp(m["x"])})
    error = x.std(ddof=1) / np.sqrt(30)
    exact = stats.t.ppf(0.975, 29) * np.exp(x.mean()) * error
    np.testing.assert_allclose(value["e"], np.exp(x.mean()))
    np.testing.assert_allclose(half["e"], exact, rtol=1e-6)


def test_up_to_128_rows_the_intervals_are_of_the_rows(rng):
    """The slope of x²/2 is x: Student's interval of its mean, with 127 degrees of freedom.

    Of bounded slopes, which leave nothing to allow for that was not met.
    """
    X = rng.uniform(size=(128, 1))
    problem = sb.Problem.of(lambda x: x[:, 0] ** 2 / 2, sb.InputSpace.from_data(X), X=X)
    item = sb.estimators.load("gradient").estimate(problem, budget=1000)["derivative_mean"]
    low, high = stats.ttest_1samp(X[:, 0], 0).confidence_interval()
    np.testing.assert_allclose([item.low[0, 0], item.high[0, 0]], [low, high], rtol=1e-6)
