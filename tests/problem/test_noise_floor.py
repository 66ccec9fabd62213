"""Inputs that the model ignores: others' numbers, cost, ranks, and how often chance is above."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import InputError, StudyError
from sensbench.findings.consensus import headline_shares
from sensbench.inputs.dependence import ConditionalDependence, DensityOfCopula
from sensbench.metrics.ranks import shares
from sensbench.model.ignoring import IgnoringModel
from sensbench.problem.noise_floor import with_noise_floor
from sensbench.problem.problem import Data
from sensbench.problem.truth import with_inert_inputs
from sensbench.report.tables.importance import importance_tables
from sensbench.study.config import check_study
from sensbench.study.planning import plan_of
from sensbench.study.runner import run_study

METHODS = ["gradient", "sobol", "morris", "permutation", "sage", "delta"]


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double()


@pytest.fixture
def X(rng):
    return rng.normal(size=(200, 3))


def test_an_ignoring_model_is_the_model_on_its_own_inputs(net, X, rng):
    model = sb.Model(net, X)
    wide = IgnoringModel(model.metered(10_000), ["a", "b"]).metered(10_000)
    more = np.hstack([X, rng.normal(size=(200, 2))])
    np.testing.assert_array_equal(wide(more), model(X))
    Y, J = wide.values_and_jacobian(more)
    np.testing.assert_array_equal(J[:, :, :3], model.jacobian(X))
    assert (J[:, :, 3:] == 0).all()
    assert Y.shape == (200, 2)
    H = wide.hessian(more[:5])
    np.testing.assert_array_equal(H[:, :, :3, :3], model.hessian(X[:5]))
    assert (H[:, :, 3:] == 0).all()
    (_, slopes) = next(iter(wide.values_and_slopes([more])))
    np.testing.assert_array_equal(slopes[0][:, :3], J[:, 0, :3])
    torch_model = wide.as_torch()
    before = wide.n_forward
    assert torch_model(torch.from_numpy(more)).shape == (200, 2)
    assert wide.n_forward == before + 200
    change = (np.array([1, 4]), rng.normal(size=(200, 2)))
    moved = more.copy()
    moved[:, change[0]] = change[1]
    exchanged = wide.exchanged(more, [change])
    np.testing.assert_allclose(exchanged[0], model(moved[:, :3]), rtol=1e-12)


def test_other_inputs_keep_their_numbers(net, X):
    """Those that are computed on the rows to the bit; the others' intervals hold the same."""
    asked = {"estimators": METHODS, "budget": 4000}
    plain = sb.compare(net, X, **asked)
    off = sb.compare(net, X, noise_floor=False, **asked)
    floored = sb.compare(net, X, noise_floor=True, **asked)
    for name in METHODS:
        for measure, item in plain[name].estimates.items():
            np.testing.assert_array_equal(item.value, off[name][measure].value)
    value = floored["gradient"]["derivative_rms_standardised"].value
    np.testing.assert_array_equal(
        value[:, :3], plain["gradient"]["derivative_rms_standardised"].value
    )
    for name, measure in (("sobol", "total_order"), ("sage", "sage_r2")):
        a, b = plain[name][measure], floored[name][measure]
        apart = a.high - a.low + (b.high - b.low)[:, :3]
        assert (np.abs(a.value - b.value[:, :3]) <= apart).all()
    for name in ("gradient", "sobol", "morris", "permutation"):
        e = floored[name]
        assert (np.abs(e[sb.estimators.load(name).ranks_by].value[:, 3]) <= 1e-9).all()


def test_sobol_costs_two_rows_and_one_per_input_with_the_ignored_ones(net, X):
    sobol = sb.estimators.load("sobol")
    for count in (1, 3):
        problem = with_noise_floor(sb.Problem.of(net, sb.InputSpace.from_data(X), X=X), count)
        result = sobol.estimate(problem, budget=5000)
        n = result.n_forward / (problem.d + 2)
        assert n == int(n)
        assert problem.d == 3 + count
        assert result.n_forward <= 5000


