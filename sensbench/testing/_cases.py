"""Small problems that estimators are tried on; they count for themselves the rows they see."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor, nn

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.testing._least_squares import least_squares

DEAD = "dead"
_SCALES = {"large": 1e3, "small": 1e-3, "normal": 5.0, DEAD: 1.0}


@dataclass
class Seen:
    """Rows that a function has really been called on."""

    rows: int = 0


@dataclass(frozen=True)
class Case:
    """A problem, what it is for, and its function's own count of rows."""

    title: str
    problem: Problem
    seen: Seen = field(default_factory=Seen)


def linear(names: tuple[str, ...] = tuple(_SCALES), unit: float = 1.0) -> Case:
    """Two outputs, linear in four inputs of different scales, one of them dead.

    ``names`` orders the inputs; ``unit`` is by how much the numbers of the input "large" grow
    when it is told in another unit.
    """
    seen = Seen()
    scales = {**_SCALES, "large": _SCALES["large"] * unit}
    slopes = {"large": (3.0, 1.0), "small": (2.0, -2.0), "normal": (1.0, 4.0), DEAD: (0.0, 0.0)}
    B = torch.tensor(
        [[slope / scales[name] for slope in slopes[name]] for name in names], dtype=torch.float64
    )

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        seen.rows += len(x)
        return x @ B + 7.0

    space = InputSpace.of(
        {
            name: stats.norm(2.0, scales[name]) if name == "normal" else (0.0, scales[name])
            for name in names
        }
    )
    problem = _refitting(Problem.of(function, space, name="linear", outputs=["u", "v"]))
    return Case("a linear function of inputs with different scales", problem, seen)


def nonlinear() -> Case:
    """One output with an interaction and a curved effect."""
    seen = Seen()

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        seen.rows += len(x)
        return torch.exp(x[:, 0]) + 2.0 * x[:, 1] * x[:, 2]

    space = InputSpace.uniform({name: (-1.0, 1.0) for name in ("x1", "x2", "x3")})
    return Case(
        "a nonlinear function", _refitting(Problem.of(function, space, name="nonlinear")), seen
    )


def mixed() -> Case:
    """A continuous input, one of separate values, and a one-hot code that is one feature.

    The function refuses rows whose code is broken.
    """
    seen = Seen()

    def function(x: Float[Tensor, "n 5"]) -> Float[Tensor, " n"]:
        seen.rows += len(x)
        code = x[:, 2:]
        if not ((code == 0) | (code == 1)).all() or not (code.sum(1) == 1).all():
            raise ValueError("a group's columns were drawn or shuffled apart")
        return torch.sin(x[:, 0]) + 0.2 * x[:, 1] + code @ torch.arange(3.0, dtype=x.dtype)

    n = 240
    i = np.arange(n)
    rows = np.column_stack([i / n, (i * 7) % 5, *(i % 4 % 3 == k for k in range(3))])
    space = InputSpace.from_data(
        rows, ["size", "rooms", "n", "e", "s"], discrete=["rooms"], groups={"side": ["n", "e", "s"]}
    )
    return Case(
        "inputs of separate values and a group", _refitting(Problem.of(function, space)), seen
    )


class _Smooth(nn.Module):
    """A module with parameters and a buffer, so that a change of either is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -0.5, 0.25], dtype=torch.float64))
        self.register_buffer("shift", torch.tensor(0.5, dtype=torch.float64))

    def forward(self, x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        return torch.tanh(x @ self.weight) + x[:, 0] * self.get_buffer("shift")


def module() -> nn.Module:
    """Return the module of :func:`rows`."""
    return _Smooth()


def rows(network: nn.Module) -> Case:
    """Return 300 rows of data with noisy targets, and a module that explains most of them."""
    rng = np.random.default_rng(12345)
    X = rng.normal(size=(300, 3))
    with torch.no_grad():
        y = network(torch.from_numpy(X)).numpy() + rng.normal(0.0, 0.1, len(X))
    problem = _refitting(Problem.of(network, InputSpace.from_data(X), name="rows", X=X, y=y))
    return Case("rows of data", problem)


def _refitting(problem: Problem) -> Problem:
    """Return the problem with a model that can be trained again: a line."""
    return replace(problem, refit=least_squares(problem))
