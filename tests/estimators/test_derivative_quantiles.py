"""Quantiles of slopes, against numpy's of all rows and closed forms."""

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb

SHARES = {f"derivative_abs_standardised_q{p}": p / 100 for p in (50, 90, 99)}


def load(**params):
    return sb.estimators.load("derivative_quantiles", **params)


def test_they_are_numpy_s_of_all_rows():
    problem = sb.problems.load("ishigami")
    X = problem.space.sample(500, np.random.default_rng(2))
    on_rows = sb.Problem.of(problem.explained, sb.InputSpace.from_data(X), X=X)
    found = load().estimate(on_rows, budget=1000)
    slopes = np.abs(sb.jacobian(problem.explained, X)[:, 0]) * X.std(axis=0)
    slopes = slopes / np.asarray(problem.explained.metered()(X)).std()
    for name, share in SHARES.items():
        np.testing.assert_allclose(found[name].value[0], np.quantile(slopes, share, axis=0))
        assert found[name].interval.method == "order statistics"
        assert (found[name].low <= found[name].value).all()
        assert (found[name].high >= found[name].value).all()


def test_a_linear_model_is_as_steep_everywhere():
    space = sb.InputSpace.of({"a": stats.norm(3, 2), "b": (0.0, 6.0), "c": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1] + 0 * x[:, 2], space)
    found = load().estimate(problem, budget=20_000)
    for name in SHARES:
        np.testing.assert_allclose(found[name].value[0], [0.5, np.sqrt(12) / 4, 0], rtol=0.03)
        assert found[name].low[0, 2] == found[name].high[0, 2] == 0


def test_few_rows_leave_high_quantiles_without_an_interval():
    found = load().estimate(sb.problems.load("ishigami"), budget=200)
    assert np.isfinite(found["derivative_abs_standardised_q90"].high).all()
    assert np.isnan(found["derivative_abs_standardised_q99"].high).all()
    assert "q99: 100 rows are too few for an interval" in " ".join(found.notes)


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 1000])
def test_coverage_of_the_slopes_of_a_square(n):
    """x²/2 of a standard normal x: slopes are half-normal, and σ_y = √½."""
    problem = sb.Problem.of(
        lambda x: x[:, 0] ** 2 / 2 + 0 * x[:, 1], sb.InputSpace.normal({"x": (0, 1), "i": (0, 1)})
    )
    held = {name: [] for name in SHARES}
    for seed in range(1, 201):
        found = load().estimate(problem, budget=2 * n, seed=seed)
        for name, share in SHARES.items():
            exact = stats.halfnorm.ppf(share) * np.sqrt(2)
            low, high = found[name].low[0, 0], found[name].high[0, 0]
            held[name] += [low <= exact <= high] if np.isfinite(high) else []
    for values in held.values():
        assert np.mean(values or [1]) >= 0.91


def test_groups_and_separate_values_have_none():
    space = sb.InputSpace.of({"a": (0, 1), "k": [0, 1]})
    found = load().estimate(sb.Problem.of(lambda x: torch.exp(x[:, 0]) + x[:, 1], space), budget=90)
    assert np.isnan(found["derivative_abs_standardised_q50"].value[0]).tolist() == [False, True]
