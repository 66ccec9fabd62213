"""Controls, one a line: nothing is wrong, and no cause is to be named."""

import numpy as np
import pandas as pd
import torch

from experiments.account.cases import correlated, independent, normal, uniform
from experiments.diagnosis.cases import asked, case, measured, of_rows, on_rows, several
from experiments.diagnosis.claims import Claim as C

sin = torch.sin
ADDS = {C.ADDITIVE: ""}


def one_hot(rng, n):
    code = np.eye(3)[rng.integers(3, size=n)]
    return pd.DataFrame(
        {"x0": rng.normal(size=n), "north": code[:, 0], "south": code[:, 1], "west": code[:, 2]}
    )


CONTROLS = (
    case("linear", asked(normal(lambda x, y, z, a: a * x + 2 * y + 0.5 * z)), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    case("linear, other units", asked(normal(lambda x, y, z, a: a * x + 2e3 * y + 5e-5 * z, std=(1, 1e-3, 1e4))), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    case("one wide input", asked(normal(lambda x, y, z, a: 1e-6 * a * x + 2 * y + 0.5 * z, std=(1e6, 1, 1))), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    case("equal inputs", asked(normal(lambda x, y, z, a: a * (x + y + z))), {C.OPEN: "", **ADDS}, order="x0 = x1 = x2"),
    of_rows("ties", on_rows(lambda x, y, z, a: a * x + 2 * y + 0.5 * z, lambda rng, n: np.round(rng.normal(size=(n, 3)))), {C.FIRST: "x1"}, order="x1 > x0 > x2", true=ADDS),
    case("tiny outputs", asked(uniform(lambda x, y, z, a: 1e-120 * (a * x + 2 * y + 0.5 * z))), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    case("smooth and additive", asked(uniform(lambda x, y, z, a: 2 * (0.5 * a * x).sinh() + 2 * y + 0.4 * z)), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    case("ten inert inputs", asked(uniform(lambda *x: x[0] * x[-1] + 2 * x[1], d=12)), {C.FIRST: "x1", C.NO_EFFECT: " ".join(f"x{k}" for k in range(2, 12)), **ADDS}, order="x1 > x0 > " + " = ".join(f"x{k}" for k in range(2, 12))),
    case("two outputs", several(lambda x, y, z, a: [2 * x + a * y + 0.3 * z, 1e3 * (a * x + 2 * y + 0.3 * z)], 3, 2), {C.FIRST: "y0: x0; y1: x1", C.ADDITIVE: "y0: *; y1: *"}),
    case("eight outputs alike", several(lambda x, y, z, a: [(1 + k) * (2 * x + a * y) for k in range(8)], 3, 8), {C.ALIKE_OUTPUTS: "", C.IMPORTANT: "x0 x1", C.FIRST_IN: "x0", C.NOWHERE_IMPORTANT: "x2"}),
    of_rows("weakly correlated", on_rows(lambda x, y, z, a: a * x + 2 * y + 0.5 * z, correlated(0.2)), {C.FIRST: "x1"}, order="x1 > x0 > x2", true=ADDS),
    of_rows("right model, little noise", on_rows(lambda x, y, z, a: 1 * x + 2 * y + 0.5 * z, independent, lambda rng, X: X @ [1, 2, 0.5] + 0.5 * rng.normal(size=len(X))), {C.FIRST: "x1", **ADDS}, order="x1 > x0 > x2"),
    of_rows("one-hot group", on_rows(lambda x, n, s, w, a: 2 * a * x + n - s, one_hot, groups={"region": ["north", "south", "west"]}), {C.FIRST: "x0"}, order="x0 > region", true=ADDS),
    case("real inputs above noise", measured(independent, lambda rng, X: X.sum(axis=1) + 0.2 * rng.normal(size=len(X)), noise=3), {C.NOISE_BELOW: "rank_first_order cramer_von_mises delta regression"}, unjudged=(C.NO_EFFECT, C.ORDERS_DIFFER)),
    case("sixteen waves, by ranks", asked(uniform(lambda x, y, z, a: 2 * sin(16 * np.pi * x) + a * y + z), "sobol", "delta", budget=4000), {}, true=ADDS, order="x0 > x1 = x2"),
)  # fmt: skip
