import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

import sensbench as sb

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


@pytest.mark.parametrize(("n", "d", "outputs", "repeats"), [(12, 2, 1, 1), (3000, 4, 2, 3)])
def test_every_output_has_scikit_learns_numbers(monkeypatch, n, d, outputs, repeats):
    """Rows in many calls and groups of rows; scikit-learn collapses outputs, so one at a time."""
    monkeypatch.setattr("sensbench.model._CHUNK_ROWS", 1000)
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


def test_r2_of_a_constant_target_is_undefined_at_any_number_of_rows(rng):
    """The standard deviation of 0.1 repeated a thousand times is not 0."""
    X = rng.normal(size=(1000, 2))
    y = np.full(1000, 0.1)
    assert y.std() > 0
    problem = sb.Problem.of(lambda x: x.sum(1), sb.InputSpace.from_data(X), X=X, y=y)
    found = sb.estimators.load("permutation").estimate(problem, budget=5000)
    assert np.isnan(found["permutation_r2"].value).all()
    assert "the target is constant" in found["permutation_r2"].note
