"""A plug-in that does not load, or does not do what it says, fails its own cells and no others."""

import re
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

import sensbench as sb
from sensbench import estimators, networks, problems
from sensbench.errors import PartialResultWarning, PlugInError
from sensbench.study.config import check_study
from sensbench.study.runner import run_study


@dataclass(frozen=True)
class Faulty(sb.Estimator):
    """Zeros for everything."""

    name = "faulty"
    measures = ("total_order",)
    ranks_by = "total_order"
    needs = sb.Needs("given")

    def _estimate(self, problem, budget, rng):
        return {"total_order": sb.Estimate.of(np.zeros((problem.o, problem.d)))}


class WrongShape(Faulty):
    def _estimate(self, problem, budget, rng):
        return {"total_order": sb.Estimate.of(np.zeros(3))}


class SpendsMore(Faulty):
    def _estimate(self, problem, budget, rng):
        problem.explained(problem.space.sample(budget + 1, rng))


class NeedsRaise(Faulty):
    @property
    def needs(self):
        raise ZeroDivisionError("by design")


class NeedsNothing(Faulty):
    needs = None


def entry(made):
    def load():
        if isinstance(made, BaseException):
            raise made
        return made

    return SimpleNamespace(load=load, dist=SimpleNamespace(name="strangers-package"))


@pytest.fixture
def installed(monkeypatch):
    def install(registry, **made):
        found = {name: entry(one) for name, one in made.items()}
        monkeypatch.setattr(registry, "_entry_points", lambda: found)

    return install


def outcomes(tmp_path, **changes):
    content = {"name": "s", "problems": ["ishigami"], "estimators": ["rbd_fast"], "budgets": [100]}
    results, _ = run_study(check_study({**content, **changes}, "test"), tmp_path)
    cells = results.cells
    return {
        (p, m, e): (status, reason)
        for p, m, e, status, reason in zip(
            cells["problem"], cells["model"], cells["estimator"], cells["status"],
            cells["reason"], strict=True,
        )
    }  # fmt: skip


@pytest.mark.parametrize("error", [ImportError("no module named x"), SystemExit(3), SyntaxError()])
def test_an_estimator_that_does_not_load(tmp_path, installed, error):
    installed(estimators.registry, broken=error)
    with pytest.raises(PlugInError, match="estimator 'broken' of strangers-package: expected a"):
        estimators.load("broken")
    found = outcomes(tmp_path, estimators=["broken", "rbd_fast"])
    status, reason = found["ishigami", "function", "broken"]
    assert status == "failed"
    assert reason.startswith("estimator 'broken' of strangers-package: expected a plug-in that")
    assert found["ishigami", "function", "rbd_fast"] == ("ok", "")


def test_a_problem_or_network_that_does_not_load(tmp_path, installed):
    installed(problems.registry, lost=RuntimeError("no data here"))
    installed(networks.registry, tangled=NameError("name 'torhc' is not defined"))
    found = outcomes(tmp_path, problems=["lost", "ishigami"], models=["function", "tangled"])
    assert {key: status for key, (status, _) in found.items()} == {
        ("lost", "function", "rbd_fast"): "failed",
        ("lost", "tangled", "rbd_fast"): "failed",
        ("ishigami", "function", "rbd_fast"): "ok",
        ("ishigami", "tangled", "rbd_fast"): "failed",
    }
    assert "RuntimeError: no data here" in found["lost", "function", "rbd_fast"][1]
    assert "name 'torhc' is not defined" in found["ishigami", "tangled", "rbd_fast"][1]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (WrongShape, r"expected values, low and high of shape \(1, 3\)"),
        (SpendsMore, "expected at most 100 rows"),
        (NeedsRaise, "ZeroDivisionError: by design"),
        (NeedsNothing, "AttributeError"),
    ],
)
def test_an_estimator_that_is_not_what_it_says(tmp_path, installed, kind, told):
    installed(estimators.registry, faulty=kind)
    found = outcomes(tmp_path, estimators=["faulty", "rbd_fast"])
    status, reason = found["ishigami", "function", "faulty"]
    assert status == "failed"
    assert re.search(told, reason)
    assert found["ishigami", "function", "rbd_fast"] == ("ok", "")


def test_compare_keeps_the_others():
    problem = sb.problems.load("ishigami")
    with pytest.warns(PartialResultWarning, match="faulty: ZeroDivisionError"):
        found = sb.compare(problem, estimators=[NeedsRaise(), "rbd_fast"], budget=100)
    assert found.methods == ("rbd_fast",)
