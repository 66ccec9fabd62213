"""Training again without an input: closed forms of lines, real networks, refusals, coverage."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

import sensbench as sb
from sensbench import estimators, networks
from sensbench.errors import InputError, ModelError, NotApplicable
from sensbench.problem.problem import Data

RHO, BETA, NOISE = 0.6, np.array([2.0, 1.0, 0.0]), 0.5
COVARIANCE = np.array([[1.0, RHO, 0.0], [RHO, 1.0, 0.0], [0.0, 0.0, 1.0]])
# of a line that is fitted without an input: what the others do not tell of it
LEFT = BETA**2 / np.diag(np.linalg.inv(COVARIANCE))


def rows(n, rng):
    X = rng.multivariate_normal(np.zeros(3), COVARIANCE, n)
    return X, X @ BETA + NOISE * rng.normal(size=n)


def line(rng, n=400, learned=4000, methods=("drop_column", "loco")):
    X, y = rows(learned, rng)
    model = LinearRegression().fit(X, y)
    judged, targets = rows(n, rng)
    return sb.compare(
        model, judged, y=targets, budget=n, estimators=list(methods),
        refit=sb.Refit(LinearRegression(), X, y),
    )  # fmt: skip


def test_a_line_loses_what_the_others_do_not_tell(rng):
    pytest.importorskip("hidimstat", reason="needs the extra conditional")
    found = line(rng, n=20_000)
    for name in ("drop_column", "loco"):
        e = found[name][f"{name}_mse"]
        np.testing.assert_allclose(e.value[0], LEFT, atol=0.06)
        r2 = found[name][f"{name}_r2"].value[0]
        np.testing.assert_allclose(r2, LEFT / (BETA @ COVARIANCE @ BETA + NOISE**2), atol=0.02)
    assert (found["loco"]["loco_p_value"].value[0, :2] < 1e-12).all()
    assert any("trained 12 times" in note for note in found["drop_column"].notes)


def test_loco_is_hidimstats_called_by_hand(rng):
    hidimstat = pytest.importorskip("hidimstat", reason="needs the extra conditional")
    X, y = rows(300, rng)
    judged, targets = rows(200, rng)
    model = LinearRegression().fit(X, y)
    by_hand = hidimstat.LOCO(model).fit(X, y)
    space = sb.InputSpace.normal(dict.fromkeys("abc", (0.0, 1.0)))
    refit = sb.Refit(LinearRegression(), X, y)
    problem = sb.Problem.of(model, space, X=judged, y=targets, refit=refit)
    found = estimators.load("loco").estimate(problem, budget=200)
    exact = by_hand.importance(judged, targets)
    np.testing.assert_allclose(found["loco_mse"].value[0], exact, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("off", [0.0, 1e-15])
def test_p_values_are_of_the_loss_and_without_effect_they_are_1(off, rng):
    """Two trainings without the input may differ by rounding, which is no effect."""
    pytest.importorskip("hidimstat", reason="needs the extra conditional")
    X, y = rows(300, rng)

    def train(X, y, seed):
        """A line that never looks at the last column, if it has three."""
        coefficients = np.linalg.lstsq(X[:, :2], y, rcond=None)[0]
        coefficients *= 1 + off * (X.shape[1] == 3)
        return lambda x: x[:, :2] @ torch.from_numpy(coefficients)

    space = sb.InputSpace.normal(dict.fromkeys("abc", (0.0, 1.0)))
    problem = sb.Problem.of(train(X, y[:, None], 0), space, X=X, y=y, refit=sb.Refit(train, X, y))
    found = estimators.load("loco").estimate(problem, budget=300)
    assert found["loco_p_value"].value[0, 2] == 1.0
    assert abs(found["loco_mse"].value[0, 2]) < 1e-14
    assert any("at 0.05: c (output" in note for note in found.notes)


@pytest.mark.filterwarnings("ignore::sensbench.errors.CorrelatedInputsWarning")
@pytest.mark.slow
def test_p_values_call_few_inputs_without_effect(rng):
    """A line that is told an input of noise is a little worse on new rows, not better."""
    pytest.importorskip("hidimstat", reason="needs the extra conditional")
    called = []
    for _ in range(200):
        called.append(
            line(rng, n=100, learned=60, methods=["loco"])["loco"]["loco_p_value"].value[0, 2]
            < 0.05
        )
    assert np.mean(called) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
def test_intervals_of_drop_column_cover_rows_and_training():
    """Training that adds a random slope: the mean loss over trainings is known."""
    runs, tau, hits = 150, 0.3, []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        judged, targets = rows(200, rng)

        def train(X, y, seed):
            slopes = BETA[:2] if X.shape[1] == 3 else BETA[1:2]
            off = tau * np.random.default_rng(seed + X.shape[1]).normal()
            return lambda x: x[:, : len(slopes)] @ torch.from_numpy(slopes) + off

        space = sb.InputSpace.normal(dict.fromkeys("abc", (0.0, 1.0)))
        refit = sb.Refit(train, judged, targets)
        problem = sb.Problem.of(lambda x: x[:, 0], space, X=judged, y=targets, refit=refit)
        e = estimators.load("drop_column").estimate(problem, budget=200, seed=seed)
        e = e["drop_column_mse"]
        exact = _loss(np.array([0.0, 1.0, 0.0])) - _loss(np.array([2.0, 1.0, 0.0]))
        hits.append(e.low[0, 0] <= exact <= e.high[0, 0])
    assert np.mean(hits) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs)


def _loss(slopes):
    """Mean squared error of a line; the random offset has the same square in each."""
    return (BETA - slopes) @ COVARIANCE @ (BETA - slopes)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_networks_are_trained_for_real(kind, rng):
    """y = 2a + b with c of no effect, of rows: what is held out loses the explained part."""
    pytest.importorskip("hidimstat", reason="needs the extra conditional")
    X = rng.normal(size=(400, 3))
    y = X @ BETA + 0.1 * rng.normal(size=400)
    space = sb.InputSpace.from_data(X, ["a", "b", "c"])
    problem = sb.Problem(name="t", space=space, data=Data(X, y[:, None]), targets=("y",))
    options = {"hidden": (8,), "iterations": 60} if kind == "mlp" else {}
    asked = networks.load(kind, **options).train(problem, 0).problem(problem)
    for name in ("drop_column", "loco"):
        found = estimators.load(name).estimate(asked, budget=100)
        np.testing.assert_allclose(found[f"{name}_mse"].value[0], BETA**2, atol=1.2)
        assert abs(found[f"{name}_r2"].value[0, 2]) < 0.02
    again = estimators.load("drop_column").estimate(asked, budget=100)
    other = estimators.load("drop_column").estimate(asked, budget=100)
    np.testing.assert_array_equal(again["drop_column_mse"].value, other["drop_column_mse"].value)


def test_a_network_of_a_function_is_judged_by_the_function():
    space = sb.InputSpace.normal({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: 3 * x[:, 0] + 0.0 * x[:, 1], space)
    asked = networks.load("linear", train_rows=60).train(problem, 0).problem(problem)
    found = estimators.load("drop_column").estimate(asked, budget=2000)
    np.testing.assert_allclose(found["drop_column_mse"].value[0], [9.0, 0.0], atol=1.2)


def test_a_fresh_copy_of_a_regressor_has_the_seed():
    X = np.linspace(0, 1, 40)[:, None] ** [1, 2, 3]
    y = (X.sum(axis=1) * 7) % 1
    refit = sb.Refit(DecisionTreeRegressor(max_features=1), X, y)
    every = np.arange(3)
    one, same, other = (refit.trained(every, seed, "t")(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (refit.trained(np.array([0]), 1, "t")(X) == y[:, None]).all()
    assert other.shape == one.shape == (40, 1)
    mean = refit.trained(np.array([], dtype=int), 1, "t")(X)
    np.testing.assert_allclose(mean, y.mean())


def test_refusals(rng):
    space = sb.InputSpace.normal({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x.sum(1), space, name="net")
    with pytest.raises(NotApplicable, match=r"drop_column: .* how 'net' was trained is not known"):
        estimators.load("drop_column").estimate(problem, budget=100)
    with pytest.raises(InputError, match=r"Refit: expected train\(X, y, seed\)"):
        sb.Refit(3, np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(InputError, match="repeats >= 2"):
        estimators.load("drop_column", repeats=1)

    def broken(X, y, seed):
        raise RuntimeError("two columns only")

    X = rng.normal(size=(50, 2))
    failing = sb.Problem.of(lambda x: x.sum(1), space, refit=sb.Refit(broken, X, X.sum(axis=1)))
    with pytest.raises(ModelError, match="any number of columns"):
        estimators.load("drop_column").estimate(failing, budget=100)
    wide = sb.Refit(lambda X, y, seed: lambda x: x[:, :1].repeat(1, 3), X, X.sum(axis=1))
    with pytest.raises(ModelError, match="a trained model of 1 outputs"):
        wide.trained(np.arange(2), 0, "t")
