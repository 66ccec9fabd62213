"""retrained(): importance over several trainings, against closed forms of a line."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from torch import nn

import sensbench as sb
from sensbench.errors import InputError, ModelError

SLOPES, NOISE = np.array([2.0, 1.0, 0.0]), 0.3


def line(X, y, seed):
    """A line whose slopes are off by normal noise, another in every training."""
    module = nn.Linear(3, 1, bias=False)
    with torch.no_grad():
        slopes = SLOPES + NOISE * np.random.default_rng(seed).normal(size=3)
        module.weight.copy_(torch.from_numpy(slopes)[None])
    return module


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(400, 3))
    return X, X @ SLOPES


def test_means_and_spreads_are_those_of_the_trained_models(rows):
    """A line's standardised slope is |b_i|σ_i over the root of the sum of (b_i σ_i)²."""
    X, y = rows
    found = sb.retrained(
        sb.Refit(line, X, y), X, estimators=["gradient", "permutation"], budget=800, times=4
    )
    table = found.table[found.table["estimator"] == "gradient"]
    slopes = np.array(_weights(X, y))
    sizes = np.abs(slopes) * X.std(axis=0) / (X @ slopes.T).std(axis=0)[:, None]
    np.testing.assert_allclose(table["value"], sizes.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(table["spread"], sizes.std(axis=0, ddof=1), rtol=1e-4)
    np.testing.assert_allclose(table["least"], sizes.min(axis=0), rtol=1e-5)
    np.testing.assert_allclose(table["most"], sizes.max(axis=0), rtol=1e-5)
    assert (table["times"] == 4).all()
    assert len(found.table) == 6
    assert "retrained: mean over 4 trained models" in str(found)


def _weights(X, y, times=4, seed=0):
    seeds = np.random.default_rng(seed).integers(1, 2**31 - 1, size=times).tolist()
    return [line(X, y, one).weight.detach().numpy()[0].astype(float) for one in seeds]


def test_a_training_that_is_always_the_same_adds_nothing(rows):
    X, y = rows
    found = sb.retrained(
        sb.Refit(LinearRegression(), X, y), X, estimators="permutation", budget=800, times=2
    )
    assert (found.table["spread"] < 1e-12).all()
    (first, second) = (one.results.headline() for one in found.comparisons)
    np.testing.assert_allclose(first["value"], second["value"])
    np.testing.assert_allclose(found.table["high"], first["high"])


def test_without_rows_those_that_are_learned(rows):
    X, y = rows
    found = sb.retrained(sb.Refit(line, X, y), estimators="gradient", budget=800, times=2)
    assert len(found.table) == 3


def test_a_network_of_a_problem():
    problem = sb.problems.load("linear_gaussian")
    network = sb.networks.load("mlp", hidden=(8,), iterations=50, train_rows=200)
    refit = network.train(problem, 0).problem(problem).refit
    found = sb.retrained(refit, space=problem.space, estimators="gradient", budget=400, times=2)
    assert (found.table["spread"] > 0).all()


def test_what_does_not_fit_is_said(rows):
    X, y = rows
    with pytest.raises(InputError, match=r"expected how the model is trained, sb.Refit\(train"):
        sb.retrained(nn.Linear(3, 1), X)
    with pytest.raises(InputError, match="retrained: expected times >= 2; got 1"):
        sb.retrained(sb.Refit(line, X, y), X, times=1)
    with pytest.raises(ModelError, match="retrained: expected the model to be trained again"):
        sb.retrained(sb.Refit(lambda X, y, seed: 1 / 0, X, y), X)


@pytest.mark.slow
def test_coverage_of_the_mean_over_trainings(rows):
    """Of all trainings: E of a ratio of normal slopes, from many of them."""
    X, y = rows
    slopes = SLOPES + NOISE * np.random.default_rng(1).normal(size=(200_000, 3))
    exact = (np.abs(slopes) / np.linalg.norm(slopes, axis=1, keepdims=True)).mean(axis=0)
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
    held = []
    for seed in range(60):
        table = sb.retrained(
            sb.Refit(line, X, y), space=space, estimators="gradient", budget=400, times=4,
            seed=seed,
        ).table  # fmt: skip
        held.append((table["low"] <= exact) & (exact <= table["high"]))
    assert (np.mean(held, axis=0) >= 0.83).all()
