"""A Gaussian process's indices: closed forms, rows left out by hand, intervals, refusals."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable, TooFewRows
from sensbench.estimators.surrogate._gaussian_process import Process


def load(**params):
    return sb.estimators.load("gaussian_process", **params)


def wave(n=40, seed=0):
    rng = np.random.default_rng(seed)
    Z = rng.uniform(-1, 1, (n, 2))
    y = np.sin(3 * Z[:, 0]) + 0.5 * Z[:, 1]
    return Z, (y - y.mean()) / y.std()


def test_errors_of_rows_left_out_are_those_of_fits_without_them():
    Z, y = wave()
    process = Process(Z, y)
    error, variance = process.left_out
    covariance = process._covariance(Z) + 1e-6 * np.eye(len(Z))
    for k in (0, 7, 39):
        rest = np.arange(len(Z)) != k
        solved = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[rest, k])
        assert error[k] == pytest.approx(y[k] - solved @ y[rest], rel=1e-6)
        exact = covariance[k, k] - solved @ covariance[rest, k]
        assert variance[k] == pytest.approx(exact, rel=1e-6)


def test_realisations_have_the_mean_and_spread_of_the_process():
    """At points: kᵀK⁻¹y, and k(z, z) - kᵀK⁻¹k times the correction."""
    Z, y = wave(15)
    process = Process(Z, y)
    points = np.random.default_rng(1).uniform(-1, 1, (30, 2))
    drawn = process.realisations(points, 4000, np.random.default_rng(2))
    covariance = process._covariance(Z) + 1e-6 * np.eye(len(Z))
    near = process._covariance(points, Z)
    mean = near @ np.linalg.solve(covariance, y)
    variance = np.diag(process._covariance(points)) - np.einsum(
        "ij,ji->i", near, np.linalg.solve(covariance, near.T)
    )
    np.testing.assert_allclose(process.mean(points), mean, atol=1e-8)
    spread = process.inflation * np.sqrt(variance)
    np.testing.assert_allclose(drawn.mean(axis=1), mean, atol=0.1 * spread.max())
    np.testing.assert_allclose(drawn.std(axis=1), spread, atol=0.05 * spread.max())


def test_a_linear_function_in_closed_form():
    space = sb.InputSpace.of({"a": stats.norm(0, 2), "b": (0.0, 6.0), "c": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] + x[:, 1] + 0 * x[:, 2], space)
    result = load().estimate(problem, budget=80)
    exact = np.array([4, 3, 0]) / 7
    for name in ("first_order", "total_order"):
        np.testing.assert_allclose(result[name].value[0], exact, atol=0.02)
        assert (result[name].low[0] <= exact).all()
        assert (exact <= result[name].high[0]).all()
    assert result["surrogate_q2"].value[0] > 0.999


def test_intervals_hold_what_the_fit_misses():
    problem = sb.problems.load("ishigami")
    wide = load().estimate(problem, budget=120)
    exact = problem.truth["total_order"].value
    assert (wide["total_order"].low <= exact).all()
    assert (exact <= wide["total_order"].high).all()
    missed = 1 - wide["surrogate_q2"].value[0]
    # an index of 0 may be as much as is missed
    assert (wide["total_order"].high - wide["total_order"].value > missed / 2).all()


def test_no_more_rows_are_taken_than_asked_for():
    problem = sb.problems.load("ishigami")
    assert load(rows=60, least_q2=0.0).estimate(problem, budget=5000).n_forward == 60


def test_what_it_does_not_fit_has_no_indices():
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(
        lambda x: (x[:, 0] * 200).sin() * (x[:, 1] * 200).sin(), space, outputs=["wave"]
    )
    result = load().estimate(problem, budget=60)
    assert np.isnan(result["total_order"].value).all()
    assert any("'wave'" in note and "Q² = 0.8" in note for note in result.notes)


def test_refusals():
    space = sb.InputSpace.of({"a": (0.0, 1.0), "rooms": [1, 2, 3]})
    with pytest.raises(NotApplicable, match=r"'rooms' takes 3 separate values"):
        load().estimate(sb.Problem.of(lambda x: x.sum(1), space), budget=100)
    many = sb.InputSpace.uniform({f"x{i}": (0.0, 1.0) for i in range(40)})
    with pytest.raises(TooFewRows, match="at least 82 rows for 40 inputs"):
        load().estimate(sb.Problem.of(lambda x: x.sum(1), many), budget=50)
    for wrong in ({"rows": 3}, {"least_q2": 2}, {"confidence": 1}):
        with pytest.raises(InputError, match="gaussian_process"):
            load(**wrong)
