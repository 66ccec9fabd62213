"""Constants and objects that modules keep as plain attributes."""

import threading
import warnings

import numpy as np
import torch
from torch import nn

from tests.zoo.animals import (
    SCALE,
    SHIFT,
    Core,
    D,
    animal,
    core_exact,
    scaled_exact,
)


class Scaled(Core):
    def forward(self, x):
        return self.core((x - self.shift) / self.scale)


for kind, keep in {
    "numpy": lambda a: a,
    "float64 tensor": torch.tensor,
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "integer array": None,
    "non-leaf tensor": lambda a: torch.tensor(a, requires_grad=True) * 1.0,
    "parameter elsewhere": lambda a: torch.tensor(a, requires_grad=True),
}.items():
    if keep is not None:
        animal(f"scaling kept as {kind}", scaled_exact)(
            lambda keep=keep: Scaled(shift=keep(SHIFT), scale=keep(SCALE))
        )
animal("scaling in float64, weights in bfloat16", scaled_exact, rtol=0.1)(
    lambda: Scaled(shift=SHIFT, scale=torch.tensor(SCALE)).bfloat16()
)
animal("numpy scalars", lambda m, X: core_exact(m, (X - 0.5) / 2) / 2)(
    lambda: Scaled(shift=np.float64(0.5), scale=np.float32(2.0))
)
animal("integer array", lambda m, X: core_exact(m, (X - [1, 2, 3]) / 2) / 2)(
    lambda: Scaled(shift=np.array([1, 2, 3]), scale=2)
)


class InContainers(Core):
    def forward(self, x):
        return self.core((x - self.kept["shift"]) / self.kept["more"][0])


@animal("scaling in nested containers", scaled_exact)
def _():
    return InContainers(kept={"shift": SHIFT, "more": [torch.tensor(SCALE)]})


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Scaled(shift=SHIFT, scale=torch.tensor(SCALE)), Core()])
        self.index = np.array([0, 2])

    def forward(self, x):
        return self.blocks[0](x) + self.blocks[1](x) + x[:, self.index].sum(1, keepdim=True)


@animal(
    "nested submodules with an index array",
    lambda m, X: scaled_exact(m.blocks[0], X) + core_exact(m.blocks[1], X) + [1.0, 0.0, 1.0],
)
def _():
    return Nested()


for kind, make in {
    "lock": threading.Lock,
    "generator": lambda: (i for i in range(3)),
    "lambda": lambda: lambda x: x,
    "random generator": lambda: torch.Generator().manual_seed(1),
    "module of Python": lambda: np,
}.items():
    animal(f"an attribute that is a {kind}", core_exact)(lambda make=make: Core(extra=[make()]))


class NoCopy(Core):
    def __deepcopy__(self, memo):
        raise RuntimeError("not to be copied")


animal("deepcopy refused", core_exact)(NoCopy)


@animal("old weight_norm: a non-leaf weight", lambda m, X: np.broadcast_to(
    m.weight.detach().double().numpy(), (len(X), 1, D)))  # fmt: skip
def _():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = nn.utils.weight_norm(nn.Linear(D, 1))
    module(torch.zeros(2, D))
    return module