def test_what_is_not_above_is_marked_and_has_the_last_rank(rng):
    X = rng.normal(size=(300, 4))
    y = X[:, 0] + 0.5 * rng.normal(size=300)
    found = sb.compare(
        X=X, y=y, estimators=["mutual_information", "cramer_von_mises"], noise_floor=3, seed=2
    )
    results = found.results
    question = next(iter(results.questions.values()))
    assert question.noise_floor == ("ignored_1", "ignored_2", "ignored_3")
    frame = headline_shares(results)
    for _, rows in frame.groupby("estimator"):
        rows = rows.set_index("feature")
        bar = rows.loc[list(question.noise_floor), ["value", "low", "high"]].abs().max().max()
        assert (rows["floor"] == bar).all()
        below = rows[rows["value"] <= bar]
        assert {*question.noise_floor} <= set(below.index)
        assert "x1" not in below.index
        assert below["rank"].nunique() == 1
        assert (below["share"] <= 0).all()
        first = rows.loc["x1"]
        assert first["noise_share"] == pytest.approx(bar * first["share"] / first["value"])
    shown = importance_tables(results)[0].shown
    assert "≤ noise" in shown.to_string()
    figure = found.plot("importance")
    spans = [p for p in figure.axes[0].patches if p.get_zorder() == -1]
    assert len(spans) == 1
    assert "≤ noise" in importance_tables(results)[0].note
    without = sb.compare(X=X, y=y, estimators=["mutual_information"]).results
    assert "noise_share" not in headline_shares(without)
    assert shares(without.headline())["rank"].nunique() > 1


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 4])
def test_an_input_without_effect_is_above_as_often_as_is_said(count):
    """One time in k + 1, where a method has no interval; no more where it has one."""
    runs, above = 120, {"mutual_information": [], "cramer_von_mises": []}
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        X = rng.uniform(size=(120, 2))
        y = X[:, 0] + 0.3 * rng.normal(size=120)
        found = sb.compare(X=X, y=y, estimators=list(above), noise_floor=count, seed=seed)
        rows = found.results.headline()
        rows = rows[rows["feature"] == "x2"]
        for name, hits in above.items():
            one = rows[rows["estimator"] == name].iloc[0]
            hits.append(one["value"] > one["floor"])
    chance = 1 / (count + 1)
    for hits in above.values():
        assert np.mean(hits) < chance + 4 * np.sqrt(chance * (1 - chance) / runs)


def test_known_values_have_zeros_for_it():
    problem = with_noise_floor(sb.problems.load("ishigami"), 2)
    total = problem.truth["total_order"]
    assert total.value.shape == (1, 5)
    assert (total.value[:, 3:] == 0).all()
    assert problem.truth["second_order"].value.shape == (1, 5, 5)
    assert problem.truth["variance"].value.shape == (1,)
    found = sb.estimators.load("sobol").estimate(problem, budget=14_000)["total_order"]
    assert (np.abs(found.value - total.value) <= found.high - found.low).all()


def test_trained_again_it_says_what_a_column_of_noise_does(rng):
    X = rng.normal(size=(400, 2))
    y = X[:, 0] + rng.normal(size=400)
    space = sb.InputSpace.from_data(X)
    data = Data(X, y[:, None])
    problem = sb.Problem(name="t", space=space, data=data, targets=("y",))
    asked = sb.networks.load("linear").train(problem, 0).problem(problem)
    floored = with_noise_floor(asked)
    found = sb.estimators.load("drop_column").estimate(floored, budget=100)
    value = found["drop_column_r2"].value[0]
    assert value[0] > 0.2
    assert (np.abs(value[1:]) < 0.1).all()


def test_a_study_asks_every_model_about_it(tmp_path):
    """A network is trained without it; replicates have other values; without it, other cells."""
    content = {
        "name": "floor",
        "problems": ["diabetes"],
        "models": [{"name": "linear"}],
        "estimators": ["gradient", "cramer_von_mises"],
        "budgets": [300],
        "replicates": 2,
        "references": None,
        "noise_floor": True,
    }
    study = check_study(content, "here")
    results, _ = run_study(study, tmp_path / "with", threads=1, workers=0)
    question = next(iter(results.questions.values()))
    assert question.noise_floor == ("ignored",)
    assert question.planted == {"ignored": ""}
    frame = results.frame
    slopes = frame[(frame["estimator"] == "gradient") & (frame["feature"] == "ignored")]
    assert (slopes["value"].abs() < 1e-12).all()
    index = frame[(frame["estimator"] == "cramer_von_mises") & (frame["feature"] == "ignored")]
    assert index["value"].nunique() == 2
    without = check_study({**content, "noise_floor": False}, "here")
    plain = plan_of(without)
    assert {c.key for c in plain.cells}.isdisjoint(c.key for c in plan_of(study).cells)
    del content["noise_floor"]
    never = plan_of(check_study(content, "here"))
    assert [c.key for c in never.cells] == [c.key for c in plain.cells]
    with pytest.raises(StudyError, match="noise_floor"):
        check_study({**content, "noise_floor": 99}, "here")


