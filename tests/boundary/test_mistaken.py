"""What people pass by mistake: one sentence that says what to do instead."""

import copy
import pickle
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import sensbench as sb
from sensbench.errors import CallError, InputError, ModelError
from sensbench.estimator.needs import Needs
from sensbench.estimators.variance.sobol import Sobol

X = np.random.default_rng(0).normal(size=(30, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
NET = nn.Linear(3, 1)
TENSORS = TensorDataset(torch.tensor(X), torch.tensor(X[:, 0]))


class Rows(Dataset):
    def __getitem__(self, i):
        return X[i], X[i, 0]


CALLS = {"jacobian": sb.jacobian, "compare": sb.compare, "Model": sb.Model}


@pytest.mark.parametrize("who", CALLS)
@pytest.mark.parametrize(
    "rows", [X, FRAME, torch.tensor(X), X.tolist(), DataLoader(TENSORS), TENSORS]
)
@pytest.mark.parametrize("model", [NET, lambda x: x[:, 0], LinearRegression().fit(X, X[:, 0])])
def test_swapped(who, rows, model):
    with pytest.raises(InputError, match=f"the model first and its rows second.*call {who}"):
        CALLS[who](rows, model)


@pytest.mark.parametrize("who", CALLS)
@pytest.mark.parametrize(
    ("rows", "do"),
    [
        (DataLoader(TENSORS), r"torch\.cat\(\[x for x, \*_ in loader\]\)"),
        (TENSORS, r"dataset\.tensors\[0\]"),
        (Rows(), r"torch\.stack\(\[x for x, \*_ in dataset\]\)"),
        ("rows.csv", "read the file first"),
        ({"a": [1.0, 2.0], "b": [3.0, 1.0]}, r"pandas\.DataFrame"),
        ([{"a": 1.0}, {"a": 2.0}], r"pandas\.DataFrame"),
        ((torch.tensor(X), torch.tensor(X[:, 0])), "inputs and targets"),
        ([torch.tensor(X[:, :2]), torch.tensor(X[:, 2:])], "arguments="),
        (sb.InputSpace.uniform({"a": (0, 1)}), r"X\.sample"),
        (NET, "the data that the model is used on"),
        (iter(X), "collect its rows"),
        (5, "one row per line"),
    ],
)
def test_what_is_no_table(who, rows, do):
    with pytest.raises(InputError, match=do):
        CALLS[who](NET, rows)


def test_what_a_loader_is_told_to_become_works():
    """The sentence's own code gives the rows."""
    loader = DataLoader(TENSORS, batch_size=7)
    np.testing.assert_array_equal(torch.cat([x for x, *_ in loader]).numpy(), X)
    np.testing.assert_array_equal(np.stack([x for x, *_ in (Rows()[i] for i in range(30))]), X)


@pytest.mark.parametrize(
    ("model", "do"),
    [
        (NET.state_dict(), "load_state_dict"),
        ("net.pt", "load the model first"),
        (nn.Linear, r"pass an instance, Linear\(…\)"),
        (DataLoader(TENSORS), "the model comes first"),
        (X, "the model comes first"),
    ],
)
def test_what_is_no_model(model, do):
    for call in CALLS.values():
        with pytest.raises(InputError, match=f"torch module or a function.*{do}") as caught:
            call(model, X)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "example", [FRAME, X.tolist(), torch.tensor(X), FRAME.to_numpy(), FRAME.iloc[:1]]
)
def test_a_model_takes_an_example_in_any_container(example):
    for function in (NET, lambda x: x[:, 0] + 2 * x[:, 2]):
        exact = sb.jacobian(function, X)
        np.testing.assert_array_equal(sb.Model(function, example).jacobian(X), exact)


def test_a_frame_as_example_brings_its_names():
    model = sb.Model(lambda frame: frame["a"] * 2 + frame["c"], FRAME)
    np.testing.assert_allclose(model(X)[:, 0], 2 * X[:, 0] + X[:, 2])
    chosen = sb.Model(lambda frame: frame["a"] * 2 + frame["c"], FRAME, features=["c", "a"])
    np.testing.assert_allclose(chosen(X[:, [2, 0]])[:, 0], 2 * X[:, 0] + X[:, 2])
    with pytest.raises(InputError, match="shape"):
        sb.Model(NET, X[0])


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.means, self.linear = torch.zeros(3), nn.Linear(3, 1)

    def forward(self, x):
        return self.linear(x - self.means)


W = np.arange(1.0, 4.0)


@pytest.mark.parametrize(
    "model",
    [
        NET,
        Scaled(),
        nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)),
        torch.jit.script(nn.Linear(3, 1)),
        lambda x: NET(x),
        lambda x: x @ torch.tensor(W, dtype=x.dtype),
        lambda x: np.asarray(x) @ W,
        lambda x: x @ W,
        LinearRegression().fit(X, X[:, 0]),
    ],
)
@pytest.mark.parametrize("d", [2, 5])
def test_the_wrong_number_of_columns(model, d):
    rows = np.random.default_rng(1).normal(size=(30, d))
    message = rf"(3 features that the model takes; X has {d} columns|the 3 features it was)"
    for call in (sb.jacobian, sb.compare, sb.Model):
        with pytest.raises(InputError, match=message):
            call(model, rows)


