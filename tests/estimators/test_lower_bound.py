"""The lower bound of S_T from slopes: the squared correlation of output and input."""

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from experiments.coverage.cases import exponential

BOUND = "total_order_lower_bound"


def bound(problem, budget, seed=0):
    return sb.estimators.load("gradient").estimate(problem, budget=budget, seed=seed)[BOUND]


def test_a_linear_model_s_is_its_first_order_index():
    """Whatever the marginals are; and no noise but that of the output's variance."""
    space = sb.InputSpace.of(
        {"a": (0, 2), "b": stats.norm(1, 3), "c": stats.triang(0.2, 0, 4), "inert": (0, 1)}
    )
    weights = torch.tensor([2.0, -1.0, 0.5, 0.0], dtype=torch.float64)
    problem = sb.Problem.of(lambda x: x @ weights.to(x.dtype), space)
    found = bound(problem, 20_000)
    shares = (weights.numpy() * space.std()) ** 2
    ratio = found.value[0] / (shares / shares.sum()).clip(1e-300)
    np.testing.assert_allclose(ratio[:3], ratio[0], rtol=1e-4)
    assert ratio[0] == pytest.approx(1, abs=0.03)
    assert found.value[0, 3] == found.low[0, 3] == found.high[0, 3] == 0


def test_of_products_it_is_their_squared_correlation():
    """Of exp(x)·z by hand."""
    space = sb.InputSpace.of({"x": (0, 1), "z": stats.norm(2, 1)})
    problem = sb.Problem.of(lambda x: torch.exp(x[:, 0]) * x[:, 1], space)
    mean, square = np.e - 1, (np.e**2 - 1) / 2
    variance = square * 5 - (2 * mean) ** 2
    with_x = 2 * (1 - mean / 2)  # E[z]·(E[x·exp x] - E[x]E[exp x])
    exact = np.array([with_x**2 * 12, mean**2]) / variance
    found = [bound(problem, 4000, seed) for seed in range(20)]
    values = np.array([item.value[0] for item in found])
    assert (abs(values.mean(axis=0) - exact) < 4 * values.std(axis=0) / np.sqrt(20)).all()
    held = [(item.low[0] <= exact) & (exact <= item.high[0]) for item in found]
    assert (np.mean(held, axis=0) >= 0.8).all()


@pytest.mark.parametrize("problem", [sb.problems.load("ishigami"), exponential()])
def test_known_values(problem):
    known = problem.truth[BOUND].value[0]
    X = problem.space.sample(200_000, 1)
    y = np.asarray(problem.explained.metered()(X))[:, 0]
    squares = np.array([np.corrcoef(column, y)[0, 1] ** 2 for column in X.T])
    np.testing.assert_allclose(squares, known, atol=0.03)
    assert (known <= problem.truth["first_order"].value[0] + 1e-12).all()


def test_it_is_given_for_independent_inputs_with_a_kernel_only():
    plane = lambda x: x.sum(1)  # noqa: E731
    skewed = sb.InputSpace.of({"a": (0, 1), "b": stats.expon()})
    found = sb.estimators.load("gradient").estimate(sb.Problem.of(plane, skewed), budget=400)
    assert "input 'b': no bounded Stein kernel is known" in found.absent[BOUND].reason
    X = np.random.default_rng(0).normal(size=(200, 2))
    rows = sb.Problem.of(plane, sb.InputSpace.from_data(X), X=X)
    found = sb.estimators.load("gradient").estimate(rows, budget=400)
    assert "these are rows of data" in found.absent[BOUND].reason


@pytest.mark.slow
@pytest.mark.parametrize("name", ["linear_gaussian", "ishigami", "sobol_g"])
def test_coverage(name):
    problem = sb.problems.load(name)
    known = problem.truth[BOUND].value[0]
    held = []
    for seed in range(1, 201):
        found = bound(problem, 400, seed)
        held.append((found.low[0] <= known + 1e-12) & (known <= found.high[0] + 1e-12))
    assert (np.mean(held, axis=0) >= 0.91).all()
