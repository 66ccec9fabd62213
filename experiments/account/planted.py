"""The planted cases, one a line: a function, two estimands, and why their shares differ."""

import numpy as np
import torch
from scipy import stats

import sensbench as sb
from experiments.account.cases import (
    case,
    correlated,
    independent,
    marginals,
    noisy,
    normal,
    of_one,
    parabola,
    rows,
    step,
    uniform,
)  # fmt: skip
from sensbench.account.chain import Level
from sensbench.account.chain import StepCause as C

M, A, R, T, F = Level.MEAN, Level.SIZE, Level.SQUARE, Level.TOTAL, Level.FIRST
P, Y, G, H = Level.ON_ROWS, Level.ON_TARGETS, Level.ON_GRID, Level.SPECTRUM
sin, cos, tanh, exp = torch.sin, torch.cos, torch.tanh, torch.exp

PLANTED = (
    # slopes of both signs
    case("square, mean", normal(lambda x, y, z, a: a * x**2 + y + 0.5 * z), M, A, C.SIGNS_CANCEL),
    case("square, mean to S_T", normal(lambda x, y, z, a: a * x**2 + y + z), M, T, C.SIGNS_CANCEL),
    case("sine, mean", uniform(lambda x, y, z, a: sin(a * 3 * x) + y + z, high=3, low=-3), M, A, C.SIGNS_CANCEL),
    case("product, mean to rms", normal(lambda x, y, z, a: 1.5 * a * x * y + z), M, R, C.SIGNS_CANCEL),
    case("cosine, mean to rms", uniform(lambda x, y, z, a: 2 * cos(a * 3 * x) + y + z), M, R, C.SIGNS_CANCEL),
    case("|x|, mean to permutation", normal(lambda x, y, z, a: 2 * a * x.abs() + y + z), M, P, C.SIGNS_CANCEL),
    # uneven slopes
    case("cube, size to rms", normal(lambda x, y, z, a: 0.4 * a * x**3 + y + z), A, R, C.UNEVEN_SLOPES),
    case("exponential, size to rms", uniform(lambda x, y, z, a: exp(2.5 * a * x) / 3 + y + z), A, R, C.UNEVEN_SLOPES),
    case("ramp, mean to rms", uniform(lambda x, y, z, a: 3 * a * torch.relu(x - 0.4) + y + z), M, R, C.UNEVEN_SLOPES),
    case("two ramps, size to rms", uniform(lambda x, y, z, a: 4 * a * (torch.relu(x - 0.6) + torch.relu(-0.6 - x)) + y + z), A, R, C.UNEVEN_SLOPES),
    case("product of squares, size", normal(lambda x, y, z, a: 0.4 * a * x**2 * y + z), A, R, C.UNEVEN_SLOPES),
    # rises and falls
    case("sine of 8x", uniform(lambda x, y, z, a: sin(8 * a * x) + y + z), R, T, C.RISES_AND_FALLS),
    case("sine of 20x", uniform(lambda x, y, z, a: sin(20 * a * x) + 2 * y + z), R, T, C.RISES_AND_FALLS),
    case("waves on a ramp", uniform(lambda x, y, z, a: 2 * x + 0.3 * a * sin(25 * x) + 2 * y + z), R, T, C.RISES_AND_FALLS),
    case("waves, to permutation", uniform(lambda x, y, z, a: cos(12 * a * x) + y + z), R, P, C.RISES_AND_FALLS),
    case("waves, size to S_T", uniform(lambda x, y, z, a: sin(15 * a * x) + y + z), A, T, C.RISES_AND_FALLS),
    case("Ishigami", lambda rng, n, a: sb.problems.load("ishigami"), R, T, C.RISES_AND_FALLS),
    # steep and narrow
    case("one step, smooth", uniform(lambda x, y, z, a: tanh(8 * a * x) + y + z), R, T, C.STEEP_NARROW),
    case("a cliff off centre", uniform(lambda x, y, z, a: tanh(12 * a * (x - 0.4)) + y + z), R, T, C.STEEP_NARROW),
    case("two cliffs upward", uniform(lambda x, y, z, a: tanh(15 * a * (x - 0.5)) + tanh(15 * (x + 0.5)) + 2 * y + z), R, T, C.STEEP_NARROW),
    case("a cliff, to permutation", uniform(lambda x, y, z, a: tanh(10 * a * x) + y + 0.5 * z), R, P, C.STEEP_NARROW),
    # where the steep places lie
    case("steep at the ends", uniform(lambda x, y, z, a: a * x**9 + 0.5 * y + 0.5 * z), R, T, C.WHERE, C.STEEP_NARROW),
    case("steep in the tails", normal(lambda x, y, z, a: 0.05 * a * x**5 + y + z), R, T, C.WHERE, C.STEEP_NARROW),
    case("flat tails", marginals(lambda x, y, z, a: 4 * tanh(a * x / 2) + 2 * y + z, lambda: {"x": stats.norm(0, 3), "y": (-2, 2), "z": (-1, 1)}), R, T, C.WHERE, C.STEEP_NARROW),
    case("steep between two clusters", marginals(lambda x, y, z, a: 3 * tanh(2 * a * x) + y + z, lambda: {"x": stats.rv_histogram(([40, 2, 2, 40], [-2, -1, 0, 1, 2]), density=False), "y": stats.norm(0, 1), "z": stats.norm(0, 1)}), R, T, C.WHERE),
    case("a bridge", marginals(lambda x, y, z, a: a * 2 * x.clamp(-0.5, 0.5) + 0.3 * y + 0.3 * z, lambda: {"x": stats.rv_histogram(([50, 0.5, 0.5, 50], [-2, -1, 0, 1, 2]), density=False), "y": stats.norm(0, 1), "z": stats.norm(0, 1)}), R, T, C.WHERE),
    # interactions
    case("product, S_T to S_1", normal(lambda x, y, z, a: a * x * y + z), T, F, C.INTERACTIONS),
    case("product and sum", normal(lambda x, y, z, a: x + 1.5 * a * y * z), T, F, C.INTERACTIONS),
    case("triple product", uniform(lambda x, y, z, a: 3 * a * x * y * z + 0.5 * x), T, F, C.INTERACTIONS),
    case("permutation to S_1", normal(lambda x, y, z, a: a * x * y + z), P, F, C.INTERACTIONS),
    case("product, rms to S_1", normal(lambda x, y, z, a: a * x * y + z), R, F, C.INTERACTIONS),
    case("product, S_T to RBD", uniform(lambda x, y, z, a: 2 * a * x * y + z), T, H, C.INTERACTIONS),
    # jumps
    case("a jump on a slope", normal(lambda x, y, z, a: 2 * a * step(x, 1.0) + x + y + z), R, T, C.JUMPS),
    case("a jump off centre", uniform(lambda x, y, z, a: 2 * a * step(x, 0.3) + x + 2 * y + 2 * z), R, T, C.JUMPS),
    case("a jump in a corner", normal(lambda x, y, z, a: 5 * a * step(x) * step(y) + x + y + 2 * z), R, T, C.JUMPS),
    case("a jump, to permutation", normal(lambda x, y, z, a: 2 * a * step(x, 0.5) + x + y + z), R, P, C.JUMPS),
    case("a jump, size to S_T", normal(lambda x, y, z, a: 3 * a * step(x, 0.8) + x + y + z), A, T, C.JUMPS),
    # dependence
    case("correlated product", rows(lambda x, y, z, a: a * x * y + z, correlated(0.9)), T, P, C.DEPENDENCE),
    case("correlated, rms to permutation", rows(lambda x, y, z, a: a * x * y + z, correlated(0.9)), R, P, C.DEPENDENCE),
    case("slopes where rows are", rows(lambda x, y, z, a: a * x * torch.relu(x - y) + z, correlated(0.95)), R, T, C.DEPENDENCE),
    case("difference squared", rows(lambda x, y, z, a: a * (x - y) ** 2 + x + z, correlated(0.95)), R, T, C.DEPENDENCE),
    case("correlated, a square", rows(lambda x, y, z, a: a * x * y**2 + 2 * z, correlated(0.9)), T, P, C.DEPENDENCE),
    case("beside a parabola", rows(lambda x, y, z, a: 2 * a * torch.relu(1.4 * y - x**2 + 0.4) + x + z, parabola), R, T, C.DEPENDENCE),
    # off the rows
    case("S_1 and rows", rows(lambda x, y, z, a: a * 2 * x + 0.2 * y + z, correlated(0.9)), F, H, C.OFF_ROWS),
    case("product on rows", rows(lambda x, y, z, a: a * x * y + z, correlated(0.9)), F, H, C.OFF_ROWS),
    # the model is not the data
    case("half learned", rows(lambda x, y, z, a: a * x + y + z, independent, of_one(0)), P, Y, C.MODEL_ERROR),
    case("an input overfitted", rows(lambda x, y, z, a: 2 * x + 1.5 * a * y + z, independent, noisy(0.5)), P, Y, C.MODEL_ERROR),
    case("S_T and targets", rows(lambda x, y, z, a: 2 * x + 1.5 * a * y + z, independent, noisy(0.5)), T, Y, C.MODEL_ERROR),
    case("rms and targets", rows(lambda x, y, z, a: 1.2 * a * x + y + z, independent, of_one(1)), R, Y, C.MODEL_ERROR),
    # grids and harmonics
    case("blind to 3x", uniform(lambda x, y, z, a: 2 * sin(3 * x) + 0.3 * a * (y + z), low=-np.pi, high=np.pi), G, T, C.GRID),
    case("waves of the grid's length", uniform(lambda x, y, z, a: 2 * cos(3 * np.pi * x) + a * y + z), T, G, C.GRID),
    case("twice the grid", uniform(lambda x, y, z, a: 1.5 * cos(6 * np.pi * x) + a * y + z), G, T, C.GRID),
    case("waves, rms to Morris", uniform(lambda x, y, z, a: x + 2 * a * y + 0.5 * z + 2 * cos(3 * np.pi * z)), T, G, C.GRID),
    case("sixteen waves", uniform(lambda x, y, z, a: 2 * sin(16 * np.pi * x) + a * y + z), F, H, C.HARMONICS),
    case("twenty waves, S_T to RBD", uniform(lambda x, y, z, a: 1.5 * cos(20 * np.pi * x) + a * y + z), T, H, C.HARMONICS),
)  # fmt: skip
