"""What the golden record is of: problems, methods and small studies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import stats

import sensbench as sb
from sensbench.study.config import Study, load_study
from sensbench.study.results import Results

PLAIN = (
    ("gradient", {}),
    ("sobol", {}),
    ("sobol_salib", {}),
    ("morris", {}),
    ("permutation", {}),
    ("delta", {}),
    ("rbd_fast", {}),
    ("pawn", {}),
)
WITH_OPTIONS = (
    ("gradient", {"active_subspace": True}),
    ("gradient", {"active_subspace": True, "dimension": 1, "confidence": 0.8}),
    ("sobol", {"second_order": True}),
    ("sobol", {"interval": "salib"}),
    ("sobol", {"interval": "salib", "second_order": True}),
    ("sobol_salib", {"second_order": True, "confidence": 0.8}),
    ("morris", {"levels": 6, "scale_share": 0.4, "tail": 0.05}),
    ("permutation", {"repeats": 2, "confidence": 0.8}),
    ("delta", {"method": "salib"}),
    ("delta", {"method": "salib", "point": "rows", "variants": True}),
    ("rbd_fast", {"harmonics": 6, "shuffle_ties": False}),
    ("pawn", {"slices": 6, "statistic": "maximum", "all_rows": True}),
)
EVERY = PLAIN + WITH_OPTIONS


@dataclass(frozen=True)
class Case:
    """A problem, and what every method is asked of it."""

    name: str
    problem: Callable[[], sb.Problem]
    methods: tuple[tuple[str, dict[str, Any]], ...] = PLAIN
    budget: int = 600
    seed: int = 0
    single: bool = False  # the model computes in float32
    ties: bool = False  # different rows share values of an input


def by_name(name: str, **params: Any) -> Callable[[], sb.Problem]:
    return lambda: sb.problems.load(name, **params)


def network(name: str, kind: str, plant: dict[str, Any] | None = None, **params: Any) -> Any:
    """A network trained on a registered problem."""

    def make() -> sb.Problem:
        problem = sb.problems.load(name)
        if plant:
            problem = sb.plant(problem, **plant)
        return sb.networks.load(kind, **params).train(problem, 1).problem(problem)

    return make


def as_product(make: Callable[[], sb.Problem]) -> sb.Problem:
    """The same, every method drawing from the product of the marginals."""
    given = make()
    return sb.Problem.of(
        given.explained, given.space, name=given.name, X=given.data.X, y=given.data.y,
        inputs="product",
    )  # fmt: skip


def table(declared: dict[str, list[str]] | None) -> sb.Problem:
    """Rows with a count, a one-hot code and correlated columns; targets with noise."""
    rng = np.random.default_rng(5)
    n, code = 300, np.eye(3)[rng.integers(0, 3, 300)]
    age = rng.normal(40, 12, n)
    frame = pd.DataFrame(
        {
            "age": age,
            "north": code[:, 0],
            "rooms": rng.integers(1, 6, n),
            "south": code[:, 1],
            "wage": 50 * age + rng.exponential(300, n),
            "west": code[:, 2],
        }
    )
    weights = torch.tensor([0.1, 0.0, 0.5, 1.0, 1e-3, 3.0], dtype=torch.float64)

    def function(x: torch.Tensor) -> torch.Tensor:
        return x @ weights + 0.01 * x[:, 0] * x[:, 2]

    y = function(torch.tensor(frame.to_numpy(float))).numpy() + rng.normal(0, 1, n)
    space = sb.InputSpace.from_data(frame, groups=declared)
    return sb.Problem.of(function, space, name="table", X=frame, y=y, outputs=["rent"])


def mixed() -> sb.Problem:
    """Marginals of every kind, a group of independent inputs, and an output that is constant."""
    space = sb.InputSpace.of(
        {
            "a": stats.expon(scale=2),
            "b": [1, 2, 2, 7],
            "c": stats.beta(2, 3),
            "d": stats.poisson(3),
            "e": stats.norm(1, 2),
            "f": (-1, 3),
        },
        groups={"ce": ["c", "e"]},
    )

    def function(x: torch.Tensor) -> torch.Tensor:
        a, b, c, d, e, f = x.unbind(1)
        return torch.stack([a * f + b * c + (0.3 * d).sin() * e, 0.0 * a + 2.0, f**2 + c], 1)

    return sb.Problem.of(function, space, name="mixed", outputs=["y", "still", "z"])


def of_arrays() -> sb.Problem:
    """A function of arrays, whose derivatives are differences, on marginals without constants."""
    space = sb.InputSpace.of({"g": stats.gamma(3), "t": stats.truncnorm(-1, 2), "u": (0, 1)})
    return sb.Problem.of(lambda x: np.sin(x[:, 0]) * x[:, 1] + x[:, 2] ** 3, space, name="arrays")


GROUPED = {"region": ["north", "south", "west"]}

CASES = (
    Case("ishigami", by_name("ishigami"), EVERY),
    Case("sobol_g", by_name("sobol_g"), seed=1),
    Case("borehole", by_name("borehole"), seed=2),
    Case("linear_gaussian", by_name("linear_gaussian"), EVERY),
    Case("portfolio", by_name("portfolio"), seed=3),
    Case("two_outputs", by_name("two_outputs"), EVERY, budget=3000),
    Case("flood", by_name("flood"), seed=4),
    Case("product", by_name("product"), budget=1001),
    Case("linregnet", by_name("linregnet"), seed=5, single=True),
    Case("metafunction 30", by_name("metafunction", d=30), budget=1600),
    Case("mixed", mixed, WITH_OPTIONS),
    Case("arrays", of_arrays, PLAIN),
    Case("table", lambda: table(None), EVERY, budget=900, ties=True),
    Case("table in groups", lambda: table(GROUPED), EVERY, ties=True),
    Case("table as product", lambda: as_product(lambda: table(GROUPED)), PLAIN, ties=True),
    Case(
        "diabetes linear", network("diabetes", "linear"), EVERY, budget=800, single=True, ties=True
    ),
    Case(
        "diabetes linear as product",
        lambda: as_product(network("diabetes", "linear")),
        budget=800,
        single=True,
        ties=True,
    ),
    Case(
        "diabetes mlp",
        network("diabetes", "mlp", hidden=[8], iterations=60),
        budget=800,
        seed=6,
        single=True,
        ties=True,
    ),
    Case(
        "diabetes planted",
        network("diabetes", "linear", {"noise": 2, "copies": ["bmi", "sex"]}),
        budget=900,
        single=True,
        ties=True,
    ),
)

# What makes the studies cheap: numbers of every kind remain.
SMALL = {
    "quickstart": {
        "budgets": [600],
        "replicates": 2,
        "models": ["function", {"name": "mlp", "hidden": [8], "iterations": 60}],
        "references": {"points": 64, "scrambles": 2},
    },
    "planted": {
        "budgets": [1200],
        "replicates": 2,
        "problems": [{"name": "diabetes", "plant": {"noise": 3, "copies": ["bmi"]}}],
        "models": ["linear"],
        "references": {"points": 64, "scrambles": 2},
    },
}


def studies(small: bool) -> Iterator[Study]:
    """The studies that ship, as they are or made cheap."""
    for name, changes in SMALL.items():
        yield load_study(f"experiments/{name}.yaml", changes if small else {})


def linregnet() -> Results:
    """The worked example of the README."""
    from experiments.linregnet import measured, trained

    X, y = measured()
    return sb.compare(trained(X, y), X, y=y, output="y_descaled", outputs=["u1", "u2"]).results
