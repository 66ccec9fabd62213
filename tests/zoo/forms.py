"""Forms of outputs and inputs."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from sensbench.errors import InputError
from tests.zoo.animals import Core, animal, core_exact, of_core

Pair = namedtuple("Pair", ["mean", "text"])


@dataclass
class Out:
    low: torch.Tensor
    high: torch.Tensor


class Returns(Core):
    def forward(self, x):
        return self.how(self.core(x))


for kind, how, chosen in (
    ("(n,)", lambda y: y[:, 0], [0]),
    ("(n, o)", lambda y: y, [0, 1]),
    ("tuple", lambda y: (y[:, 1], y), [1, 0, 1]),
    ("list", lambda y: [y[:, :1], None, y[:, 1]], [0, 1]),
    ("dict", lambda y: {"a": y[:, 0], "b": y[:, 1]}, [0, 1]),
    ("named tuple", lambda y: Pair(y[:, 1], "text"), [1]),
    ("dataclass", lambda y: Out(y[:, 0], y[:, 1]), [0, 1]),
    ("nested", lambda y: {"a": (y[:, 1], {"b": y}), "c": None}, [1, 0, 1]),
    ("squeezed", lambda y: y[:, :1].squeeze(), [0]),
):
    animal(f"returns {kind}", lambda m, X, chosen=chosen: core_exact(m, X)[:, chosen])(
        lambda how=how: Returns(2, how=how)
    )
animal("a scalar loss beside the output", of_core(lambda m: m), output=0)(
    lambda: Returns(how=lambda y: (y, y.square().mean()))
)


class Separate(nn.Module):
    def forward(self, x1, x2, x3):
        return 3 * x1**3 - x2**2 * x3


def separate_exact(model, X):
    x1, x2, x3 = X.T
    return np.stack([9 * x1**2, -2 * x2 * x3, -(x2**2)], axis=1)[:, None]


class Columns(Core):
    def forward(self, a, b, c):
        return self.core(torch.cat([a, b, c], dim=1))


class Blocks(Core):
    def forward(self, left, right, *, scale=1.0):
        return self.core(torch.cat([right[:, None], left], dim=1)) * scale


animal("one argument per feature, (n,)", separate_exact)(Separate)
animal("one argument per feature, (n, 1)", core_exact)(Columns)
animal("blocks by position", lambda m, X: core_exact(m, X[:, [2, 0, 1]])[:, :, [1, 2, 0]],
       arguments=[[0, 1], 2])(Blocks)  # fmt: skip
animal("blocks by name", lambda m, X: core_exact(m, X[:, [2, 0, 1]])[:, :, [1, 2, 0]],
       arguments={"right": 2, "left": [0, 1]})(Blocks)  # fmt: skip
animal("keyword-only features", separate_exact)(
    lambda: lambda *, x1, x2, x3: 3 * x1**3 - x2**2 * x3
)
animal("blocks nobody named", error=(InputError, "arguments="))(Blocks)
animal("a feature left out", error=(InputError, "left out"), arguments=[[0, 1]])(Blocks)
