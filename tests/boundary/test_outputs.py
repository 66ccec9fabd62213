"""Which outputs are explained: positions count what forward returned; no batch is told by name."""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import InputError, ModelError
from sensbench.model.boundary.returned_names import returned_names

X = np.random.default_rng(0).normal(size=(20, 3))
SLOPES = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
Named = namedtuple("Named", ["pred", "loss", "extra"])


@dataclass
class Out:
    loss: Any
    pred: Any
    note: str = "text"


def y_of(x):
    return x @ torch.tensor(SLOPES, dtype=x.dtype).T


def with_kl(x):
    y, kl = y_of(x), x.square().mean()
    return y, kl


def with_states(x):
    y, h, c = y_of(x), torch.zeros(2, len(x), 4), torch.zeros(2, len(x), 4)
    return y, (h, c)


def with_three_states(x):
    y, h = y_of(x), x.new_zeros(3, len(x), 4) + x.sum()
    return y, h


def in_a_dict(x):
    return {"pred": y_of(x), "loss": x.square().mean()}


def in_the_middle(x):
    y, kl, z = y_of(x), x.square().mean(), 5 * x[:, 1]
    return y, kl, z


def nested(x):
    return {"a": {"y": y_of(x), "loss": x.sum()}, "b": [5 * x[:, 1], None]}


@pytest.mark.parametrize(
    ("function", "output", "exact"),
    [
        (with_kl, 0, SLOPES),
        (with_kl, -2, SLOPES),
        (with_kl, "y", SLOPES),
        (with_kl, "y[1]", SLOPES[1:]),
        (with_kl, [0], SLOPES),
        (with_states, 0, SLOPES),
        (with_three_states, 0, SLOPES),
        (in_a_dict, 0, SLOPES),
        (in_a_dict, "pred", SLOPES),
        (in_the_middle, 0, SLOPES),
        (in_the_middle, 2, [[0, 5, 0]]),
        (in_the_middle, -1, [[0, 5, 0]]),
        (in_the_middle, [-1, 0], np.vstack([[0, 5, 0], SLOPES])),
        (nested, 1, [[0, 5, 0]]),
        (nested, "a.y", SLOPES),
        (lambda x: Named(y_of(x), x.sum(), "text"), 0, SLOPES),
        (lambda x: Out(x.sum(), y_of(x)), 1, SLOPES),
        (lambda x: Out(None, y_of(x)), -2, SLOPES),
        (lambda x: [None, y_of(x)], 1, SLOPES),
        (lambda x: (y_of(x),), 0, SLOPES),
        (lambda x: {"pred": y_of(x)}, -1, SLOPES),
        (y_of, 0, SLOPES[:1]),
        (y_of, -1, SLOPES[1:]),
    ],
)
def test_a_position_is_that_of_what_was_returned(function, output, exact):
    J = sb.jacobian(function, X, output=output)
    np.testing.assert_allclose(J, np.broadcast_to(exact, (20, *np.shape(exact))), rtol=1e-6)


@pytest.mark.parametrize(
    ("function", "output", "name"),
    [
        (with_kl, 1, "kl"),
        (with_kl, -1, "kl"),
        (with_kl, "kl", "kl"),
        (with_kl, [0, 1], "kl"),
        (with_kl, None, "kl"),
        (with_states, 1, "h"),
        (with_states, "c", "c"),
        (with_states, None, "h"),
        (with_three_states, 1, "h"),
        (with_three_states, None, "h"),
        (in_a_dict, 1, "loss"),
        (in_a_dict, "loss", "loss"),
        (in_the_middle, 1, "kl"),
        (in_the_middle, None, "kl"),
        (nested, 0, "a.loss"),
        (nested, "a", "a.loss"),
        (lambda x: Named(y_of(x), x.sum(), "text"), 1, "loss"),
        (lambda x: Named(y_of(x), x.sum(), "text"), 2, "extra"),
        (lambda x: Out(None, y_of(x)), "loss", "loss"),
        (lambda x: Out(None, y_of(x)), 2, "note"),
        (lambda x: [None, y_of(x)], 0, "out0"),
        (lambda x: (y_of(x), torch.zeros(3)), 1, "out1"),
        (lambda x: (y_of(x), torch.zeros(2)), 1, "out1"),
    ],
)
def test_what_is_no_batch_is_refused_by_name(function, output, name):
    with pytest.raises(ModelError, match=f"for '{name}', which is not a batch") as caught:
        sb.jacobian(function, X, output=output)
    assert "took none of them" not in str(caught.value)


@pytest.mark.parametrize(
    ("function", "output"), [(with_kl, 2), (with_kl, -3), (lambda x: (y_of(x),), 1), (y_of, 2)]
)
def test_a_position_that_is_not_there(function, output):
    with pytest.raises(InputError, match=f"between 0 and .*got {output}"):
        sb.jacobian(function, X, output=output)


class Recurrent(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.lstm, self.head = nn.LSTM(1, 4, layers, batch_first=True), nn.Linear(4, 2)

    def forward(self, x):
        y, (h, c) = self.lstm(x[:, :, None])
        y = self.head(y[:, -1])
        return y, (h, c)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_states_of_an_lstm_are_told_from_its_output(layers):
    module = Recurrent(layers).double()
    x = torch.tensor(X[:5], requires_grad=True)
    exact = [torch.autograd.grad(module(x)[0][:, k].sum(), x)[0].numpy() for k in (0, 1)]
    J = sb.jacobian(module, X[:5], output=0)
    np.testing.assert_allclose(J, np.stack(exact, axis=1), rtol=1e-9, atol=1e-12)
    with pytest.raises(ModelError, match="for 'h', which is not a batch"):
        sb.jacobian(module, X[:5], output=1)


def test_a_program_of_one_batch_size_keeps_its_scalars_apart():
    class WithLoss(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 2)

        def forward(self, x):
            y = self.linear(x)
            return y, y.square().mean()

    module = WithLoss()
    program = torch.export.export(module, (torch.zeros(4, 3),))
    J = sb.jacobian(program.module(), X, output=0)
    exact = module.linear.weight.detach().numpy()
    np.testing.assert_allclose(J, np.broadcast_to(exact, J.shape), rtol=1e-6)
    with pytest.raises(ModelError, match="which is not a batch"):
        sb.jacobian(program.module(), X, output=1)


def test_names_are_read_where_the_code_ends_in_variables():
    a, b, c = range(3)
    assert returned_names(lambda a, b: (a, b), (a, b)) == ("a", "b")
    assert returned_names(lambda a, b, c: (a, (b, c)), (a, (b, c))) == ("a", ("b", "c"))
    assert returned_names(lambda a, b: (a, a), (a, b)) is None
    assert returned_names(lambda a, b: (a, -b), (a, b)) is None
    assert returned_names(lambda a, b, c: (a, (b, c)), (a, b)) is None
    assert returned_names(None, (a, b)) is None


@pytest.mark.parametrize("labels", [np.array(["a", "b"]), ["a", "b"]])
def test_texts_are_labels(labels):
    with pytest.raises(ModelError, match="labels are not numbers"):
        sb.jacobian(lambda x: np.resize(labels, len(x)), X)
