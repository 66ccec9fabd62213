"""Precision, modes and hooks; compiled, scripted and exported modules."""

import warnings

import torch
from torch import nn

from tests.zoo.animals import (
    SCALE,
    SHIFT,
    Core,
    D,
    animal,
    core_exact,
    of_core,
    scaled_exact,
)

for dtype, rtol in (("float16", 1e-2), ("bfloat16", 0.1), ("float32", 1e-5), ("float64", 1e-12)):
    animal(f"{dtype} weights", core_exact, rtol=rtol)(
        lambda dtype=dtype: Core(2).to(getattr(torch, dtype))
    )


class Modes(Core):
    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(D), nn.Dropout(0.5)
        self.norm.running_mean += torch.tensor(SHIFT)
        self.norm.running_var.copy_(torch.tensor(SCALE) ** 2)
        self.norm.eps = 0.0
        self.register_buffer("calls", torch.zeros(1))
        self.history = []

    def forward(self, x):
        self.calls += 1
        self.history.append(len(x))
        return self.core(self.drop(self.norm(x)))


@animal("BatchNorm, dropout, counters, mixed modes, hooks", scaled_exact)
def _():
    module = Modes()
    module.drop.eval()
    module.first.weight.requires_grad_(False)
    module.register_forward_hook(lambda m, args, out: out)
    module.last.register_full_backward_hook(lambda m, grads, out: None)
    return module


animal("a function around a module in train mode", lambda f, X: scaled_exact(f.held, X))(
    lambda: _around(Modes())
)


def _around(module):
    def function(x):
        return module(x).squeeze()

    function.held = module
    return function


class InPlace(Core):
    def forward(self, x):
        x -= torch.tensor(SHIFT, dtype=x.dtype)
        x /= torch.tensor(SCALE, dtype=x.dtype)
        return self.core(x)


animal("in-place operations", scaled_exact)(InPlace)


@animal("weights made under inference_mode", core_exact)
def _():
    with torch.inference_mode():
        return Core()


animal("torch.compile", of_core(lambda m: m._orig_mod))(lambda: torch.compile(Core()))


class Holder(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


animal("a compiled submodule", of_core(lambda m: m.inner._orig_mod))(
    lambda: Holder(torch.compile(Core()))
)


def _quietly(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


animal("TorchScript by script", core_exact)(lambda: _quietly(lambda: torch.jit.script(Core())))
animal("TorchScript by trace", core_exact)(
    lambda: _quietly(lambda: torch.jit.trace(Core(), torch.zeros(4, D)))
)
animal("torch.export, any batch", core_exact)(
    lambda: torch.export.export(
        Core(), (torch.zeros(4, D),), dynamic_shapes=({0: torch.export.Dim("n")},)
    ).module()
)
animal("torch.export, a batch of 4", core_exact)(
    lambda: torch.export.export(Core(), (torch.zeros(4, D),)).module()
)
