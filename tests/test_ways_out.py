"""Whatever a model, an estimator or a plug-in leaves by, it is an error with a reason."""

import threading

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.errors import ModelError, PartialResultWarning, StudyError
from sensbench.estimators.derivative.gradient import Gradient
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.study.carrying import carry_out
from sensbench.study.cells import Cell
from sensbench.study.config import check_study
from sensbench.study.planning import plan_of
from sensbench.study.question import method_of
from sensbench.study.store import ResultStore
from sensbench.study.tasks import EstimateCell, Subject
from sensbench.study.workshop import Prepared, Workshop


class Own(BaseException):
    pass


def computed(problem):
    """The outcome of one cell of ``gradient``."""
    cell = Cell("q", "p", "m", method_of("gradient", Gradient()), 100, 0, 0)
    workshop = Prepared(problem, {cell.key: Gradient()})
    return workshop.carry_out(EstimateCell(Subject("q"), cell.coordinates))


WAYS_OUT = [SystemExit(0), SystemExit(), SystemExit("bye"), GeneratorExit(), Own("x")]
X = np.random.default_rng(0).normal(size=(50, 2))


def leaves_after(rows, error):
    """A function that works for a while."""

    def function(x):
        if rows < len(x):
            raise error
        return x[:, 0] ** 2

    return function


class LeavesBackward(torch.autograd.Function):
    error = SystemExit(0)

    @staticmethod
    def forward(ctx, x):
        return x.sum(1)

    @staticmethod
    def backward(ctx, g):
        raise LeavesBackward.error


@pytest.mark.parametrize("error", WAYS_OUT, ids=repr)
def test_a_model_that_leaves(error):
    with pytest.raises(ModelError, match=f"model 'function': .*it raised {type(error).__name__}"):
        sb.Model(leaves_after(0, error), X)
    model = sb.Model(leaves_after(10, error), X[:4])
    for call in (model, model.jacobian, model.hessian):
        with pytest.raises(ModelError, match=type(error).__name__):
            call(X)


def test_leaving_backward():
    with pytest.raises(ModelError, match="SystemExit"):
        sb.jacobian(LeavesBackward.apply, X)


@pytest.mark.parametrize("others", [False, True])
def test_the_global_state_is_put_back(others):
    """Also while another Python thread is about, which draws nothing."""
    done = threading.Event()
    waiting = threading.Thread(target=done.wait)

    def function(x):
        np.random.seed(0)
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        raise SystemExit(0)

    before = np.random.get_state()[1], torch.get_rng_state()
    if others:
        waiting.start()
    try:
        with pytest.raises(ModelError):
            sb.Model(function, X)
    finally:
        done.set()
    assert np.array_equal(np.random.get_state()[1], before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.get_default_dtype() == torch.float32


def test_ctrl_c_passes():
    with pytest.raises(KeyboardInterrupt):
        sb.Model(leaves_after(0, KeyboardInterrupt()), X)
    problem = Problem.of(leaves_after(10, KeyboardInterrupt()), InputSpace.uniform({"a": (0, 1)}))
    with pytest.raises(KeyboardInterrupt):
        computed(problem)


@pytest.mark.parametrize("error", WAYS_OUT, ids=repr)
def test_an_estimator_that_leaves_is_a_failed_cell(error, monkeypatch):
    def leave(*args):
        raise error

    monkeypatch.setattr(Gradient, "_estimate", leave)
    problem = sb.problems.load("ishigami")
    outcome = computed(problem)
    assert (outcome.status, outcome.error) == ("failed", error)
    assert outcome.reason == f"{type(error).__name__}: {error}"
    with pytest.warns(PartialResultWarning, match=type(error).__name__):
        comparison = sb.compare(problem, estimators=["gradient", "morris"], budget=200)
    assert comparison["morris"].n_forward > 0


def test_a_problem_that_leaves_as_it_is_made_fails_its_cells(monkeypatch):
    study = check_study(
        {"name": "s", "problems": ["ishigami"], "estimators": ["gradient"], "budgets": [9]}, "s"
    )
    plan = plan_of(study)

    def leave(self, subject, network=None):
        raise SystemExit(0)

    monkeypatch.setattr(Workshop, "problem", leave)
    with ResultStore() as store:
        store.plan(plan.cells, plan.methods, {})
        tally = carry_out(plan, store, Workshop().carry_out)
        assert tally.failed == 1
        assert store.done() == set()


def test_a_plug_in_that_leaves_is_told(monkeypatch):
    def leave(name, **params):
        raise SystemExit(0)

    monkeypatch.setattr("sensbench.problems.load", leave)
    study = check_study(
        {"name": "s", "problems": ["x"], "estimators": ["gradient"], "budgets": [9]}, "s"
    )
    with pytest.raises(StudyError, match="it raised SystemExit: 0"):
        plan_of(study, "s")
