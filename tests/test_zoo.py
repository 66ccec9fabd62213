"""Any model a person has: exact derivatives, or an error that says what is wrong and what to do.

Whatever happens, nothing of the caller's has changed afterwards.
"""

import types

import numpy as np
import pytest
import torch
from torch import nn

import sensbench as sb
from tests.zoo import ZOO


def print_of(value, depth=0):
    """A comparable print of all that a run could change."""
    if isinstance(value, torch.Tensor):
        bits = value.detach().clone().contiguous().view(torch.uint8 if value.ndim else value.dtype)
        grad = None if not value.is_leaf or value.grad is None else print_of(value.grad)
        return ("tensor", id(value), value.requires_grad, bits.tolist(), grad)
    if isinstance(value, np.ndarray):
        return ("array", id(value), value.dtype.str, value.tobytes())
    if depth > 8:
        return id(value)
    if isinstance(value, torch.jit.ScriptModule):
        parts = [*value.parameters(), *value.buffers()]
        return [m.training for m in value.modules()], [p.detach().tolist() for p in parts]
    if isinstance(value, nn.Module):
        return (id(value), print_of(vars(value), depth + 1))
    if isinstance(value, dict):
        return [(str(k), print_of(v, depth + 1)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return (id(value), [print_of(v, depth + 1) for v in value])
    if isinstance(value, types.FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return (id(value), print_of(cells, depth + 1)[1])
    if hasattr(value, "predict") and hasattr(value, "__dict__"):
        return (id(value), print_of(vars(value), depth + 1))
    return id(value) if not isinstance(value, int | float | str | bool) else value


def world():
    """The caller's global state."""
    return (
        torch.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        torch.is_inference_mode_enabled(),
    )


@pytest.mark.parametrize("name", ZOO)
def test_a_model_as_people_have_it(name):
    animal = ZOO[name]
    model, X = animal.build(), animal.X.copy()
    before, around = print_of(model), world()
    if animal.error is None:
        J = sb.jacobian(model, X, **animal.options)
        assert J.dtype == np.float64
        exact = animal.exact(model, animal.X)
        np.testing.assert_allclose(J, exact, rtol=animal.rtol, atol=animal.rtol * abs(exact).max())
    else:
        kind, message = animal.error
        with pytest.raises(kind, match=f"(?s){message}") as caught:
            sb.jacobian(model, X, **animal.options)
        assert "model '" in str(caught.value)
    assert print_of(model) == before
    assert world() == around
    np.testing.assert_array_equal(X, animal.X)


def test_the_zoo_is_large():
    assert len(ZOO) >= 40


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_callers_mode_does_not_matter(mode):
    animal = ZOO["BatchNorm, dropout, counters, mixed modes, hooks"]
    module = animal.build()
    with mode():
        around = world()
        J = sb.jacobian(module, animal.X)
        assert world() == around
    np.testing.assert_allclose(J, animal.exact(module, animal.X), rtol=1e-4, atol=1e-6)
