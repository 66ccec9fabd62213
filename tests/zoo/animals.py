"""Models as people have them: each with its exact derivative, or the error it must meet.

Most wrap the same core, f(x) = V tanh(W x + b) + c, whose derivative is written out by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

D = 3
X = np.random.default_rng(5).normal(size=(20, D))
SHIFT, SCALE = np.array([0.5, -1.0, 2.0]), np.array([2.0, 0.5, 3.0])


@dataclass(frozen=True)
class Animal:
    name: str
    build: Callable[[], Any]
    exact: Callable[[Any, np.ndarray], np.ndarray] | None = None
    error: tuple[type[Exception], str] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    rtol: float = 1e-5
    X: np.ndarray = field(default_factory=lambda: X)


ZOO: dict[str, Animal] = {}


def animal(name, exact=None, error=None, rtol=1e-5, X=X, **options):
    def keep(build):
        assert name not in ZOO
        ZOO[name] = Animal(name, build, exact, error, options, rtol, X)
        return build

    return keep


class Core(nn.Module):
    """V tanh(W x + b) + c with plain attributes as given."""

    def __init__(self, o=1, d=D, **plain):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.first, self.last = nn.Linear(d, 6), nn.Linear(6, o)
        for name, value in plain.items():
            setattr(self, name, value)

    def core(self, x):
        return self.last(torch.tanh(self.first(x)))

    def forward(self, x):
        return self.core(x)


def numbers(core):
    return (
        p.detach().double().numpy() for p in (core.first.weight, core.first.bias, core.last.weight)
    )


def core_exact(core, X):
    W, b, V = numbers(core)
    return np.einsum("oh,nh,hd->nod", V, 1 - np.tanh(X @ W.T + b) ** 2, W)


def scaled_exact(core, X):
    return core_exact(core, (X - SHIFT) / SCALE) / SCALE


def of_core(get):
    return lambda model, X: core_exact(get(model), X)
