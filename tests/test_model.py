import copy
import threading
from collections import namedtuple

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import BudgetExceeded, DerivativeError, InputError, ModelError
from tests.conftest import TwoOutputs

X3 = np.random.default_rng(0).normal(size=(7, 3))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "keep",
    [
        lambda a: a,
        lambda a: torch.tensor(a),
        lambda a: torch.tensor(a, dtype=torch.float32),
    ],
)
def test_the_persons_module_has_its_exact_derivatives(rng, dtype, keep):
    x_means, x_devs, y_means, y_devs = (rng.uniform(0.5, 40, size) for size in (4, 4, 2, 2))
    module = TwoOutputs(*map(keep, (x_means, x_devs, y_means, y_devs))).to(dtype)
    W = module.linear1.weight.detach().double().numpy()
    J = sb.jacobian(module, rng.normal(20, 10, size=(50, 4)))
    assert J.shape == (50, 4, 4)
    exact = np.concatenate([y_devs[:, None] * W / x_devs, W / x_devs])
    np.testing.assert_allclose(J, np.broadcast_to(exact, J.shape), rtol=3e-6)
    np.testing.assert_array_equal(J[:, :2], sb.jacobian(module, rng.normal(20, 10, (50, 4)), 0))


def test_a_network_agrees_with_central_differences(rng):
    net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2)).double()
    J = sb.jacobian(net, X3)
    h = 1e-5
    for i in range(3):
        step = h * np.eye(3)[i]
        with torch.no_grad():
            rise = net(torch.tensor(X3 + step)) - net(torch.tensor(X3 - step))
        np.testing.assert_allclose(J[:, :, i], rise.numpy() / (2 * h), atol=1e-8)


Pair = namedtuple("Pair", ["mean", "extra"])


@pytest.mark.parametrize(
    ("returns", "names"),
    [
        (lambda x: x.sum(1), ("y",)),
        (lambda x: x.sum(1, keepdim=True), ("y",)),
        (lambda x: x[:, :2], ("y[0]", "y[1]")),
        (lambda x: (x[:, 0], x[:, :2]), ("out0", "out1[0]", "out1[1]")),
        (lambda x: {"a": x[:, 0], "b": x[:, 1:]}, ("a", "b[0]", "b[1]")),
        (lambda x: Pair(x[:, 0], "text"), ("mean",)),
        (lambda x: x.reshape(-1, 1, 3), ("y[0,0]", "y[0,1]", "y[0,2]")),
    ],
)
def test_outputs_get_names_whatever_form_they_come_in(returns, names):
    assert sb.Model(returns, X3).outputs == names


def test_a_tuple_is_named_after_the_variables_returned(two_outputs):
    module, X, _ = two_outputs
    model = sb.Model(module, X)
    assert model.outputs == ("y_descaled[0]", "y_descaled[1]", "y_scaled[0]", "y_scaled[1]")
    assert sb.Model(module, X, output="y_scaled").outputs == ("y_scaled[0]", "y_scaled[1]")
    assert sb.Model(module, X, output=["y_scaled[1]", 0]).outputs == (
        "y_scaled[1]", "y_descaled[0]", "y_descaled[1]",
    )  # fmt: skip
    with pytest.raises(InputError, match="did you mean 'y_scaled'"):
        sb.Model(module, X, output="y_scale")
    with pytest.raises(InputError, match="between 0 and 1"):
        sb.Model(module, X, output=2)


