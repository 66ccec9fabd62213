"""Problems whose methods differ for one known reason, and controls whose methods do not differ.

Every case is drawn anew for a seed: a factor in it varies by up to a fifth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

import sensbench as sb
from sensbench.account.chain import Level, StepCause

# rows are drawn by the generator, as many as said; the last is a factor near 1
Make = Callable[[np.random.Generator, int, float], sb.Problem]


@dataclass(frozen=True)
class Planted:
    """A case: two estimands, and the causes that explain how their shares differ.

    ``causes`` is empty for a control. More than one: the cause has two names, each of them right.
    """

    name: str
    make: Make
    start: Level
    end: Level
    causes: frozenset[StepCause]


def factor(rng: np.random.Generator) -> float:
    """Return the factor of a case that is drawn anew."""
    return float(rng.uniform(0.8, 1.2))


def _function(f: Callable[..., torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: f(*x.T)


def normal(
    f: Callable[..., torch.Tensor], d: int = 3, std: tuple[float, ...] | None = None
) -> Make:
    """f of independent normal inputs; its last argument is a factor near 1."""

    def make(rng: np.random.Generator, n: int, a: float) -> sb.Problem:
        space = sb.InputSpace.normal({f"x{k}": (0, (std or (1,) * d)[k]) for k in range(d)})
        return sb.Problem.of(_function(lambda *x: f(*x, a)), space, name="planted")

    return make


def uniform(f: Callable[..., torch.Tensor], d: int = 3, low: float = -1, high: float = 1) -> Make:
    """f of independent uniform inputs; its last argument is a factor near 1."""

    def make(rng: np.random.Generator, n: int, a: float) -> sb.Problem:
        space = sb.InputSpace.uniform({f"x{k}": (low, high) for k in range(d)})
        return sb.Problem.of(_function(lambda *x: f(*x, a)), space, name="planted")

    return make


def marginals(f: Callable[..., torch.Tensor], of: Callable[[], dict[str, object]]) -> Make:
    """f of independent inputs of any marginals; its last argument is a factor near 1."""

    def make(rng: np.random.Generator, n: int, a: float) -> sb.Problem:
        return sb.Problem.of(_function(lambda *x: f(*x, a)), sb.InputSpace.of(of()), name="planted")

    return make


def rows(
    f: Callable[..., torch.Tensor],
    draw: Callable[[np.random.Generator, int], np.ndarray],
    targets: Callable[[np.random.Generator, np.ndarray], np.ndarray] | None = None,
) -> Make:
    """f on real rows, with targets where these are given."""

    def make(rng: np.random.Generator, n: int, a: float) -> sb.Problem:
        X = draw(rng, n)
        y = None if targets is None else targets(rng, X)
        space = sb.InputSpace.from_data(X)
        return sb.Problem.of(_function(lambda *x: f(*x, a)), space, X=X, y=y, name="planted")

    return make


def correlated(rho: float, d: int = 3) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Normal rows whose first two columns correlate."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray:
        X = rng.normal(size=(n, d))
        X[:, 1] = rho * X[:, 0] + np.sqrt(1 - rho**2) * X[:, 1]
        return X

    return draw


def parabola(rng: np.random.Generator, n: int) -> np.ndarray:
    X = rng.normal(size=(n, 3))
    X[:, 1] = (X[:, 0] ** 2 - 1) / np.sqrt(2) + 0.1 * X[:, 1]
    return X


def noisy(scale: float) -> Callable[[np.random.Generator, np.ndarray], np.ndarray]:
    def targets(rng: np.random.Generator, X: np.ndarray) -> np.ndarray:
        return (2 * X[:, 0] + 0.3 * X[:, 1] + X[:, 2])[:, None] + scale * rng.normal(
            size=(len(X), 1)
        )

    return targets


def of_one(
    column: int, scale: float = 2.0
) -> Callable[[np.random.Generator, np.ndarray], np.ndarray]:
    def targets(rng: np.random.Generator, X: np.ndarray) -> np.ndarray:
        return scale * X[:, [column]] + 0.3 * rng.normal(size=(len(X), 1))

    return targets


def step(x: torch.Tensor, at: float = 0.0) -> torch.Tensor:
    # a jump that autograd does not see, of a function that it can differentiate
    return (x > at).to(x.dtype)


def independent(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, 3))


def case(name: str, make: Make, start: Level, end: Level, *causes: StepCause) -> Planted:
    return Planted(name, make, start, end, frozenset(causes))
