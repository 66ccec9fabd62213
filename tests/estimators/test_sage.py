"""SAGE: closed forms, hidimstat's own where it has the same estimand, sums, coverage."""

import numpy as np
import pytest

import sensbench as sb
from sensbench import estimators
from sensbench.testing import _known

RUNS = 100


def load(**params):
    return estimators.load("sage", **params)


def test_of_a_models_own_output_it_is_the_shapley_effect():
    problem = sb.problems.load("ishigami")
    result = load().estimate(problem, budget=150_000)
    exact = problem.truth["shapley"].value
    error = (result["sage_r2"].high - result["sage_r2"].low) / 2 / 1.96
    assert (np.abs(result["sage_r2"].value - exact) < 4.5 * error).all()
    assert (error < 0.02).all()
    assert result.n_forward <= 150_000


def test_values_add_up_to_the_explained_variance(rng):
    """To the bit but for which rows lend values: the mean of the empty set's products."""
    X = rng.normal(size=(4000, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.7 * rng.normal(size=4000)
    space = sb.InputSpace.from_data(X)
    problem = sb.Problem.of(lambda x: x @ np.array([1.0, -1.5, 0.0]), space, X=X, y=y)
    result = load().estimate(problem, budget=4000 * 5)
    assert result.n_forward == 4000 * 5
    explained = y.var() - ((y - X @ [1.0, -1.5, 0.0]) ** 2).mean()
    assert result["sage_mse"].value.sum() == pytest.approx(explained, rel=0.05)
    # of a line, by hand: 2·Cov(y, b x) - Var(b x) for each
    exact = 2 * np.array([1.0, 3.0, 0.0]) - np.array([1.0, 2.25, 0.0])
    half = (result["sage_mse"].high - result["sage_mse"].low)[0] / 2
    assert (np.abs(result["sage_mse"].value[0] - exact) <= 2.3 * half + 1e-12).all()


@pytest.mark.slow
def test_hidimstats_is_twice_as_much_of_the_models_own_output(rng, capsys):
    hidimstat = pytest.importorskip("hidimstat", reason="needs the extra conditional")
    from sklearn.linear_model import LinearRegression

    X = rng.normal(size=(300, 3))
    model = LinearRegression().fit(X, X @ [1.0, 2.0, 0.0])
    theirs = hidimstat.SAGE(model, n_subsets=20, n_permutations=20, random_state=0)
    theirs = theirs.fit(X, None).importance(X, model.predict(X))
    capsys.readouterr()
    space = sb.InputSpace.from_data(X)
    ours = load().estimate(sb.Problem.of(model, space, X=X), budget=300 * 5)["sage_mse"]
    np.testing.assert_allclose(ours.value[0], theirs / 2, atol=0.8)
    np.testing.assert_allclose(theirs / 2, [1.0, 4.0, 0.0], atol=0.6)


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 1000])
def test_intervals_cover(n):
    problem = sb.problems.load("ishigami")
    hits = {"sage_mse": [], "sage_r2": []}
    exact = problem.truth["shapley"].value
    truth = {"sage_r2": exact, "sage_mse": exact * problem.truth["variance"].value[:, None]}
    for seed in range(RUNS):
        result = load().estimate(problem, budget=n * 5, seed=seed)
        for name, held in hits.items():
            held.append((result[name].low <= truth[name]) & (truth[name] <= result[name].high))
    for held in hits.values():
        assert (np.mean(held, axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / RUNS)).all()


def test_dependent_rows_have_a_closed_form_of_a_line():
    problem = _known.data(1)
    result = load().estimate(problem, budget=800 * 7)
    exact = _known.data_answers()["sage_r2"]
    half = (result["sage_r2"].high - result["sage_r2"].low) / 2
    assert (np.abs(result["sage_r2"].value - exact) <= 2.3 * half + 1e-9).all()
