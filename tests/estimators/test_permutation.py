import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

import sensbench as sb
from sensbench.errors import BudgetTooSmall
from sensbench.estimators.permutation.permutation import _donors

Z = 5


def test_permutation_is_twice_the_variance_times_the_total_index(product_problem):
    """Var f = 4/9 and ST = (1, 1/4, 0), integrated by hand in the fixture."""
    found = sb.estimators.load("permutation").estimate(product_problem, budget=80_000)
    exact = 2 * 4 / 9 * np.array([1, 0.25, 0])
    for measure, scale in (
        ("permutation_mse", 1.0),
        ("permutation_r2", 9 / 4),
        ("permutation_total_order", 9 / 8),
    ):
        item = found[measure]
        se = (item.high - item.low)[0] / (2 * 1.96)
        assert (np.abs(item.value[0] - scale * exact) <= Z * se).all(), measure
        assert se[0] < 0.05 * scale * exact[0]


def test_the_identity_holds_for_other_marginals_too():
    """f = a b, a ~ N(2, 1), b ~ Exp(1): E[Var(f|b)] = E b² = 2, E[Var(f|a)] = E a² = 5."""
    space = sb.InputSpace.of({"a": stats.norm(2, 1), "b": stats.expon()})
    problem = sb.Problem.of(lambda x: x[:, 0] * x[:, 1], space)
    item = sb.estimators.load("permutation", repeats=2).estimate(problem, budget=200_000)
    item = item["permutation_mse"]
    se = (item.high - item.low)[0] / (2 * 1.96)
    assert (np.abs(item.value[0] - [4.0, 10.0]) < Z * se).all()


def test_the_numbers_are_scikit_learns_on_the_same_rows(rng):
    X, noise = rng.normal(size=(150, 3)), rng.normal(size=150)
    y = X @ [1.0, -2.0, 0.0] + noise
    fitted = LinearRegression().fit(X, y)
    coef, intercept = torch.tensor(fitted.coef_), float(fitted.intercept_)
    problem = sb.Problem.of(lambda x: x @ coef + intercept, sb.InputSpace.from_data(X), X=X, y=y)
    found = sb.estimators.load("permutation", repeats=4).estimate(problem, budget=5000, seed=11)
    state = int(np.random.default_rng(11).integers(1, 2**31 - 1))
    for measure, scoring in (
        ("permutation_mse", "neg_mean_squared_error"),
        ("permutation_r2", "r2"),
    ):
        theirs = permutation_importance(
            fitted, X, y, scoring=scoring, n_repeats=4, random_state=state
        )
        np.testing.assert_allclose(
            found[measure].value[0], theirs.importances_mean, rtol=1e-9, atol=1e-12
        )
    assert found.n_forward == 150 * (1 + 3 * 4)
    assert found.inputs == "the 150 data rows"


def test_against_noisy_targets_the_total_order_is_still_a_share_of_the_models_variance(rng):
    """scikit-learn's rise of the squared error over twice Var f; Var y is eleven times as much."""
    X = rng.normal(size=(200, 2))
    fitted = LinearRegression().fit(X, X @ [2.0, 1.0])
    y = X @ [2.0, 1.0] + 7 * rng.normal(size=200)
    problem = sb.Problem.of(fitted, sb.InputSpace.from_data(X), X=X, y=y)
    found = sb.estimators.load("permutation", repeats=3).estimate(problem, budget=1400, seed=2)
    state = int(np.random.default_rng(2).integers(1, 2**31 - 1))
    rise = permutation_importance(
        fitted, X, y, scoring="neg_mean_squared_error", n_repeats=3, random_state=state
    ).importances_mean
    variance = fitted.predict(X).var()
    np.testing.assert_allclose(
        found["permutation_total_order"].value[0], rise / (2 * variance), rtol=1e-9
    )
    np.testing.assert_allclose(found["permutation_r2"].value[0], rise / y.var(), rtol=1e-9)


