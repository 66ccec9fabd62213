"""Account: why the shares of two methods differ, as a sum."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.account.chain import Level, StepCause, needs_rows_and_product, way
from sensbench.account.grid import GridSteps
from sensbench.account.levels import compute_levels, is_joint, require_one_law
from sensbench.account.steps import Changes, Step, changes_of
from sensbench.account.verdict import NOTABLE, Status, Verdict, judge, largest_step
from sensbench.estimator.result import INTERVAL_COLUMNS
from sensbench.problem.problem import Problem

_CONFIDENCE = 0.95
_RESAMPLES = 1000
_UNDEFINED = Verdict(Status.UNDEFINED)


_INTERVAL = "bootstrap of the base rows, simultaneous"


@dataclass(frozen=True)
class Published:
    """One side of a difference: what a method gave, and what it estimates.

    Attributes
    ----------
    method, measure
        The method's label, and the measure.
    level
        The estimand.
    shares
        Of importance, by feature.
    """

    method: str
    measure: str
    level: Level
    shares: dict[str, float]


@dataclass(frozen=True, eq=False)
class Account:
    """Why two methods give the inputs of one output different shares of importance.

    Attributes
    ----------
    start, end
        The two methods, with the shares that they published.
    features
        Those that both methods speak of: shares are of these alone.
    left_out
        The others.
    steps
        By cause, then by feature. Of every feature they sum to the difference of its published
        shares. Empty where one of the two has nothing to divide.
    verdict
        What the largest difference is due to.
    causes
        By feature whose shares differ clearly: its largest clear step in that direction.
    rows, repeats
        Base rows, and how often each was changed anew.
    n_forward, n_backward, budget
        Rows through the model, and how many were allowed.
    """

    start: Published
    end: Published
    output: str
    features: tuple[str, ...]
    left_out: tuple[str, ...]
    budget: int
    seed: int
    steps: tuple[Step, ...] = ()
    verdict: Verdict = _UNDEFINED
    causes: dict[str, StepCause] = field(default_factory=dict)
    rows: int = 0
    repeats: int = 0
    n_forward: int = 0
    n_backward: int = 0
    confidence: float = _CONFIDENCE

    def gap(self, feature: str) -> float:
        """Return the difference of a feature's published shares."""
        return self.end.shares[feature] - self.start.shares[feature]

    def of(self, feature: str) -> tuple[Step, ...]:
        """Return the steps of one feature."""
        return tuple(step for step in self.steps if step.feature == feature)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per step and feature: feature, cause, where, value, low, high, clear.

        Behind them ``level``, ``interval`` and ``covers``: what the ends hold. They hold for all
        steps and features at once, over other base rows; what ``sampling`` adds has none.
        """
        of_ends = (self.confidence, _INTERVAL, "sampling")
        rows = [
            (s.feature, str(s.cause), s.where, s.value, s.low, s.high, s.clear,
             *(of_ends if s.low == s.low else (float("nan"), "", "")))
            for s in self.steps
        ]  # fmt: skip
        columns = ["feature", "cause", "where", "value", "low", "high", "clear", *INTERVAL_COLUMNS]
        return pd.DataFrame(rows, columns=columns).astype({"clear": bool, "level": float})


def account(
    problem: Problem,
    start: Published,
    end: Published,
    output: str,
    features: Sequence[str],
    *,
    budget: int,
    seed: int,
    steps: GridSteps,
    harmonics: int,
) -> Account:
    """Return the account of the difference between two methods on one output.

    Parameters
    ----------
    features
        Those that both methods speak of.
    steps, harmonics
        How ``morris`` steps and how many harmonics ``rbd_fast`` takes, where they are asked for.
    """
    features = tuple(features)
    left_out = tuple(name for name in problem.features if name not in features)
    undefined = Account(start, end, output, features, left_out, budget, seed)
    if not all(np.isfinite(side.shares[name]) for side in (start, end) for name in features):
        return undefined
    gap = np.array([end.shares[name] - start.shares[name] for name in features])
    edges = way(start.level, end.level, is_joint(problem))
    if not edges:  # one estimand, estimated twice
        steps_of_sampling = _sampling(features, gap)
        return replace(undefined, steps=steps_of_sampling, verdict=Verdict(Status.ALIKE))
    if needs_rows_and_product([edges[0].start, *(edge.end for edge in edges)]):
        require_one_law(problem)
    levels = compute_levels(
        problem, edges, features,
        budget=budget, seed=seed, steps=steps, harmonics=harmonics, resamples=_RESAMPLES,
    )  # fmt: skip
    undefined = replace(
        undefined, rows=levels.rows, repeats=levels.repeats,
        n_forward=levels.n_forward, n_backward=levels.n_backward,
    )  # fmt: skip
    changes = changes_of(levels, levels.outputs.index(output), _CONFIDENCE)
    verdict = judge(changes, features)
    if verdict.status is Status.UNDEFINED:
        return undefined
    return replace(
        undefined,
        steps=_steps(changes, features, gap),
        verdict=verdict,
        causes=_causes(changes, features),
    )


def _steps(
    changes: Changes, features: tuple[str, ...], gap: Float[np.ndarray, " d"]
) -> tuple[Step, ...]:
    """Return the steps, and at last what the published shares differ by beyond them."""
    steps = []
    for k, cause in enumerate(changes.causes):
        pairs = zip(changes.value[k].tolist(), changes.half[k].tolist(), strict=True)
        for i, (value, half) in enumerate(pairs):
            where = features[changes.acts_on(k, i)]
            ends = value - half, value + half
            steps.append(Step(features[i], cause, value, where, *ends, abs(value) > half))
    return (*steps, *_sampling(features, gap - changes.value.sum(axis=0)))


def _sampling(features: tuple[str, ...], value: Float[np.ndarray, " d"]) -> tuple[Step, ...]:
    pairs = zip(features, value.tolist(), strict=True)
    return tuple(Step(name, StepCause.SAMPLING, number) for name, number in pairs)


def _causes(changes: Changes, features: tuple[str, ...]) -> dict[str, StepCause]:
    causes = {}
    for i, name in enumerate(features):
        gap = abs(changes.gap[i])
        k = largest_step(changes, i) if gap >= NOTABLE and gap > changes.gap_half[i] else None
        if k is not None:
            causes[name] = changes.causes[k]
    return causes
