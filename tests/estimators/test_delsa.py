"""DELSA: local shares of rows, against closed forms and rows by hand."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb


def load(**params):
    return sb.estimators.load("delsa", **params)


def test_every_row_of_a_linear_model_has_the_total_order_indices():
    space = sb.InputSpace.of({"a": stats.norm(3, 2), "b": (0.0, 6.0), "c": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1] + 0 * x[:, 2], space)
    result = load().estimate(problem, budget=400)
    exact = np.array([4, 4 * 3, 0]) / 16
    for name in result.estimates:
        for end in ("low", "value", "high"):
            np.testing.assert_allclose(getattr(result[name], end)[0], exact, atol=1e-12)


def test_quantiles_of_a_product_of_normals_in_closed_form():
    """Of a·b the share of a is b²/(a² + b²): arcsine distributed for standard normal inputs."""
    space = sb.InputSpace.normal({name: (0, 1) for name in "ab"})
    result = load().estimate(sb.Problem.of(lambda x: x[:, 0] * x[:, 1], space), budget=40_000)
    for name, share in {"delsa_median": 0.5, "delsa_q10": 0.1, "delsa_q90": 0.9}.items():
        exact = np.sin(np.pi * share / 2) ** 2
        np.testing.assert_allclose(result[name].value[0], exact, atol=0.02)
        assert (result[name].low <= exact + 0.01).all()
        assert (result[name].high >= exact - 0.01).all()
    np.testing.assert_allclose(result["delsa_mean"].value[0], 0.5, atol=0.01)
    assert result["delsa_mean"].interval.method == "Student's t"
    assert result["delsa_q10"].interval.method == "order statistics"


def test_shares_are_those_of_the_rows_slopes():
    problem = sb.problems.load("ishigami")
    rng = np.random.default_rng(2)
    X = problem.space.sample(150, rng)
    on_rows = sb.Problem.of(problem.explained, sb.InputSpace.from_data(X), X=X)
    result = load().estimate(on_rows, budget=300)
    squares = (sb.jacobian(problem.explained, X)[:, 0] * X.std(axis=0)) ** 2
    shares = squares / squares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(result["delsa_mean"].value[0], shares.mean(axis=0))
    np.testing.assert_allclose(result["delsa_q90"].value[0], np.quantile(shares, 0.9, axis=0))
    n = len(shares)
    # the ends are order statistics: at least 95 % between them, by the binomial distribution
    ordered = np.sort(shares, axis=0)
    for name, share in {"delsa_median": 0.5, "delsa_q90": 0.9}.items():
        low = np.argmax(ordered[:, 0] >= result[name].low[0, 0]) + 1
        high = np.argmax(ordered[:, 0] >= result[name].high[0, 0]) + 1
        inside = stats.binom.cdf(high - 1, n, share) - stats.binom.cdf(low - 1, n, share)
        assert 0.95 <= inside < 0.985


def test_few_rows_leave_an_end_at_the_range():
    """Of ten rows none is surely above the 90 % quantile."""
    result = load().estimate(sb.problems.load("ishigami"), budget=20)
    assert (result["delsa_q90"].high == 1).all()
    assert (result["delsa_q10"].low == 0).all()


def test_rows_without_slopes_are_left_out_and_counted():
    space = sb.InputSpace.uniform({"a": (-1.0, 1.0), "b": (-1.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0].clamp(min=0) * (2 + x[:, 1]), space)
    result = load().estimate(problem, budget=400)
    assert result["delsa_mean"].value[0].sum() == pytest.approx(1)
    assert any("rows for 'y', where all slopes are 0" in note for note in result.notes)


def test_shares_of_slopes_of_extreme_size():
    space = sb.InputSpace.normal({name: (0, 1) for name in "ab"})
    problem = sb.Problem.of(lambda x: 1e200 * x[:, 0] + 2e200 * x[:, 1], space)
    result = load().estimate(problem, budget=60)
    np.testing.assert_allclose(result["delsa_mean"].value[0], [0.2, 0.8])
