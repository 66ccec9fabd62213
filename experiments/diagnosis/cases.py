"""A case: a model whose causes are known, and what may truly be said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

import sensbench as sb
from experiments.account.cases import Make, factor
from experiments.diagnosis.claims import STATEMENTS, WHOLE, Claim
from sensbench.model.quality import gradient_errors, qualities
from sensbench.problem.problem import Data

# What sensbench.compare is asked, drawn anew for a generator.
Ask = Callable[[np.random.Generator], dict[str, Any]]
Things = Mapping[Claim, frozenset[str]]


@dataclass(frozen=True)
class Case:
    """A planted case.

    Attributes
    ----------
    says
        What must be said: claim to the features, methods or outputs that it is true of.
    true
        What may be said as well, since it is true, and need not be.
    open
        Claims that are not judged here: whether they are true depends on the draw, or on more
        than was planted.
    order
        The true order of total-order indices, such as ``"x0 > x1 = x2"``: what is claimed of
        first place and order must not go against it. Empty: the methods ask different
        questions, and order is not judged.
    """

    name: str
    ask: Ask
    says: Things
    true: Things = field(default_factory=dict)
    open: frozenset[Claim] = frozenset()
    order: str = ""
    held_out: bool = False

    @property
    def control(self) -> bool:
        """Whether nothing is wrong: only statements are true of it, and no cause."""
        return not set(self.says) - STATEMENTS

    def allowed(self, claim: Claim) -> set[str]:
        """Return the things that a claim is true of."""
        return {*self.says.get(claim, ()), *self.true.get(claim, ()), *self._by_order(claim)}

    def judged(self, claim: Claim) -> bool:
        """Return whether what is said of a claim is right or wrong here."""
        of_order = claim in (Claim.FIRST, Claim.IN_ORDER, Claim.OPEN, Claim.ORDER_OPEN)
        if claim in self.open or claim in (Claim.ORDERS_ALIKE, Claim.ONE_METHOD):
            return claim in self.says
        return not of_order or bool(self.order) or claim in self.says

    def _by_order(self, claim: Claim) -> set[str]:
        groups = [group.split(" = ") for group in self.order.split(" > ")] if self.order else []
        if claim == Claim.FIRST and groups and len(groups[0]) == 1:
            return set(groups[0])
        if claim == Claim.IN_ORDER:
            return {f"{a} > {b}" for k, g in enumerate(groups) for a in g
                    for later in groups[k + 1 :] for b in later}  # fmt: skip
        if claim in (Claim.OPEN, Claim.ORDER_OPEN):
            # that an order is left open is no error, only less than could be said
            return {WHOLE, *(name for group in groups for name in group)}
        return set()


def things(claims: Mapping[Claim, str]) -> Things:
    """Return claims of things that are named in a string, ``""`` standing for the whole."""
    return {claim: frozenset(of.split("; ") if "; " in of or ": " in of else of.split() or [WHOLE])
            for claim, of in claims.items()}  # fmt: skip


def case(
    name: str,
    ask: Ask,
    says: Mapping[Claim, str] | None = None,
    *,
    order: str = "",
    true: Mapping[Claim, str] | None = None,
    unjudged: tuple[Claim, ...] = (),
    held_out: bool = False,
) -> Case:
    return Case(
        name, ask, things(says or {}), things(true or {}), frozenset(unjudged), order, held_out
    )


def asked(make: Make, *methods: Any, budget: int = 10_000, **options: Any) -> Ask:
    """Return how to compare methods, by default the usual four, on a problem."""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        asks = {"model": make(rng, 2000, factor(rng)), "budget": budget, **options}
        return {**asks, "estimators": list(methods) or None}

    return ask


def on_rows(
    f: Callable[..., torch.Tensor],
    draw: Callable[[np.random.Generator, int], Any],
    targets: Callable[[np.random.Generator, Any], np.ndarray] | None = None,
    *methods: Any,
    n: int = 1000,
    budget: int = 10_000,
    **options: Any,
) -> Ask:
    """Return how to compare methods on rows, judged by targets where there are any."""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        a = rng.uniform(0.8, 1.2)
        X = draw(rng, n)
        y = {} if targets is None else {"y": targets(rng, np.asarray(X, dtype=float))}
        names = (
            {}
            if not isinstance(X, np.ndarray)
            else {"features": [f"x{k}" for k in range(X.shape[1])]}
        )
        return {"model": lambda x: f(*x.T, a), "X": X, "estimators": list(methods) or None,
                "budget": budget, **y, **names, **options}  # fmt: skip

    return ask


def measured(
    draw: Callable[[np.random.Generator, int], Any],
    targets: Callable[[np.random.Generator, Any], np.ndarray],
    *,
    n: int = 400,
    noise: int = 0,
    copies: tuple[str, ...] = (),
) -> Ask:
    """Return how to compare methods that call no model on rows, with planted columns."""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        X = draw(rng, n)
        y = targets(rng, X).reshape(len(X), -1)
        space = sb.InputSpace.from_data(X, [f"x{k}" for k in range(X.shape[1])])
        data = Data(X, y)
        problem = sb.Problem(name="planted", space=space, data=data, targets=("y",))
        if noise or copies:
            seed = int(rng.integers(2**31))
            problem = sb.plant(problem, noise=noise, copies=copies, seed=seed)
        return {"model": problem}

    return ask


def fitted(
    make: Callable[[], Any],
    draw: Callable[[np.random.Generator, int], np.ndarray],
    signal: Callable[[np.ndarray], np.ndarray],
    noise: float,
    *methods: str,
    n: int = 400,
) -> Ask:
    """Return how to compare methods on a regressor, judged by rows that it has not seen."""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        X = draw(rng, 2 * n)
        y = signal(X) + noise * rng.normal(size=len(X))
        model = make().fit(X[:n], y[:n])
        return {"model": model, "X": X[n:], "y": y[n:], "budget": 6000,
                "features": [f"x{k}" for k in range(X.shape[1])],
                "estimators": list(methods) or ["sobol", "morris", "permutation"]}  # fmt: skip

    return ask


def several(f: Callable[..., list[torch.Tensor]], d: int, o: int, *methods: str) -> Ask:
    """Return how to compare methods on a function of several outputs, ``y0``, ``y1`` …"""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        a = rng.uniform(0.8, 1.2)
        space = sb.InputSpace.uniform({f"x{k}": (-1, 1) for k in range(d)})
        return {"model": lambda x: torch.stack(f(*x.T, a), dim=1), "space": space,
                "outputs": [f"y{k}" for k in range(o)],
                "estimators": list(methods) or None}  # fmt: skip

    return ask


def surrogate(f: Callable[..., torch.Tensor], g: Callable[..., torch.Tensor], d: int = 3) -> Ask:
    """Return how to compare methods on g, which stands for a function f that is known."""

    def ask(rng: np.random.Generator) -> dict[str, Any]:
        a = rng.uniform(0.8, 1.2)
        space = sb.InputSpace.uniform({f"x{k}": (-1, 1) for k in range(d)})
        exact, learned = (sb.Problem.of(_with(h, a), space, name="planted") for h in (f, g))
        X = space.sample(1000, rng)
        F, G = exact.model(X), learned.model(X)
        slopes = gradient_errors(
            sb.jacobian(learned.model, X), sb.jacobian(exact.model, X), space.std()
        )
        return {
            "model": replace(
                learned, truth=sb.reference(exact), reference=sb.reference(learned),
                quality=qualities(F, G, learned.outputs, slopes), judged_on="the rows given",
            ),
        }  # fmt: skip

    return ask


def _with(f: Callable[..., torch.Tensor], a: float) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: f(*x.T, a)


def of_rows(name: str, ask: Ask, says: Mapping[Claim, str] | None = None, **options: Any) -> Case:
    """Return a case whose designs draw other inputs than the rows that the others use."""
    return case(name, ask, {Claim.DIFFERENT_INPUTS: "", **(says or {})}, **options)