class Messy(nn.Module):
    """Train mode, BatchNorm, dropout, an in-place operation and a buffer that counts calls."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop, self.out = nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        x -= 1.0
        return self.out(self.drop(self.norm(x)))


def test_the_callers_module_and_rows_are_left_as_they_were():
    module = Messy()
    module.norm.running_mean += 0.3
    module.out.weight.requires_grad_(False)
    before = copy.deepcopy(module.state_dict())
    X = X3.copy()
    X_tensor = torch.tensor(X, dtype=torch.float32)
    J = sb.jacobian(module, X_tensor)
    sb.compare(module, X_tensor.repeat(20, 1), estimators=["gradient", "permutation"], budget=500)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert module.training
    assert module.drop.training
    assert not module.out.weight.requires_grad
    assert module.norm.weight.requires_grad
    assert module.norm.weight.grad is None
    assert np.array_equal(X_tensor.numpy(), X.astype(np.float32))
    # eval mode: no dropout, running statistics, rows independent of each other
    np.testing.assert_allclose(sb.jacobian(module, X3[:1]), J[:1], rtol=1e-6)


@pytest.mark.parametrize(("raises", "calls"), [(False, 2), (True, 1)])
def test_only_for_an_operation_in_place_is_the_model_called_again(raises, calls):
    """Its own errors come as they are, at once."""
    fail, called = [], []

    def function(x):
        called.append(len(x))
        if fail:
            raise ValueError("not today")
        if not raises:
            x -= 1.0
        return (x**2).sum(1)

    model = sb.Model(function, X3)
    model(X3)  # the checks
    fail[:] = [True] * raises
    called.clear()
    if raises:
        with pytest.raises(ModelError, match="not today"):
            model._function.values_and_slopes(X3)
    else:
        model._function.values_and_slopes(X3)
        model._function.values_and_slopes(X3)
        called.pop()  # the second time it is known
    assert len(called) == calls


def test_rows_are_counted_and_the_budget_is_kept():
    model = sb.Model(lambda x: x[:, :2] ** 2, X3)
    model(X3)
    model.jacobian(X3)
    assert (model.n_forward, model.n_backward) == (14, 14)
    metered = model.metered(20)
    metered(X3)
    assert (metered.n_forward, model.n_forward) == (7, 14)
    with pytest.raises(BudgetExceeded, match="at most 20 rows; 7 are spent"):
        metered.jacobian(X3)


def test_chunks_give_the_same_numbers(monkeypatch):
    model = sb.Model(lambda x: (x**3).sum(1), X3)
    whole = model.values_and_jacobian(X3)
    monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", 2)
    for a, b in zip(whole, model.values_and_jacobian(X3), strict=True):
        np.testing.assert_array_equal(a, b)


def test_derivatives_work_under_the_callers_no_grad():
    with torch.no_grad():
        assert (sb.jacobian(lambda x: 2 * x[:, 0], X3)[:, 0] == [2, 0, 0]).all()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[:3, 0], "one row of output per row of input"),
        (lambda x: x.sum(), "one row of output per row"),
        (lambda x: "text", "expected a tensor of real numbers"),
        (lambda x: None, "expected a tensor of real numbers"),
        (lambda x: x[:, 0].to(torch.complex64), "complex64"),
        (lambda x: x @ torch.ones(5, 2, dtype=x.dtype), "RuntimeError"),
        (lambda x: x[:, 0].detach(), "cut off"),
        (lambda x: x[:, 0].round().long(), "cut off"),
        (lambda x: (x[:, 0] - 100).log(), "NaN or infinity in 7 of 7 rows"),
    ],
)
def test_a_model_that_cannot_be_explained_is_told_so(function, message):
    with pytest.raises(ModelError, match=message):
        sb.jacobian(function, X3)


def test_an_infinite_derivative_is_not_passed_on():
    with pytest.raises(ModelError, match="finite derivatives"):
        sb.jacobian(lambda x: x[:, 0].abs().sqrt() * 0 + (x[:, 1] - x[:, 1]).sqrt(), X3)


@pytest.mark.parametrize("model", [nn.Linear, 3, None])
def test_what_is_not_a_model_is_refused(model):
    with pytest.raises(InputError, match="torch module or a function"):
        sb.jacobian(model, X3)


def test_detach_raises_the_derivative_error():
    with pytest.raises(DerivativeError):
        sb.jacobian(lambda x: x[:, 0].detach(), X3)


class Hoarder(nn.Module):
    """Holds a lock, the numpy module, a class, a function and a long chain of objects."""

    def __init__(self):
        super().__init__()
        self.linear, self.lock, self.np, self.kind = nn.Linear(3, 1), threading.Lock(), np, Hoarder
        self.log, self.chain = [print, len], {}
        for k in range(5000):
            self.chain[k] = {"step": [k]}

    def forward(self, x):
        with self.lock:
            return self.linear(x) * float(self.np.float64(2))


def test_what_cannot_be_copied_neither_hangs_nor_is_changed():
    module = Hoarder()
    np.testing.assert_allclose(
        sb.jacobian(module, X3)[:, 0],
        np.tile(2 * module.linear.weight.detach().numpy(), (7, 1)),
        rtol=1e-5,
    )
    assert module.np is np
    assert not module.lock.locked()


class Looked(nn.Module):
    """Two features, of which the second is a word of many."""

    def __init__(self, words, wide):
        super().__init__()
        self.words, self.wide = nn.Embedding(words, 3), nn.Linear(4, wide)
        self.out = nn.Linear(wide, 1)

    def forward(self, x):
        word = self.words(x[:, 1].long().abs() % self.words.num_embeddings)
        return self.out(self.wide(torch.cat([x[:, :1], word], dim=1)))


def test_wide_layers_come_in_smaller_chunks_and_many_words_do_not():
    X = np.zeros((3, 2))
    few, many = sb.Model(Looked(7, 8), X), sb.Model(Looked(200_000, 8), X)
    assert many.chunk_rows == few.chunk_rows
    assert sb.Model(torch.jit.script(Looked(200_000, 8)), X).chunk_rows == few.chunk_rows
    assert sb.Model(Looked(7, 1024), X).chunk_rows < few.chunk_rows
