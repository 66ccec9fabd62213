"""A model as a torch module for other libraries: the same numbers, counted."""

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import BudgetExceeded, DerivativeError, ModelError

X = np.random.default_rng(0).normal(size=(6, 3))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Dropout(0.5), nn.Linear(5, 2))


def test_values_and_derivatives_are_the_models_and_rows_are_counted():
    net = network()
    model = sb.Model(net, X[:2])
    metered = model.metered(100)
    module = metered.as_torch()
    x = torch.tensor(X, dtype=torch.float32, requires_grad=True)
    outputs = module(x)
    np.testing.assert_allclose(outputs.detach().numpy(), model(X), rtol=1e-6)
    assert (metered.n_forward, metered.n_backward) == (6, 0)
    (gradient,) = torch.autograd.grad(outputs[:, 1].sum(), x)
    np.testing.assert_allclose(gradient.numpy(), model.jacobian(X)[:, 1], rtol=1e-5)
    assert (metered.n_forward, metered.n_backward) == (6, 6)
    with torch.no_grad():
        module(x)
    assert (metered.n_forward, metered.n_backward) == (12, 6)
    assert model.n_backward == 12  # its own Jacobian: two outputs of six rows


def test_the_budget_holds_forward_and_backward():
    module = sb.Model(network(), X[:2]).metered(10).as_torch()
    x = torch.tensor(X, dtype=torch.float32, requires_grad=True)
    outputs = module(x)
    with pytest.raises(BudgetExceeded, match="6 are spent and 6 more"):
        torch.autograd.grad(outputs.sum(), x)
    with pytest.raises(BudgetExceeded, match="6 are spent and 6 more"):
        module(x)


def test_hooks_are_on_a_copy_and_the_callers_module_is_left_alone():
    net = network().train()
    model = sb.Model(net, X[:2])
    module = model.as_torch()
    seen = []
    layers = [m for m in module.modules() if isinstance(m, nn.Tanh)]
    layers[0].register_forward_hook(lambda *given: seen.append(len(given)))
    module(torch.zeros(2, 3))
    assert len(seen) == 1
    model(X)
    net(torch.zeros(2, 3))
    assert len(seen) == 1
    assert net.training
    assert not module.training


def test_functions_have_one_too_and_what_is_not_torch_says_so():
    module = sb.Model(lambda x: x[:, 0] * x[:, 1], X[:2]).as_torch()
    outputs = module(torch.tensor(X))
    assert outputs.shape == (6, 1)
    np.testing.assert_allclose(outputs[:, 0].numpy(), X[:, 0] * X[:, 1])
    with pytest.raises(DerivativeError, match="expected a torch model"):
        sb.Model(lambda x: np.sin(np.asarray(x)[:, 0]), X[:2], derivatives="auto").as_torch()


@pytest.mark.parametrize(
    "many",
    [
        lambda module, x: torch.func.vmap(lambda row: module(row[None])[0])(x),
        lambda module, x: torch.func.jvp(module, (x,), (x,)),
        lambda module, x: torch.autograd.functional.jacobian(module, x, vectorize=True),
    ],
)
def test_what_cannot_be_counted_is_refused(many):
    module = sb.Model(network(), X[:2]).metered(10_000).as_torch()
    with pytest.raises(ModelError, match="which can be counted"):
        many(module, torch.tensor(X, dtype=torch.float32))
