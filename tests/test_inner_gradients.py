"""Models that use autograd inside: forces, residuals of equations, learning; and work in place."""

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError

X = np.random.default_rng(0).normal(size=(12, 3))


@pytest.fixture
def net():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)).double()


def exact(net, order):
    """The derivatives of the energy by rows, without a batch: (n, 3), (n, 3, 3), (n, 3, 3, 3)."""
    f = lambda row: net(row).squeeze()  # noqa: E731
    for _ in range(order):
        f = torch.func.jacrev(f)
    return torch.func.vmap(f)(torch.tensor(X)).detach().numpy()


def given(energy, x):
    return torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]


def asked(energy, x):
    x.requires_grad_(True)
    return given(energy, x)


def enabled(energy, x):
    with torch.enable_grad():
        return given(energy, x.requires_grad_(True))


def cloned(energy, x):
    return given(energy, x.clone().requires_grad_(True))


def by_functions(energy, x):
    return torch.func.vmap(torch.func.grad(lambda row: energy(row[None])[0]))(x)


def functional(energy, x):
    return torch.autograd.functional.jacobian(lambda z: energy(z).sum(), x, create_graph=True)


def without_a_graph(energy, x):
    return torch.autograd.grad(energy(x).sum(), x)[0]


def detached(energy, x):
    return given(energy, x.detach().requires_grad_(True))


def backward(energy, x):
    energy(x).sum().backward()
    return x.grad


def backward_of_its_own(energy, x):
    return backward(energy, x.detach().requires_grad_(True))


class Force(nn.Module):
    def __init__(self, net, how):
        super().__init__()
        self.net, self.how = net, how

    def forward(self, x):
        return self.how(lambda z: self.net(z).squeeze(-1), x)


def force(net, how, kind):
    return Force(net, how) if kind == "module" else lambda x: how(lambda z: net(z)[:, 0], x)


KINDS = pytest.mark.parametrize("kind", ["module", "function"])


