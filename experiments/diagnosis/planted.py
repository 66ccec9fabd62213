"""The planted cases that rules may be mended by, one a line: what was planted is to be said."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from sklearn.tree import DecisionTreeRegressor

from experiments.account.cases import (
    correlated,
    independent,
    marginals,
    normal,
    of_one,
    parabola,
    step,
    uniform,
)  # fmt: skip
from experiments.diagnosis.cases import (
    asked,
    case,
    fitted,
    measured,
    of_rows,
    on_rows,
    several,
    surrogate,
)
from experiments.diagnosis.claims import Claim as C
from sensbench.estimators.variance.sobol import Sobol

sin, cos, tanh, exp = torch.sin, torch.cos, torch.tanh, torch.exp


@dataclass(frozen=True)
class Inflated(Sobol):
    """A wrong estimator: first-order indices half as large again."""

    name = "inflated"

    def _estimate(self, problem, budget, rng):
        estimates = dict(super()._estimate(problem, budget, rng))
        estimates["first_order"] = estimates["first_order"].map(lambda values: 1.5 * values)
        return estimates


def bent(rng, n):
    X = rng.normal(size=(n, 3))
    X[:, 1] = np.exp(2 * X[:, 0] + 0.1 * X[:, 1])
    return X


def sum_of_four(rng, n):
    X = rng.normal(size=(n, 5))
    X[:, 4] = X[:, :4].sum(axis=1) + 0.2 * X[:, 4]
    return X


def white(rng, X):
    return rng.normal(size=(len(X), 1))


def linear(x, y, z, a):
    return a * x + y + z


ROWS_MAY = (
    C.FIRST,
    C.OPEN,
    C.IN_ORDER,
    C.ORDER_OPEN,
    C.SLOPES,
    C.CONTRADICTED,
    C.REGION,
    C.INTERACTIONS,
    C.ONLY_INTERACTIONS,
    C.ORDERS_DIFFER,
)
UNFIT = (
    C.INTERACTIONS,
    C.ONLY_INTERACTIONS,
    C.PREDICTION,
    C.NO_SHARES,
    C.CONTRADICTED,
    C.SLOPES,
    C.ORDERS_DIFFER,
    C.NO_EFFECT,
)

PLANTED = (
    # dependence
    of_rows("correlated .9", on_rows(linear, correlated(0.9)), {C.DEPENDENCE: "x0 x1", C.REGION: ""}),
    of_rows("correlated .999", on_rows(linear, correlated(0.999)), {C.DEPENDENCE: "x0 x1", C.REGION: ""}),
    of_rows("bent upward", on_rows(lambda x, y, z, a: a * x + 0.05 * y + z, bent), {C.DEPENDENCE: "x0 x1"}, true={C.TAIL: ""}, unjudged=ROWS_MAY),
    of_rows("parabola", on_rows(linear, parabola), {C.DEPENDENCE: "x0 x1"}, unjudged=ROWS_MAY),
    of_rows("a sum of four", on_rows(lambda a, b, c, d, e, f: f * a + b + c + d - e, sum_of_four), {C.DEPENDENCE: "x4"}, true={C.DEPENDENCE: "x0 x1 x2 x3"}, unjudged=ROWS_MAY),
    of_rows("beyond the rows", on_rows(lambda x, y, z, a: exp(2 * a * (x - y).abs()) + z, correlated(0.95)), {C.DEPENDENCE: "x0 x1", C.REGION: ""}, unjudged=(*ROWS_MAY[:-4], C.INTERACTIONS, C.ONLY_INTERACTIONS, C.ORDERS_DIFFER, C.CANCELLING, C.TAIL)),
    # signs
    case("a square", asked(normal(lambda x, y, z, a: a * x**2 + y + 0.5 * z)), {C.CANCELLING: "x0", C.SLOPES: "x0", C.FIRST: "x0"}, order="x0 > x1 > x2", true={C.ADDITIVE: ""}),
    case("a cosine", asked(uniform(lambda x, y, z, a: 2 * cos(3 * a * x) + y + z)), {C.CANCELLING: "x0", C.FIRST: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: "", C.SLOPES: "x0"}),
    # interactions
    case("a product", asked(normal(lambda x, y, z, a: 1.5 * a * x * y + z)), {C.CANCELLING: "x0 x1", C.INTERACTIONS: "", C.ONLY_INTERACTIONS: "x0 x1", C.OPEN: ""}, order="x0 = x1 > x2", unjudged=(C.ORDERS_DIFFER,)),
    case("a triple product", asked(uniform(lambda x, y, z, a: 3 * a * x * y * z + 0.5 * x)), {C.CANCELLING: "x1 x2", C.INTERACTIONS: "", C.ONLY_INTERACTIONS: "x1 x2"}, order="x0 > x1 = x2"),
    # jumps and cliffs
    case("a jump", asked(uniform(lambda x, y, z, a: 2 * a * step(x, 0.3) + y + z)), {C.NOT_COMPUTED: "gradient", C.FIRST: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: ""}),
    case("a jump on a slope", asked(normal(lambda x, y, z, a: 2 * a * step(x, 0.5) + x + y + z)), {C.JUMP: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: "", C.ORDERS_DIFFER: ""}),
    case("a cliff between the rows", asked(uniform(lambda x, y, z, a: tanh(1e7 * (x - 0.3)) + y + a * z)), {C.JUMP: "x0", C.CONTRADICTED: ""}, true={C.ADDITIVE: "", C.ORDERS_DIFFER: ""}),
    # waves
    case("sixteen waves", asked(uniform(lambda x, y, z, a: 2 * sin(16 * np.pi * x) + a * y + z), "sobol", "rbd_fast"), {C.HARMONICS: "x0", C.CONTRADICTED: ""}, true={C.ADDITIVE: "", C.ORDERS_DIFFER: ""}, unjudged=(C.ESTIMATES_APART,)),
    case("blind grid", asked(uniform(lambda x, y, z, a: 2 * sin(3 * x) + 0.3 * a * (y + z) / 3, low=-np.pi, high=np.pi)), {C.FIRST: "x0", C.CANCELLING: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: "", C.SLOPES: "x0"}),
    case("short waves", asked(uniform(lambda x, y, z, a: sin(8 * a * x) + y + z)), {C.SLOPES: "x0", C.FIRST: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: ""}, unjudged=(C.CANCELLING,)),
    case("a ripple", asked(uniform(lambda x, y, z, a: 2 * x + 0.3 * a * sin(25 * y) + z)), {C.SLOPES: "x1", C.CONTRADICTED: "", C.CANCELLING: "x1"}, true={C.ADDITIVE: "", C.ORDERS_DIFFER: ""}),
    # tails
    case("a heavy tail", asked(normal(lambda x, y, z, a: exp(2.5 * a * x) + y + z)), {C.TAIL: ""}, order="x0 > x1 = x2", true={C.ADDITIVE: ""}, unjudged=(C.SLOPES, C.NO_EFFECT)),
    # models that are not the data
    of_rows("memorised noise", fitted(lambda: DecisionTreeRegressor(random_state=0), independent, lambda X: 0 * X[:, 0], 1.0), {C.POOR_MODEL: "", C.POOR_FIT: ""}, unjudged=UNFIT),
    of_rows("half of it noise", on_rows(linear, independent, lambda rng, X: X.sum(axis=1) + 1.3 * rng.normal(size=len(X))), {C.POOR_FIT: ""}, unjudged=(C.ORDERS_DIFFER, C.FIRST, C.IN_ORDER), true={C.ADDITIVE: ""}),
    of_rows("an input overfitted", on_rows(lambda x, y, z, a: 2 * x + 2 * y + a * z, independent, lambda rng, X: 2 * X[:, 0] + 0.3 * X[:, 1] + X[:, 2] + 0.5 * rng.normal(size=len(X))), {C.POOR_MODEL: "", C.POOR_FIT: "", C.PREDICTION: "x1"}, true={C.ADDITIVE: "", C.PREDICTION: "x0", C.ORDERS_DIFFER: ""}),
    of_rows("one input learned wrongly", on_rows(lambda x, y, z, a: a * (x + y) + 0.3 * z, independent, of_one(0)), {C.POOR_FIT: "", C.PREDICTION: "x0"}, true={C.ADDITIVE: "", C.PREDICTION: "x1", C.ORDERS_DIFFER: "", C.CONTRADICTED: ""}, unjudged=(C.POOR_MODEL,)),
    of_rows("targets of pure noise", on_rows(linear, independent, white), {C.POOR_MODEL: "", C.POOR_FIT: "", C.NO_SHARES: "permutation"}, true={C.ADDITIVE: ""}, unjudged=(C.ORDERS_DIFFER,)),
    of_rows("constant targets", on_rows(linear, independent, lambda rng, X: np.ones(len(X))), {C.CONSTANT_TARGETS: "permutation"}, true={C.ADDITIVE: ""}),
    case("ripples of a fit", surrogate(lambda x, y, z, a: 2 * x + y + a * z, lambda x, y, z, a: 2 * x + y + a * z + 0.1 * sin(40 * z)), {C.POOR_SLOPES: "", C.NETWORK_ERROR: ""}, true={C.ADDITIVE: "", C.SLOPES: "x2 x0"}, unjudged=(C.CONTRADICTED, C.ORDERS_DIFFER)),
    # order
    case("rows of pure noise", measured(independent, white), {C.NOTHING: ""}, unjudged=(C.NO_SHARES, C.ORDERS_DIFFER, C.NO_EFFECT)),
    case("few rows", asked(uniform(lambda *x: sum((1 + 0.02 * k) * sin(1.5 * x[k]) for k in range(8)), d=8), budget=450), {}, order="x7 > x6 > x5 > x4 > x3 > x2 > x1 > x0", true={C.ADDITIVE: "", C.SLOPES: ""}),
    # a wrong estimator
    case("a wrong estimator", asked(uniform(lambda x, y, z, a: 2 * a * x + y + z), "sobol", Inflated()), {C.ESTIMATES_APART: "x0", C.FIRST_ABOVE_TOTAL: "x0 x1 x2", C.SUM_ABOVE_ONE: "inflated"}, true={C.ESTIMATES_APART: "x1 x2", C.ADDITIVE: ""}, unjudged=(C.ORDERS_DIFFER,)),
    case("no derivative", asked(lambda rng, n, a: _numpy_problem(), "sobol", "gradient"), {C.NOT_COMPUTED: "gradient"}, order="x0 > x1", true={C.ADDITIVE: "", C.ONE_METHOD: ""}),
    # planted columns
    case("inert beside noise", measured(lambda rng, n: rng.normal(size=(n, 4)), lambda rng, X: 2 * X[:, 0] + X[:, 1] + rng.normal(size=len(X)), noise=12), {C.NOISE_ABOVE: "rank_first_order cramer_von_mises delta regression"}, unjudged=(C.NO_EFFECT, C.FIRST, C.ORDERS_DIFFER, C.NO_SHARES)),
    case("a copy", measured(independent, lambda rng, X: 2 * X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=len(X)), copies=("x0",)), {C.CREDIT_SPLIT: "x0_copy", C.DEPENDENCE: "x0 x0_copy"}, unjudged=(C.NO_EFFECT, C.ORDERS_DIFFER, C.NO_SHARES, C.THROUGH_OTHERS, C.SUM_ABOVE_ONE, C.ESTIMATES_APART)),
    case("only by what it tells", asked(lambda rng, n, a: _correlated_problem(rng), "kucherenko", "shapley_effects"), {C.THROUGH_OTHERS: "x1", C.DEPENDENCE: "x0 x1"}, unjudged=(C.REGION, C.NO_EFFECT, C.CONTRADICTED, C.ORDERS_DIFFER)),
    # outputs
    case("one of ten outputs differs", several(lambda x, y, z, w, a: [a * (1 + k) * x + 0.7 * a * (1 + k) * y for k in range(9)] + [z], 4, 10), {C.DIFFERENT_OUTPUT: "y9: *", C.IMPORTANT: "x0 x1 x2", C.FIRST_IN: "x0 x2", C.NOWHERE_IMPORTANT: "x3"}, true={C.DIFFERENT_OUTPUT: " ".join(f"y{k}: *;" for k in range(9)).rstrip(";")}),
    case("a constant output", several(lambda x, y, a: [a * x + 0.5 * y, 0 * x + 1], 2, 2), {C.UNRANKED: "y1: *"}, true={C.ADDITIVE: "y0: *"}),
    case("marginals of two clusters", asked(marginals(lambda x, y, z, a: 3 * tanh(2 * a * x) + y + z, lambda: {"x0": stats.rv_histogram(([40, 2, 2, 40], [-2, -1, 0, 1, 2]), density=False), "x1": stats.norm(0, 1), "x2": stats.norm(0, 1)})), {C.FIRST: "x0", C.SLOPES: "x0"}, order="x0 > x1 = x2", true={C.ADDITIVE: "", C.JUMP: "x0"}, unjudged=(C.CONTRADICTED, C.FIRST, C.ORDERS_DIFFER)),
)  # fmt: skip


def _numpy_problem():
    import sensbench as sb

    space = sb.InputSpace.uniform({"x0": (-1, 1), "x1": (-1, 1)})
    return sb.Problem.of(
        lambda x: torch.as_tensor(2 * x.detach()[:, 0] + x.detach()[:, 1]), space,
        name="planted", derivatives="autograd",
    )  # fmt: skip


def _correlated_problem(rng):
    import sensbench as sb

    a = rng.uniform(0.8, 1.2)
    law = {"correlation": {("x0", "x1"): 0.9}}
    space = sb.InputSpace.normal({f"x{k}": (0, 1) for k in range(3)}, **law)
    return sb.Problem.of(lambda x: 2 * a * x[:, 0] + 0 * x[:, 1] + x[:, 2], space, name="planted")
