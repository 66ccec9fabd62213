"""What the program computes is what a problem reads."""

import importlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sensbench as sb
from sensbench.problem.truth import Truths
from sensbench.truths import shipped as module
from sensbench.truths.sampled import sampled
from sensbench.truths.shipped import key_of, shipped

PROGRAM = Path(__file__).parents[2] / "experiments" / "truths.py"
VARIANTS = [{"a": 7.0, "b": 0.1}, {"a": 5.0, "b": 0.05}]


@pytest.fixture
def program(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("truths_program", PROGRAM)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    ishigami = importlib.import_module("sensbench.problems.ishigami")
    monkeypatch.setattr(ishigami, "SHIPPED", VARIANTS, raising=False)
    monkeypatch.setattr(made, "DATA", tmp_path)
    monkeypatch.setattr(module, "_DATA", tmp_path)
    # as if nothing were exact, so that everything is computed
    monkeypatch.setattr(ishigami, "separable", lambda *_, **__: Truths(dict))
    return made


def test_round_trip(program, tmp_path):
    run = ["ishigami", "--points", "256", "--scrambles", "4", "--seed", "3"]
    result = CliRunner().invoke(program.main, run, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    content = json.loads((tmp_path / "ishigami.json").read_text(encoding="utf-8"))
    assert set(content["entries"]) == {key_of(params) for params in VARIANTS}
    for params in VARIANTS:
        problem = sb.problems.load("ishigami", **params)
        direct = sampled(problem.model, problem.space, points=256, scrambles=4, seed=3)
        read = shipped("ishigami", **params)
        assert set(read) == set(direct)
        for name, known in read.items():
            # two digits of the standard error are kept, and the value is rounded to match
            error = direct[name].standard_error
            np.testing.assert_allclose(known.standard_error, error, rtol=0.06, atol=1e-300)
            slack = 0.06 * error + 1e-12 * np.abs(direct[name].value)
            assert (np.abs(known.value - direct[name].value) <= slack).all(), name
            assert known.how == "scrambled Sobol' points, 4 × 2^8, seed 3"


def test_other_parameters_have_nothing_shipped(program):
    CliRunner().invoke(
        program.main, ["ishigami", "--points", "16", "--scrambles", "2"], catch_exceptions=False
    )
    assert set(shipped("ishigami", a=7.0, b=0.1))
    assert not set(shipped("ishigami", a=7.0, b=0.2))
    assert not set(shipped("ishigami", a=7.0))
    assert not set(shipped("sobol_g"))


def test_keys_do_not_depend_on_the_order_or_the_kind_of_list():
    assert key_of({"a": (1, 2), "b": 0.5}) == key_of({"b": 0.5, "a": [1, 2]})