@KINDS
@pytest.mark.parametrize("how", [given, asked, enabled, cloned, by_functions, functional])
def test_a_force_has_its_values_and_derivatives(how, kind, net):
    model = force(net, how, kind)
    np.testing.assert_allclose(sb.Model(model, X)(X), exact(net, 1), rtol=1e-12)
    np.testing.assert_allclose(sb.jacobian(model, X), exact(net, 2), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(sb.jacobian(model, X[:1]), exact(net, 2)[:1], rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(sb.hessian(model, X), exact(net, 3), rtol=1e-9, atol=1e-12)


@KINDS
@pytest.mark.parametrize("how", [without_a_graph, detached, backward, backward_of_its_own])
def test_a_force_whose_graph_is_cut_has_values_only(how, kind, net):
    model = force(net, how, kind)
    np.testing.assert_allclose(sb.Model(model, X)(X), exact(net, 1), rtol=1e-12)
    for derivative in (sb.jacobian, sb.hessian):
        with pytest.raises(DerivativeError, match="create_graph=True"):
            derivative(model, X)
    J = sb.jacobian(model, X, derivatives="finite-difference")
    np.testing.assert_allclose(J, exact(net, 2), atol=1e-8)
    assert all(p.grad is None for p in net.parameters())


def test_a_residual_of_an_equation(net):
    def laplacian(x):
        slope = given(lambda z: net(z)[:, 0], x)
        return sum(given(lambda z, i=i: slope[:, i], x)[:, i] for i in range(3))

    assert np.allclose(sb.Model(laplacian, X)(X)[:, 0], np.trace(exact(net, 2), axis1=1, axis2=2))
    J = sb.jacobian(laplacian, X)
    np.testing.assert_allclose(J[:, 0], np.einsum("niij->nj", exact(net, 3)), rtol=1e-9)


def test_rows_in_pieces_give_the_same(net, monkeypatch):
    model = sb.Model(Force(net, given), X)
    Y = model(X)
    monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", 5)
    np.testing.assert_allclose(model(X), Y, rtol=1e-13)


def test_several_arguments_each_with_its_slope(net):
    def slopes(a, b, c):
        energy = net(torch.stack([a, b, c], 1))
        return torch.autograd.grad(energy.sum(), [a, b, c], create_graph=True)

    def blocks(ab, c):
        energy = net(torch.cat([ab, c[:, None]], 1))
        first, last = torch.autograd.grad(energy.sum(), [ab, c], create_graph=True)
        return torch.cat([first, last[:, None]], 1)

    np.testing.assert_allclose(sb.jacobian(slopes, X), exact(net, 2), rtol=1e-10, atol=1e-14)
    J = sb.jacobian(blocks, X, arguments={"ab": [0, 1], "c": 2})
    np.testing.assert_allclose(J, exact(net, 2), rtol=1e-10, atol=1e-14)

    def accumulated(a, b, c):
        net(torch.stack([a, b, c], 1)).sum().backward()
        return a.grad, b.grad, c.grad

    np.testing.assert_allclose(sb.Model(accumulated, X)(X), exact(net, 1), rtol=1e-12)
    with pytest.raises(DerivativeError, match=r"\.grad has no graph"):
        sb.jacobian(accumulated, X)
    assert all(p.grad is None for p in net.parameters())


def test_a_function_of_arrays_that_calls_backward(net):
    def accumulated(x):
        x = torch.tensor(x, requires_grad=True)
        net(x).sum().backward()
        return x.grad.numpy()

    class Regressor:
        def predict(self, x):
            return accumulated(x)

    kept = net[0].weight.grad = torch.ones_like(net[0].weight)
    for model in (accumulated, Regressor()):
        np.testing.assert_allclose(sb.Model(model, X)(X), exact(net, 1), rtol=1e-12)
        np.testing.assert_allclose(sb.jacobian(model, X), exact(net, 2), atol=1e-8)
    assert net[0].weight.grad is kept
    assert (kept == 1).all()
    assert net[2].weight.grad is None


def test_a_model_that_differentiates_by_its_parameters(net):
    class Adapted(nn.Module):
        """One step of learning inside, then the energy."""

        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            names, weights = zip(*self.net.named_parameters(), strict=True)
            slopes = torch.autograd.grad((weights[0] ** 2).sum(), weights[0], create_graph=True)
            moved = dict(zip(names, [weights[0] - 0.5 * slopes[0], *weights[1:]], strict=True))
            return torch.func.functional_call(self.net, moved, (x,))

    # the step of 0.5 takes the first layer's weights to 0: a constant
    J = sb.jacobian(Adapted(), X)
    assert J.shape == (12, 1, 3)
    assert not J.any()
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_arguments_may_be_worked_on_in_place():
    class Two(nn.Module):
        def forward(self, a, b):
            torch.relu_(a)
            torch.relu_(b)
            return a * b

    def three(a, b, *, c):
        a.mul_(3).relu_()
        b.add_(1)
        c.sigmoid_()
        return a + b**2 + c

    a, b, c = X.T
    on, s = (X > 0).astype(float), 1 / (1 + np.exp(-c))
    J = sb.jacobian(Two(), X[:, :2])
    np.testing.assert_allclose(J[:, 0], (on * np.maximum(X, 0)[:, [1, 0, 2]])[:, :2], rtol=1e-12)
    Y = sb.Model(Two(), X[:, :2])(X[:, :2])
    np.testing.assert_allclose(Y[:, 0], np.maximum(a, 0) * np.maximum(b, 0))
    J = sb.jacobian(three, X, arguments={"a": 0, "b": 1, "c": 2})
    np.testing.assert_allclose(J[:, 0], np.stack([3 * on[:, 0], 2 * b + 2, s * (1 - s)], 1))
    H = sb.hessian(lambda a, b, c: (a * b).mul_(c), X)
    np.testing.assert_allclose(H[:, 0, 0, 1], c)


def test_one_row_is_not_worked_on_twice():
    def function(x):
        x -= 1.0
        return (x**2).sum(1).squeeze()

    model = sb.Model(function, X)
    np.testing.assert_allclose(model(X[:1])[0], ((X[0] - 1) ** 2).sum())
