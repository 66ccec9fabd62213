"""Methods that average: no interval and a reason where tails are heavy, one where they are not."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

import sensbench as sb
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.loss_tails import LossTails

# method, a measure that divides by a variance or is a mean of squares, budget
METHODS = [
    ("conditional_permutation", "conditional_permutation_total_order", 4000),
    ("leave_one_out", "leave_one_out_r2", 6000),
    ("conditional_gradient", "derivative_following_standardised", 2000),
    ("kucherenko", "total_order", 3500),
    ("radial", "total_order", 2000),
    ("sage", "sage_r2", 2500),
    ("second_derivative", "derivative_rms_standardised", 2000),
    ("saliency", "derivative_rms_standardised", 1000),
    ("input_x_gradient", "input_x_gradient_rms", 1000),
    ("integrated_gradients", "integrated_gradients_rms", 8000),
]


def heavy(x):
    return (x @ torch.tensor([2.0, 1.5], dtype=x.dtype)).exp()


def light(x):
    return x[:, 0].sin() + x[:, 1] + x[:, 0] * x[:, 1] / 2


def found(function, method, budget):
    problem = sb.Problem.of(function, sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)}))
    return sb.estimators.load(method).estimate(problem, budget=budget, seed=0)


@pytest.mark.parametrize(("method", "measure", "budget"), METHODS)
def test_a_heavy_tail_has_no_interval_and_a_reason(method, measure, budget):
    result = found(heavy, method, budget)
    item = result[measure]
    assert np.isnan(item.low).all()
    assert np.isnan(item.high).all()
    assert item.unsettled.all()
    assert any("a few rows decide" in note for note in result.notes)


@pytest.mark.parametrize(("method", "measure", "budget"), METHODS)
def test_a_light_tail_keeps_its_interval(method, measure, budget):
    item = found(light, method, budget)[measure]
    assert not item.unsettled.any()
    assert (item.low <= item.value).all()
    assert (item.value < item.high).all()


def retrained(method, y):
    """Return the fall of R² by a line that is fitted again, judged on rows with targets y(X)."""
    X = np.random.default_rng(1).normal(size=(1200, 2))
    Y = y(X)
    fitted = LinearRegression().fit(X[:200], Y[:200])
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    refit = sb.Refit(LinearRegression(), X[:200], Y[:200])
    problem = sb.Problem.of(fitted.predict, space, X=X[200:], y=Y[200:], refit=refit)
    return sb.estimators.load(method).estimate(problem, budget=1000, seed=0)[f"{method}_r2"]


@pytest.mark.parametrize("method", ["drop_column", "loco"])
def test_models_trained_again_are_judged_alike(method):
    if method == "loco":
        pytest.importorskip("hidimstat", reason="needs the extra conditional")
    wild = retrained(method, lambda X: np.exp(2 * X[:, 0] + X[:, 1]))
    assert wild.unsettled.all()
    assert np.isnan([wild.low, wild.high]).all()
    tame = retrained(method, lambda X: 2 * X[:, 0] + X[:, 1] + np.sin(5 * X[:, 1]))
    assert (tame.low < tame.value).all()
    assert (tame.value < tame.high).all()


def test_a_corner_that_few_rows_reach_has_no_interval():
    """Three of 400 rows carry the rise of a, and look like no tail; b was not seen to be inert."""
    y = np.linspace(-1, 1, 400)[:, None]
    rises = np.zeros((2, 400, 1))
    rises[0, [7, 90, 201]] = 1.0
    tails = LossTails(2, y=y)
    for feature, rise in enumerate(rises):
        tails.add(feature, rise)
    means = {"rise": rises.mean(axis=1).T, "y²": (y**2).mean(axis=0)[:, None]}
    of = Interval(0.95, "delta method", SAMPLING)
    halves = {"mse": np.full((1, 2), 0.01)}
    item = tails.estimates(lambda m: {"mse": m["rise"]}, means, halves, of, ["a", "b"])["mse"]
    np.testing.assert_array_equal(item.value, [[3 / 400, 0]])
    assert np.isnan([item.low, item.high]).all()
    assert item.note == "no interval for 'a', 'b': few rows carry the effects; more tell"


def test_coefficients_of_heavy_outputs_reach_towards_zero():
    """A fit of few rows knows too little of the variance: the ends nearer to 0 are farther off."""
    result = found(heavy, "regression", 1000)
    for name in ("src", "pcc"):
        item = result[name]
        assert ((item.value - item.low) > 1.1 * (item.high - item.value)).all()
    tame = found(light, "regression", 1000)["src"]
    assert (tame.value - tame.low < 1.5 * (tame.high - tame.value)).all()


def test_the_spread_of_a_background_is_in_shaps_error():
    """φ = x - b: mean |φ| moves by the mean sign times the mean of b, σ/√K of K values."""
    from sensbench.estimators.shapley.shap import _of_background

    rng = np.random.default_rng(0)
    x, b = rng.normal(2.0, 1.0, 50), rng.normal(size=10)
    of_groups = (x[None, :] - b[:, None])[:, :, None, None]
    weights = np.full(10, 0.1)
    phi = of_groups.mean(axis=0)
    sign = np.sign(phi[:, 0, 0]).mean()
    exact = abs(sign) * b.std(ddof=1) / np.sqrt(10) / np.abs(phi).mean()
    assert _of_background(phi, of_groups, weights)[0, 0] == pytest.approx(exact)
    assert _of_background(0 * phi, 0 * of_groups, weights)[0, 0] == 0


def test_outputs_that_are_equal_but_for_rounding_stand_in_their_own_order():
    """One output in several units: which has the heaviest tail is rounding, of the processor."""

    def units(x):
        return torch.stack([heavy(x) * unit for unit in (1.0, 1e3 / 7, 3e-5, 1.1)], dim=1)

    said = [n for n in found(units, "radial", 2000).notes if "a few rows decide" in n]
    assert "'y[0]', 'y[1]', 'y[2]', 'y[3]'" in said[0]
