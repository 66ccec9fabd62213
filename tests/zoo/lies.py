"""Branches and kinks that are fine; cuts, jumps, noise and coupled rows that are not."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sensbench.errors import DerivativeError, ModelError
from tests.zoo.animals import Core, X, animal, core_exact, numbers
from tests.zoo.attributes import Scaled
from tests.zoo.runs import Modes


class Relu(Core):
    def core(self, x):
        return self.last(torch.relu(self.first(x)))


def relu_exact(core, X):
    W, b, V = numbers(core)
    return np.einsum("oh,nh,hd->nod", V, (X @ W.T + b > 0).astype(float), W)


animal("ReLU", relu_exact)(Relu)
animal("ReLU in float32 at an offset of 1e4", lambda f, X: relu_exact(f.held, X - 1e4), rtol=1e-2,
       X=X + 1e4)(lambda: _offset(Relu()))  # fmt: skip
animal("tiny inputs", core_exact, X=X * 1e-8)(Core)
animal("huge inputs", lambda m, X: core_exact(m, X / 1e8) / 1e8, X=X * 1e8)(
    lambda: Scaled(shift=0.0, scale=1e8)
)


def _offset(module):
    def function(x):
        return module(x - 1e4) + 1e4

    function.held = module
    return function


class ByRow(Core):
    def forward(self, x):
        return torch.stack([self.core(r) * (2.0 if r.sum().item() > 0 else 1.0) for r in x])


animal(
    "item() and a branch per row",
    lambda m, X: core_exact(m, X) * np.where(X.sum(1) > 0, 2, 1)[:, None, None],
)(ByRow)
animal(
    "a dead input", lambda m, X: np.stack([2 * X[:, 0], 0 * X[:, 0], 0 * X[:, 0] + 1], 1)[:, None]
)(lambda: lambda x: x[:, 0] ** 2 + 0 * x[:, 1] + x[:, 2])
for kind, spoil in {
    "detach": lambda c: c.detach(),
    "a numpy round trip": lambda c: torch.tensor(c.detach().numpy()),
    "item() by row": lambda c: torch.stack([torch.tensor(v.item(), dtype=c.dtype) for v in c]),
    "data": lambda c: c.data * 2,
}.items():
    animal(f"a column through {kind}", error=(DerivativeError, r"∂y/∂x2.*autograd 0.*real change"))(
        lambda spoil=spoil: lambda x: x[:, 0].sin() + x[:, 0] * 0.1 + spoil(x[:, 1]) * x[:, 2]
    )
    animal(
        f"a column through {kind}, by differences",
        lambda f, X, k=kind: np.stack(
            [
                np.cos(X[:, 0]) + 0.1,
                (2 if k == "data" else 1) * X[:, 2],
                (2 if k == "data" else 1) * X[:, 1],
            ],
            1,
        )[:, None],
        derivatives="finite-difference",
        rtol=1e-6,
    )(lambda spoil=spoil: lambda x: x[:, 0].sin() + x[:, 0] * 0.1 + spoil(x[:, 1]) * x[:, 2])
for kind, spoil in {
    "round": torch.round,
    "floor": torch.floor,
    "long": lambda c: c.long().to(c.dtype),
    "a threshold": lambda c: (c > 0).to(c.dtype),
    "fine rounding": lambda c: (c * 200).round() / 200,
}.items():
    animal(f"a column through {kind}", error=(DerivativeError, r"jumps.*∂y/∂x2"))(
        lambda spoil=spoil: lambda x: x[:, 0].sin() + spoil(x[:, 1])
    )


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad


animal("a custom backward that is wrong", error=(DerivativeError, "custom backward"))(
    lambda: lambda x: Half.apply(x).sum(1)
)


class UnderMode(Core):
    def forward(self, x):
        with self.mode():
            return self.core(x)


for kind, mode in {"no_grad": torch.no_grad, "inference_mode": torch.inference_mode}.items():
    animal(f"{kind} inside", error=(DerivativeError, f"cut off.*{kind}"))(
        lambda mode=mode: UnderMode(mode=mode)
    )


animal("dropout left on", error=(ModelError, "same outputs for the same rows.*dropout"))(
    lambda: lambda x: F.dropout(x, 0.5).sum(1)
)
animal("noise", error=(ModelError, "noise"))(lambda: lambda x: (x + torch.randn_like(x)).sum(1))
animal("batch statistics", error=(ModelError, "other rows of the batch"))(
    lambda: lambda x: ((x - x.mean(0)) / x.std(0)).sum(1)
)
animal("attention over the batch", error=(ModelError, "attention over the batch"))(
    lambda: lambda x: (torch.softmax(x @ x.T, 1) @ x).sum(1)
)
animal("a function of one row", error=(ModelError, "one row of output per row"))(
    lambda: lambda x: x[0] ** 2 + x[1]
)


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 1)

    def forward(self, x):
        return self.table(x).sum((1, 2))


animal("an embedding", error=(ModelError, r"whole numbers.*x\.long\(\)"), X=np.abs(X))(Embedded)


class Broken(Modes):
    def forward(self, x):
        super().forward(x)
        raise ValueError("half way")


animal("it raises half way", error=(ModelError, "ValueError: half way"))(Broken)