@pytest.mark.parametrize(("n", "d", "outputs", "repeats"), [(12, 2, 1, 1), (3000, 4, 2, 3)])
def test_every_output_has_scikit_learns_numbers(monkeypatch, n, d, outputs, repeats):
    """Rows in many calls and groups of rows; scikit-learn collapses outputs, so one at a time."""
    monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", 1000)
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, d))
    y = np.sin(X @ rng.normal(size=(d, outputs))) + rng.normal(size=(n, outputs))
    fitted = LinearRegression().fit(X, y)
    problem = sb.Problem.of(fitted, sb.InputSpace.from_data(X), X=X, y=y)
    estimator = sb.estimators.load("permutation", repeats=repeats)
    found = estimator.estimate(problem, budget=n * (1 + d * repeats), seed=3)
    state = int(np.random.default_rng(3).integers(1, 2**31 - 1))
    for k in range(outputs):
        alone = LinearRegression().fit(X, y[:, k])
        for measure, scoring in (
            ("permutation_mse", "neg_mean_squared_error"),
            ("permutation_r2", "r2"),
        ):
            theirs = permutation_importance(
                alone, X, y[:, k], scoring=scoring, n_repeats=repeats, random_state=state
            )
            np.testing.assert_allclose(
                found[measure].value[k], theirs.importances_mean, rtol=0, atol=1e-12
            )


def test_outputs_are_not_collapsed():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    both = sb.Problem.of(lambda x: torch.stack([x[:, 0], 100 * x[:, 1]], 1), space)
    found = sb.estimators.load("permutation").estimate(both, budget=20_000)
    np.testing.assert_allclose(found["permutation_total_order"].value, np.eye(2), atol=0.1)


def test_a_rows_part_is_that_of_the_row_evaluated_and_of_the_donor(rng):
    """Student's interval of both rises by hand, for y = a and one repeat.

    The upper end allows for rises that were not met, beyond that.
    """
    a = rng.uniform(1, 3, size=60)
    X = np.column_stack([a, rng.normal(size=60)])
    problem = sb.Problem.of(lambda x: x[:, 0], sb.InputSpace.from_data(X), X=X)
    item = sb.estimators.load("permutation", repeats=1).estimate(problem, budget=180, seed=4)
    item = item["permutation_mse"]
    (donor,) = _donors(60, 1, int(np.random.default_rng(4).integers(1, 2**31 - 1)))
    parts = (a - a[donor]) ** 2
    parts[donor] += (a - a[donor]) ** 2
    half = stats.t.ppf(0.975, 59) * parts.std(ddof=1) / np.sqrt(60)
    assert item.value[0, 0] == pytest.approx(parts.mean() / 2)
    assert item.value[0, 0] - item.low[0, 0] == pytest.approx(half, rel=1e-6)
    assert half <= item.high[0, 0] - item.value[0, 0] < 1.5 * half


def test_ten_rows_are_the_fewest(product_problem):
    estimator = sb.estimators.load("permutation", repeats=2)
    with pytest.raises(BudgetTooSmall, match="at least 70 rows"):
        estimator.estimate(product_problem, budget=69)
    assert estimator.estimate(product_problem, budget=70).n_forward == 70


def test_r2_of_a_constant_target_is_undefined_at_any_number_of_rows(rng):
    """The standard deviation of 0.1 repeated a thousand times is not 0."""
    X = rng.normal(size=(1000, 2))
    y = np.full(1000, 0.1)
    assert y.std() > 0
    problem = sb.Problem.of(lambda x: x.sum(1), sb.InputSpace.from_data(X), X=X, y=y)
    found = sb.estimators.load("permutation").estimate(problem, budget=5000)
    assert np.isnan(found["permutation_r2"].value).all()
    assert "the target is constant" in found["permutation_r2"].note


def test_no_interval_where_few_rows_carry_the_rise_or_the_variance():
    """exp(2a) of 23 normal rows: one or two of them make most of the variance."""
    problem = sb.Problem.of(
        lambda x: torch.exp(2 * x[:, 0]) + x[:, 1],
        sb.InputSpace.of({"a": stats.norm(), "b": stats.norm()}),
    )
    result = sb.estimators.load("permutation").estimate(problem, budget=11 * 23, seed=1)
    for measure in ("permutation_mse", "permutation_total_order"):
        assert np.isnan(result[measure].high).all()
    assert any("few rows carry the effects" in note for note in result.notes)
