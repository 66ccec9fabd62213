import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes

from sensbench import problems
from sensbench.errors import InputError, UnknownNameError
from sensbench.model.derivatives import jacobian
from sensbench.problem.problem import Problem
from sensbench.problems.linregnet import LinRegNet
from sensbench.testing import check_problem

PARAMS = {
    "rdataset": {"package": "MASS", "item": "UScrime", "target": "y"},
    "openml": {"data_id": 561},
    "space": {"inputs": {"a": [0, 1], "b": {"normal": [0, 2]}}},
}
FETCHED = {"california_housing", "openml"}


@pytest.fixture(params=problems.names())
def any_problem(request, tmp_path, monkeypatch):
    if request.param in FETCHED:
        monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
        try:
            return problems.load(request.param, **PARAMS.get(request.param, {}))
        except InputError as error:  # with a network it conforms, without one it says so
            assert "expected a network to fetch it with, once" in str(error)  # noqa: PT017
            pytest.skip("no network here")
    if request.param == "space":  # with a user's model, which it is for
        loaded = problems.load("space", **PARAMS["space"])
        return Problem.of(lambda x: x[:, 0] + x[:, 1] ** 2, loaded.space, name="space")
    if request.param != "table":
        return problems.load(request.param, **PARAMS.get(request.param, {}))
    file = tmp_path / "numbers.csv"
    np.savetxt(file, np.random.default_rng(0).random((30, 3)), delimiter=",", header="a,b,c",
               comments="")  # fmt: skip
    return problems.load("table", path=str(file), target="c")


def test_conforms(any_problem):
    check_problem(any_problem)


@pytest.mark.parametrize("name", ["borehole", "metafunction", "cantilever_beam", "causal_roles"])
def test_known_values_are_worked_out_when_somebody_asks(name):
    """Not by the types that are checked at run time either: some take seconds."""
    problem = problems.load(name, **PARAMS.get(name, {}))
    assert not problem.truth.worked_out
    assert not problem.with_model(problem.model).truth.worked_out
    assert problem.truth


@pytest.mark.parametrize("name", problems.names())
def test_summary_is_one_short_line(name):
    summary = problems.registry.summary(name)
    assert summary.endswith(".")
    assert "\n" not in summary
    assert len(summary) <= 90


def test_unknown_name_has_a_hint():
    with pytest.raises(UnknownNameError, match="did you mean 'ishigami'"):
        problems.load("ishigamy")


def test_linregnet_depends_on_its_seed_only():
    state = torch.random.get_rng_state()
    a, b, c = (problems.load("linregnet", seed=s) for s in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert np.array_equal(a.truth["dgsm"].value, b.truth["dgsm"].value)
    assert not np.allclose(a.truth["dgsm"].value, c.truth["dgsm"].value)
    assert a.outputs == ("y_descaled[0]", "y_descaled[1]", "y_scaled[0]", "y_scaled[1]")
    np.testing.assert_allclose(a.model.metered()(a.space.sample(20_000, 0))[:, 2:].std(0), 1, 0.03)


def test_linregnet_refuses():
    with pytest.raises(InputError, match="linregnet: expected a seed"):
        problems.load("linregnet", seed=-1)


def test_linregnet_on_its_own():
    module = LinRegNet(x_means=[1, 2, 3, 4], x_deviations=[1, 10, 100, 1000])
    J = jacobian(module, np.ones((3, 4)))
    W = module.linear.weight.detach().numpy()
    np.testing.assert_allclose(J[0], np.vstack([W, W]) / [1, 10, 100, 1000], rtol=1e-5)


def test_diabetes_notes_instead_of_warning():
    problem = problems.load("diabetes")
    raw = load_diabetes(scaled=False)
    assert np.array_equal(problem.data.X, raw.data)
    assert np.array_equal(problem.data.y[:, 0], raw.target)
    assert problem.model is None
    assert problem.outputs == ("disease_progression",)
    assert "s1 and s2 (r = 0.90)" in problem.notes[0]
    assert dict(zip(problem.space.names, problem.space.units, strict=True))["bmi"] == "kg/m²"
