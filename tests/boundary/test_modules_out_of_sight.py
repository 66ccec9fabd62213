"""Modules that a model reaches in ways that cannot be read from it run in eval mode as well."""

import gc
import weakref

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import sensbench as sb

X = np.random.default_rng(3).normal(size=(150, 3))


class Scale(nn.Module):
    """Ten times steeper in train mode, and with statistics that a run in it changes."""

    def __init__(self):
        super().__init__()
        self.norm, self.linear = nn.BatchNorm1d(3), nn.Linear(3, 1)

    def forward(self, x):
        y = self.linear(self.norm(x))
        return y * 10 if self.training else y


def of_class(net):
    class Service:
        model = net

        def __call__(self, x):
            return type(self).model(x)

    return Service()


def by_property(net):
    class Service:
        @property
        def model(self):
            return net

        def __call__(self, x):
            return self.model(x)

    return Service()


def by_weak_reference(net):
    reference = weakref.ref(net)
    return lambda x: reference()(x)


def in_a_list(net):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3, dtype=net.linear.weight.dtype)
            self.hidden = [{"net": (net,)}]

        def forward(self, x):
            return self.hidden[0]["net"][0](x) + 0 * self.first(x)[:, :1]

    return Outer()


def of_class_of_module(net):
    class Outer(nn.Module):
        hidden = (net,)

        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 3, dtype=net.linear.weight.dtype)

        def forward(self, x):
            return type(self).hidden[0](x) + 0 * self.first(x)[:, :1]

    return Outer()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    "hidden", [of_class, by_property, by_weak_reference, in_a_list, of_class_of_module]
)
def test_runs_in_eval_mode_and_is_left_as_it_was(hidden, dtype):
    torch.manual_seed(0)
    net = Scale().to(dtype)
    right = sb.jacobian(net, X)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    np.testing.assert_allclose(sb.jacobian(hidden(net), X), right, rtol=1e-6)
    sb.compare(hidden(net), X, estimators=["gradient", "permutation"], budget=900)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(part.training for part in net.modules())


def test_a_module_made_inside_is_met_a_few_times():
    """Every call makes another: the trial ends all the same, and does not gather them."""
    made = []

    def of_codes(x_cat, x_cont):
        module = nn.Embedding(3, 1)
        with torch.no_grad():
            module.weight[:, 0] = torch.tensor([1.0, 2.0, 4.0])
        made.append(weakref.ref(module))
        return module(x_cat[:, 0])[:, 0] * x_cont[:, 0]

    frame = pd.DataFrame({"code": [0, 1, 2, 1] * 5, "x": np.linspace(-1, 1, 20)})
    model = sb.Model(of_codes, frame, arguments={"x_cat": ["code"], "x_cont": ["x"]})
    trials = len(made)
    np.testing.assert_allclose(
        model.jacobian(frame.to_numpy(float))[:, 0, 1], [1.0, 2.0, 4.0, 2.0] * 5
    )
    assert trials < 60
    gc.collect()
    assert sum(reference() is not None for reference in made) < 10
