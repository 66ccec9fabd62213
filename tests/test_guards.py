"""No false alarms, and no lie that gets past; second derivatives; what a study sees."""

import random

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import DerivativeError, ModelError, PartialResultWarning

X = np.random.default_rng(11).normal(size=(60, 4))


def network(activation, dtype=torch.float32, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(4, 32), activation(), nn.Linear(32, 32), activation(), nn.Linear(32, 2)
        ).to(dtype)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU, nn.Hardtanh, nn.ELU])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (1e-3, 0), (1e3, 0), (1, 100)])
def test_networks_raise_no_alarm(activation, dtype, scale, offset):
    if dtype == torch.float16 and scale == 1e3:
        scale = 10.0
    J = sb.jacobian(network(activation, dtype), X * scale + offset)
    assert np.isfinite(J).all()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.abs().sum(1),
        lambda x: x.clamp(-0.1, 0.1).sum(1),
        lambda x: torch.tanh(1e3 * x).sum(1),
        lambda x: 1e6 + x.sum(1),
        lambda x: (50 * x).sin().sum(1),
        lambda x: torch.where(x[:, 0] > 0, 3 * x[:, 0] + 1, x[:, 2]),
        lambda x: x.max(1).values,
        lambda x: x.sort(1).values[:, 0],
        lambda x: 0 * x[:, 0] + 3.0,
    ],
)
@pytest.mark.parametrize("rows", [X, X[:1], X.round(), X[:, :3] * 1e-9, X * 1e6])
def test_functions_with_kinks_raise_no_alarm(function, rows):
    sb.jacobian(function, rows)


def test_a_cut_among_many_features_is_found_and_named():
    rows = np.random.default_rng(0).normal(size=(30, 150))
    weights = torch.linspace(1, 2, 150, dtype=torch.float64)

    def cut(x):
        return torch.cat([x[:, :100], x[:, 100:101].detach(), x[:, 101:]], 1) @ weights

    with pytest.raises(DerivativeError, match=r"∂y/∂x101 \(autograd 0"):
        sb.jacobian(cut, rows)


def test_checks_are_counted_apart_and_made_once():
    model = sb.Model(lambda x: x.sin().sum(1), X)
    model.jacobian(X)
    first = model.n_check
    assert first > 0
    model.metered().jacobian(X)
    model(X)
    assert model.n_check == first
    assert (model.n_forward, model.n_backward) == (120, 60)


def test_features_that_nobody_asks_a_slope_of_are_not_checked():
    model = sb.Model(lambda x: x[:, 0] ** 2 + x[:, 1].round(), X)
    model.values_and_jacobian(X, features=[0, 2, 3])
    with pytest.raises(DerivativeError, match="∂y/∂x2"):
        model.values_and_jacobian(X)


def test_finite_differences_keep_the_budget_and_say_so():
    calls = []

    def function(x):
        calls.append(len(x))
        return np.sin(x[:, 0]) + x[:, 1]

    model = sb.Model(function, X)
    assert (model.rows_per_gradient, model.derivative_method) == (9, "central finite differences")
    calls.clear()
    metered = model.metered(9 * len(X))
    metered.jacobian(X)
    assert (metered.n_forward, metered.n_backward) == (9 * len(X), 0)
    assert sum(calls) == metered.n_forward + model.n_check
    assert "finite differences" in metered.notes[0]


def test_a_comparison_keeps_the_methods_that_can_answer():
    with pytest.warns(PartialResultWarning, match="gradient: .*jumps"):
        found = sb.compare(lambda x: x[:, 0].round() + x[:, 1], X * 3, budget=600)
    assert found.methods == ("sobol", "morris", "permutation")


def test_noise_is_refused_by_methods_without_derivatives_too():
    model = sb.Model(lambda x: x.sum(1) + torch.randn(len(x), dtype=x.dtype), X)
    with pytest.raises(ModelError, match="noise"):
        model(X)


def test_the_callers_generators_are_put_back():
    def noisy(x):
        random.random()
        np.random.rand()
        torch.rand(1)
        return x.sum(1)

    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    sb.jacobian(noisy, X)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()


