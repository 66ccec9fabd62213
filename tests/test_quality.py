import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score, root_mean_squared_error

from sensbench import networks, problems
from sensbench.inputs.space import InputSpace
from sensbench.model.quality import Quality, gradient_errors, qualities
from sensbench.problem.problem import Problem


def test_r2_and_rmse_are_those_of_scikit_learn(rng):
    y, noise = rng.normal(3.0, 2.0, (50, 2)), rng.normal(size=(50, 2))
    found = qualities(y, y + noise, ["a", "b"])
    for k, name in enumerate(found):
        assert found[name].r2 == pytest.approx(r2_score(y[:, k], (y + noise)[:, k]))
        rmse = root_mean_squared_error(y[:, k], (y + noise)[:, k])
        assert found[name].rmse == pytest.approx(rmse)
        assert found[name].gradient_error is None


def test_constant_targets_have_no_quality():
    y = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 2.0]])
    assert qualities(y, y + np.array([0.0, 1.0]), ["a", "b"]) == {"a": Quality(1.0, 0.0)}


def test_gradient_errors_of_known_slopes():
    exact = np.array([[[3.0, 0.0], [0.0, 0.0]], [[0.0, 4.0], [0.0, 0.0]]])
    sigma = np.array([2.0, 1.0])
    found = gradient_errors(np.zeros_like(exact), exact, sigma)
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])
    # off by 1 in the second input: √1 over √((2·3)² + 4²)/2
    off = gradient_errors(exact + np.array([0.0, 1.0]), exact, sigma)
    assert off[0] == pytest.approx(1.0 / np.sqrt((36.0 + 16.0) / 2))


def test_a_network_is_judged_by_the_gradient_of_the_function(rng):
    """By torch.func, on rows of our own: the same quantity up to the noise of sampling rows."""
    problem = problems.load("ishigami")
    trained = networks.load("mlp", hidden=(16,), iterations=60, train_rows=400).train(problem, 0)
    X = torch.from_numpy(problem.space.sample(4000, 99))
    x1, x2, x3 = X.T
    zero_mean = [
        x1.cos() * (1 + 0.1 * x3**4),
        7 * (2 * x2).sin(),
        0.4 * x3**3 * x1.sin(),
    ]
    exact = torch.stack(zero_mean, dim=1)
    J = torch.func.vmap(torch.func.jacrev(lambda x: trained.module(x[None])[0, 0]))(X)
    # all three inputs have the same sigma, so it drops out
    ours = float((((J - exact) ** 2).sum() / (exact**2).sum()).sqrt())
    assert 0.1 < ours < 1.0
    assert trained.quality["y"].gradient_error == pytest.approx(ours, rel=0.1)


def test_inputs_count_by_their_spread():
    """f = x + z with sd(z) 100 sd(x); the network that ignores x is off by 1 in 100, not in 2."""
    space = InputSpace.normal({"x": (0.0, 1.0), "z": (0.0, 100.0)})
    problem = Problem.of(lambda x: x[:, 0] + x[:, 1] + 30 * (x[:, 0] / 30).sin() ** 2, space)
    trained = networks.load("linear", train_rows=2000).train(problem, 0)
    # ∂f/∂x = 1 + sin(x/15), which varies by about x/15; ∂f/∂z is constant
    assert trained.quality["y"].gradient_error == pytest.approx(1 / 1500, rel=0.1)


def test_measured_targets_and_models_without_derivative_have_no_gradient_error():
    data = networks.load("linear").train(problems.load("diabetes"), 0)
    assert data.quality["disease_progression"].gradient_error is None
    space = InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    stairs = Problem.of(lambda x: (x * 8).round().sum(dim=1), space)
    trained = networks.load("linear", train_rows=100).train(stairs, 0)
    assert trained.quality["y"].r2 > 0.9
    assert trained.quality["y"].gradient_error is None


def test_plain_values_and_the_first_results_files():
    quality = Quality(0.9, 1.5, 0.2)
    assert Quality.from_plain(json.loads(json.dumps(asdict(quality)))) == quality
    assert Quality.from_plain(0.9) == Quality(0.9, None, None)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1])
def test_constant_targets_have_none_whatever_their_mean_is_rounded_to(value):
    y = np.full((1000, 2), value)
    y[::2, 1] = np.nextafter(value, 0)
    assert qualities(y, y + 0.5, ["a", "b"]) == {}