def test_an_index_beyond_the_columns():
    with pytest.raises(InputError, match="5 features that the model takes; X has 3 columns"):
        sb.jacobian(lambda x: x[:, 0] + x[:, 4], X)


def test_an_error_of_the_models_own_is_not_taken_for_a_width():
    def function(x):
        raise ValueError("3 of 4 sensors")

    with pytest.raises(ModelError, match="3 of 4 sensors") as caught:
        sb.jacobian(function, X)
    assert not isinstance(caught.value, InputError)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sb.compare(NET, X, random_state=0), "random_state=; here it is seed="),
        (lambda: sb.compare(NET, X, n_jobs=2), "n_jobs=.*threads.limited"),
        (lambda: sb.compare(NET, X, bugdet=10), "did you mean budget="),
        (lambda: sb.compare(NET, X, feature_names=["a"]), "here it is features="),
        (lambda: sb.compare(NET, X, whatever=1), "whatever=; leave it out"),
        (lambda: sb.compare(NET, X, X[:, 0]), "at most 2 arguments by position.*y="),
        (lambda: sb.jacobian(NET), "got no X"),
        (lambda: sb.jacobian(NET, X, random_state=0), "seed="),
        (lambda: sb.jacobian(NET, X, outputs=0), "did you mean output="),
        (lambda: sb.hessian(NET, X, n_jobs=0), "threads.limited"),
        (lambda: sb.Model(NET, X, feature_names=["a"]), "here it is features="),
        (lambda: sb.Model(NET), "got no example"),
        (lambda: Sobol(random_state=0), "given to compare or estimate, seed="),
        (lambda: Sobol(resample=10), "did you mean resamples="),
        (lambda: Sobol().estimate(sb.problems.load("ishigami"), budget=99, random_state=1),
         "here it is seed="),
    ],
)  # fmt: skip
def test_a_keyword_that_is_not_there(call, message):
    with pytest.raises(CallError, match=message) as caught:
        call()
    assert isinstance(caught.value, TypeError)


def test_an_error_inside_is_not_taken_for_one_of_the_call():
    def function(x):
        raise TypeError("missing 1 required positional argument: 'z'")

    with pytest.raises(ModelError, match="argument: 'z'"):
        sb.jacobian(function, X)


def test_estimators_are_copied_and_pickled_as_before():
    @dataclass(frozen=True)
    class Own(sb.Estimator):
        name = "own"
        measures = ("total_order",)
        ranks_by = "total_order"
        needs = Needs("given")
        size: int = 3

        def _estimate(self, problem, budget, rng):
            return {}

    assert Own(5).size == Own(size=5).size == copy.deepcopy(Own(5)).size == 5
    with pytest.raises(CallError, match="did you mean size="):
        Own(sise=3)
    assert pickle.loads(pickle.dumps(Sobol(resamples=7))) == Sobol(resamples=7)
