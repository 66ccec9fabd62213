"""Methods that run on a package of an extra: listed without it, refused in one sentence."""

import tomllib
from pathlib import Path

import pytest

import sensbench as sb
from sensbench import extras
from sensbench.errors import NotInstalled
from sensbench.estimator import capabilities
from sensbench.extras import EXTRAS, imported

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(extras, "EXTRAS", {**EXTRAS, "gone": ("no_such_package",)})


def test_extras_are_those_of_the_project():
    optional = PROJECT["project"]["optional-dependencies"]
    everything = optional["all"][0].removeprefix("sensbench[").removesuffix("]").split(",")
    for name, packages in EXTRAS.items():
        brought = [line.split(">=")[0].strip() for line in optional[name]]
        assert brought == list(packages)
        assert name in everything
    asked = {sb.estimators.load(name).extra for name in sb.estimators.names()} - {None}
    assert asked <= set(EXTRAS)


def test_a_method_without_its_package_spends_nothing(absent):
    class Needing(sb.Estimator):
        name = "needing"
        measures = ("first_order",)
        ranks_by = "first_order"
        needs = sb.Needs("design")
        extra = "gone"

        def _estimate(self, problem, budget, rng):
            raise AssertionError

    problem = sb.problems.load("ishigami")
    with pytest.raises(NotInstalled, match=r"needing: .*no_such_package .*pip install no_such"):
        Needing().estimate(problem, budget=100)
    line = {**capabilities.entry(Needing()), "extra": "gone"}
    assert capabilities.describe(line)[0] == "not available here: pip install no_such_package"


def test_a_package_that_cannot_be_imported(monkeypatch, tmp_path):
    (tmp_path / "broken_package.py").write_text("import no_such_module")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(extras, "EXTRAS", {"broken": ("broken_package",)})
    with pytest.raises(NotInstalled, match=r"to be imported; got No module named 'no_such_module'"):
        imported("broken_package", "broken", "someone")