def test_second_derivatives_are_exact():
    def function(x):
        return x[:, 0] ** 3 * x[:, 1] + x[:, 2].exp(), 2 * x[:, 3]

    H = sb.hessian(function, X)
    exact = np.zeros((60, 2, 4, 4))
    exact[:, 0, 0, 0] = 6 * X[:, 0] * X[:, 1]
    exact[:, 0, 0, 1] = exact[:, 0, 1, 0] = 3 * X[:, 0] ** 2
    exact[:, 0, 2, 2] = np.exp(X[:, 2])
    np.testing.assert_allclose(H, exact, rtol=1e-12)


def test_second_derivatives_of_networks():
    smooth = network(nn.Tanh, torch.float64)
    H = sb.hessian(smooth, X[:5])
    step = 1e-5 * np.eye(4)
    for i in range(4):
        change = sb.jacobian(smooth, X[:5] + step[i]) - sb.jacobian(smooth, X[:5] - step[i])
        np.testing.assert_allclose(H[:, :, i], change / 2e-5, atol=1e-8)
    assert not sb.hessian(nn.Linear(4, 2), X).any()
    for rows in (X, X[:1]):
        with pytest.raises(DerivativeError, match="as with ReLU"):
            sb.hessian(network(nn.ReLU), rows)
    with pytest.raises(DerivativeError, match="torch model"):
        sb.hessian(lambda x: np.sin(x[:, 0]), X)


def backward_off_by(factor, mask=None):
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            where = torch.ones_like(x, dtype=torch.bool) if mask is None else mask(x)
            return grad * x.cos() * torch.where(where, factor, 1.0)

    return Sine.apply


@pytest.mark.parametrize("factor", [0.97, 0.99, 1.01, 1.03])
@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_a_backward_wrong_by_a_hundredth_is_found(factor, activation):
    net, sine = network(activation), backward_off_by(factor)
    with pytest.raises(DerivativeError, match="to 1e-03 of a slope; it does not"):
        sb.jacobian(lambda x: net(sine(x)), X)


@pytest.mark.parametrize("factor", [1 - 3e-4, 1 + 3e-4])
def test_in_double_precision_less_is_found(factor):
    sine = backward_off_by(factor)
    with pytest.raises(DerivativeError, match="to 1e-04 of a slope; it does not"):
        sb.jacobian(lambda x: sine(x[:, 0]) + x[:, 1:].exp().sum(1), X)
    sb.jacobian(lambda x: backward_off_by(1.0)(x).sum(1), X)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("core", [network(nn.Tanh), network(nn.ReLU), lambda x: (x**2).sum(1)])
def test_what_is_wrong_on_one_row_in_twenty_is_found(core, seed):
    rows = np.random.default_rng(seed).normal(size=(400, 4))
    edge = np.quantile(rows[:, 0], 0.95)

    def cut(x):
        return core(torch.where(x[:, :1] > edge, x.detach(), x))

    sine = backward_off_by(1.03, lambda x: (x[:, :1] > edge).expand_as(x))
    for model in (cut, lambda x: core(sine(x))):
        with pytest.raises(DerivativeError, match="it does not for"):
            sb.jacobian(model, rows)


def test_the_hessian_of_a_sorted_function():
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    H = sb.hessian(lambda x: (x.sort(1).values @ weights) ** 2, X)
    ranked = weights.numpy()[X.argsort(1).argsort(1)]
    np.testing.assert_allclose(H[:, 0], 2 * ranked[:, :, None] * ranked[:, None])
    with pytest.raises(DerivativeError, match=r"mostly in jumps.*second derivative 0, real change"):
        sb.hessian(lambda x: x.sort(1).values @ weights, X)


def test_a_second_derivative_that_is_cut_off_is_found():
    class Sine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.slope = x.detach().cos()
            return x.sin()

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.slope

    assert np.allclose(sb.jacobian(lambda x: Sine.apply(x).sum(1), X)[:, 0], np.cos(X))
    with pytest.raises(DerivativeError, match="second derivatives by autograd to agree"):
        sb.hessian(lambda x: Sine.apply(x).sum(1) + (x**2).sum(1), X)