def test_refusals():
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: x.sum(1), space)
    with pytest.raises(InputError, match="1 to 20 inputs of noise"):
        with_noise_floor(problem, 21)
    named = sb.InputSpace.uniform({"a": (0.0, 1.0), "ignored": (0.0, 1.0)})
    assert with_noise_floor(sb.Problem.of(lambda x: x.sum(1), named)).features[-1] == "ignored_1"


class Falling:
    """The second input is what the first lacks of 1, drawn at once only."""

    independent = False

    def join(self, u):
        return np.stack([u[:, 0], 1 - u[:, 0]], 1)

    def describe(self):
        return "opposite"


def laws():
    X = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300)
    gaussian = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)}, correlation={("a", "b"): 0.8})
    yield "gaussian", gaussian
    yield "rows", sb.InputSpace.from_data(X, ["a", "b"], dependence="rows")
    yield "own", dataclasses.replace(gaussian, dependence=Falling())


@pytest.mark.parametrize(("name", "space"), [*laws()])
def test_inputs_that_depend_on_each_other_keep_their_law(name, space):
    """Draws of the others are the same ones, and what is ignored says nothing of them."""
    problem = with_noise_floor(sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1], space), 2)
    wide = problem.space
    assert not wide.independent
    assert wide.dependence.describe() == space.dependence.describe()
    u = np.random.default_rng(1).random((400, 4))
    joined = wide.dependence.join(u)
    np.testing.assert_allclose(joined[:, :2], space.dependence.join(u[:, :2]), atol=1e-14)
    np.testing.assert_allclose(joined[:, 2:], u[:, 2:], atol=1e-14)
    assert isinstance(wide.dependence, ConditionalDependence) == (name != "own")
    assert isinstance(wide.dependence, DensityOfCopula) == (name == "gaussian")
    if name == "own":
        return
    v = np.random.default_rng(2).random((400, 4))
    for given in itertools.product([False, True], repeat=4):
        mask = np.array(given)
        drawn = wide.dependence.conditional(joined, mask, v)
        alone = joined[:, :2]
        if not mask[:2].all():
            alone = space.dependence.conditional(joined[:, :2], mask[:2], v[:, :2])
        np.testing.assert_allclose(drawn[:, :2], alone, atol=1e-12)
        np.testing.assert_allclose(drawn[:, 2:], np.where(mask[2:], u[:, 2:], v[:, 2:]), atol=1e-14)


def test_ignored_inputs_have_nothing_of_a_joint_law():
    """y = a + 2b, both normal with ρ = 0.8: S_T is (1 - ρ²)·(1, 4) / 8.2, and S_1 by regression."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)}, correlation={("a", "b"): 0.8})
    problem = with_noise_floor(sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1], space))
    found = sb.estimators.load("kucherenko").estimate(problem, budget=14_000)
    np.testing.assert_allclose(
        found["total_order"].value[0], [0.36 / 8.2, 1.44 / 8.2, 0], atol=0.02
    )
    first = [(1 + 1.6) ** 2 / 8.2, (2 + 0.8) ** 2 / 8.2, 0]
    np.testing.assert_allclose(found["first_order"].value[0], first, atol=0.05)
    effects = sb.estimators.load("shapley_effects").estimate(problem, budget=14_000)["shapley"]
    assert abs(effects.value[0, 2]) < 0.02


def test_inert_inputs_act_with_none_in_threes():
    values = np.array([[0.1, 0.2, 0.3, 0.4]])
    wider = with_inert_inputs(values, "set", 1)
    threes = list(itertools.combinations(range(5), 3))
    known = dict(zip(itertools.combinations(range(4), 3), values[0], strict=True))
    np.testing.assert_array_equal(wider[0], [known.get(u, 0.0) for u in threes])
