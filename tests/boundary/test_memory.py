"""A module seen before: the second answer is right whatever has changed, and nothing is kept."""

import gc
import weakref

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError
from sensbench.model.boundary import memory

X = np.random.default_rng(3).normal(size=(60, 3))


class Config:
    def __init__(self, scale):
        self.scale = scale


class Scaled(nn.Module):
    """x · w times every plain attribute there is; as a product of all, so that each matters."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 1, bias=False)
        with torch.no_grad():
            self.inner.weight.copy_(torch.tensor([[1.0, -2.0, 0.5]]))
        self.register_buffer("b", torch.ones(3))
        self.number, self.listed, self.held = 2.0, [1.0, 2.0], {"a": [1.0]}
        self.array, self.tensor = np.ones(3, np.float32), torch.ones(3)
        self.config, self.on, self.act = Config(1.0), True, torch.tanh

    def forward(self, x):
        c = self.number * sum(self.listed) * self.held["a"][0] * self.config.scale
        y = self.inner(x * torch.tensor(self.array) * self.tensor * self.b) * c
        return self.act(y) if self.on else y


def exact(net, X):
    x = torch.tensor(X, dtype=torch.float32, requires_grad=True)
    return torch.autograd.grad(net(x).sum(), x)[0].numpy()[:, None]


def shares_memory(net):
    net.array[...] = 3


def of_data(net):
    net.inner.weight.data.mul_(2)


def by_numpy(net):
    net.b.numpy()[:] = 0.5


def data_of_a_buffer(net):
    net.b.data.fill_(3)


def data_of_a_tensor(net):
    net.tensor.data[0] = 4


def without_grad(net):
    with torch.no_grad():
        net.inner.weight.add_(1)


def stepped(net):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()


def other_submodule(net):
    net.inner = nn.Linear(3, 1)


def other_memory(net):
    net.inner.weight.data = torch.ones(1, 3)


def hooked(net):
    net.inner.register_forward_hook(lambda module, args, out: 2 * out)


def other_forward(net):
    net.forward = lambda x: (3 * x).sum(1)


def other_class(net):
    class Other(Scaled):
        def forward(self, x):
            return super().forward(2 * x)

    net.__class__ = Other


CHANGES = {
    "a float": lambda net: setattr(net, "number", -1.0),
    "an integer for a bool": lambda net: setattr(net, "on", 0),
    "an item": lambda net: net.listed.__setitem__(0, 5.0),
    "one more item": lambda net: net.listed.append(5.0),
    "a list in a dict": lambda net: net.held["a"].__setitem__(0, 7.0),
    "an object's field": lambda net: setattr(net.config, "scale", 3.0),
    "a function": lambda net: setattr(net, "act", torch.sigmoid),
    "a hook": hooked,
    "a forward": other_forward,
    "a class": other_class,
    **{f.__name__: f for f in (
        shares_memory, of_data, by_numpy, data_of_a_buffer, data_of_a_tensor, without_grad,
        stepped, other_submodule, other_memory,
    )},
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_answer_after_a_change_is_right(change):
    net = Scaled()
    np.testing.assert_allclose(sb.jacobian(net, X), exact(net, X), rtol=1e-4, atol=1e-6)
    assert sb.Model(net, X)._checks._recalled
    before = sb.jacobian(net, X)
    change(net)
    now = exact(net, X)
    assert not np.allclose(before, now)
    np.testing.assert_allclose(sb.jacobian(net, X), now, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        sb.Model(net, X)(X),
        net(torch.tensor(X).float()).detach().reshape(60, 1),
        rtol=1e-4,
        atol=1e-6,
    )


class Looking(Scaled):
    """The same, of a function that looks at its values."""

    def forward(self, x):
        y = super().forward(x)
        return torch.where(y > 1e9, 0 * y, y)


def test_what_was_seen_is_not_checked_again():
    net = Looking()
    first = sb.Model(net, X)
    J = first.jacobian(X)
    again = sb.Model(net, X)
    np.testing.assert_array_equal(again.jacobian(X), J)
    assert again.n_check == 0
    other = sb.Model(net, X)
    np.testing.assert_array_equal(other.jacobian(X[:30]), J[:30])
    assert 0 < other.n_check < first.n_check / 2
    beyond = sb.Model(net, X)
    beyond.jacobian(10 * X)
    assert beyond.n_check > first.n_check / 2


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_lie_elsewhere_is_found_in_a_module_seen_before(factor):
    class Cut(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 1)

        def forward(self, x):
            return self.inner(torch.where(x[:, :1] > 0.5, x.detach(), x)).tanh()

    net, below = Cut(), np.minimum(X, 0.4)
    sb.jacobian(net, below)
    assert sb.Model(net, below)._checks._recalled
    for _ in range(2):
        with pytest.raises(DerivativeError, match="it does not for"):
            sb.jacobian(net, np.where(below > 0.2, 0.6, factor * below))
        with pytest.raises(DerivativeError, match="it does not for"):
            sb.jacobian(net, X)


def test_modules_that_write_into_themselves_or_hide_things_are_not_remembered():
    class Counting(Scaled):
        def forward(self, x):
            self.kept = x
            return super().forward(x)

    closed, cyclic, factor = Scaled(), Scaled(), [1.0]
    closed.act = lambda y: y * factor[0]
    cyclic.held["me"] = [cyclic]
    large = Scaled()
    large.array2 = np.zeros(2**19)
    for net in (Counting(), closed, cyclic, large):
        sb.jacobian(net, X)
        assert not sb.Model(net, X)._checks._recalled


def test_nothing_keeps_a_module_alive():
    net = Scaled()
    sb.jacobian(net, X)
    gone, weight = weakref.ref(net), weakref.ref(net.inner)
    key = id(net)
    del net
    gc.collect()
    assert gone() is None
    assert weight() is None
    assert key not in memory._seen


def test_few_are_remembered():
    nets = [Scaled() for _ in range(memory._MOST_MODULES + 3)]
    for net in nets:
        sb.jacobian(net, X)
    assert len(memory._seen) <= memory._MOST_MODULES


def test_a_module_of_torchs_own_functions_is_hardly_checked():
    net = Scaled()
    first = sb.Model(net, X)
    J = first.jacobian(X)
    again = sb.Model(net, X)
    np.testing.assert_array_equal(again.jacobian(X), J)
    assert again.n_check == 0
    other = sb.Model(net, X)
    np.testing.assert_array_equal(other.jacobian(X[:30]), J[:30])
    assert 0 < other.n_check < first.n_check
    looked = sb.Model(Looking(), X)
    looked.jacobian(X)
    assert first.n_check < looked.n_check / 2


def test_many_rows_are_known_again(rng):
    """Of more than a megabyte only what the bits add up to is remembered."""
    net, many = Looking(), rng.normal(size=(60_000, 3))
    sb.jacobian(net, many)
    again = sb.Model(net, many)
    again.jacobian(many.copy())
    assert again.n_check == 0
    many *= 1.01
    again = sb.Model(net, many)
    again.jacobian(many)
    assert again.n_check > 0
