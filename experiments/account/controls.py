"""Controls, one a line: the shares of the two estimands are the same."""

import numpy as np
import torch

from experiments.account.cases import (
    case,
    correlated,
    independent,
    noisy,
    normal,
    parabola,
    rows,
    uniform,
)  # fmt: skip
from sensbench.account.chain import Level

M, A, R, T, F = Level.MEAN, Level.SIZE, Level.SQUARE, Level.TOTAL, Level.FIRST
P, Y, G, H = Level.ON_ROWS, Level.ON_TARGETS, Level.ON_GRID, Level.SPECTRUM
sin, cos, tanh, exp = torch.sin, torch.cos, torch.tanh, torch.exp

CONTROLS = (
    case("linear", normal(lambda x, y, z, a: a * x + 2 * y + z), R, T),
    case("linear, mean to S_1", normal(lambda x, y, z, a: a * x + 2 * y + z), M, F),
    case("linear, other units", normal(lambda x, y, z, a: a * x + 2e3 * y + 1e-4 * z, std=(1, 1e-3, 1e4)), R, T),
    case("linear, wide", uniform(lambda x, y, z, a: a * x + y + z, low=-1e6, high=1e6), A, P),
    case("linear, permutation", rows(lambda x, y, z, a: a * x + y + z, independent), T, P),
    case("linear, Morris", uniform(lambda x, y, z, a: a * x + y + 2 * z), T, G),
    case("linear, RBD", uniform(lambda x, y, z, a: a * x + y + 2 * z), F, H),
    case("linear, S_T to S_1", uniform(lambda x, y, z, a: a * x + y + 2 * z), T, F),
    case("correlated linear", rows(lambda x, y, z, a: a * x + y + z, correlated(0.9)), R, T),
    case("correlated linear, permutation", rows(lambda x, y, z, a: a * x + y + z, correlated(0.9)), T, P),
    case("duplicated input", rows(lambda x, y, z, a: a * x + y + z, correlated(1.0)), R, P),
    case("parabola, linear", rows(lambda x, y, z, a: a * x + y + z, parabola), R, T),
    case("exact targets", rows(lambda x, y, z, a: 2 * x + 0.3 * y + z, independent, noisy(0.0)), P, Y),
    case("noisy targets", rows(lambda x, y, z, a: 2 * x + 0.3 * y + z, independent, noisy(1.0)), P, Y),
    case("poor targets", rows(lambda x, y, z, a: 2 * x + 0.3 * y + z, independent, noisy(4.0)), R, Y),
    case("pure noise", rows(lambda x, y, z, a: a * x + y + z, independent, lambda rng, X: rng.normal(size=(len(X), 1))), R, Y),
    case("equal squares", normal(lambda x, y, z, a: x**2 + y**2 + z**2), R, T),
    case("equal waves", uniform(lambda x, y, z, a: sin(9 * x) + sin(9 * y) + sin(9 * z)), R, T),
    case("equal products", normal(lambda x, y, z, a: x * y + y * z + z * x), T, F),
    case("inert beside linear", normal(lambda x, y, z, a: a * x), R, T),
    case("wide, 12 inputs", normal(lambda *x: sum(x[:12]), d=12), R, T),
    case("ties", rows(lambda x, y, z, a: a * x + y + z, lambda rng, n: np.round(rng.normal(size=(n, 3)))), T, P),
    case("ties, RBD", rows(lambda x, y, z, a: a * x + y + z, lambda rng, n: np.round(rng.normal(size=(n, 3)))), F, H),
)  # fmt: skip
