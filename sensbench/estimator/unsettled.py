"""What is said of values that a few rows decide."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import rows_to_settle
from sensbench.problem.problem import Problem

_MOST_NAMED = 6
_MOST_PARTS = 2
_MOST_ROWS = 1e9
# of a tail's index, when two are compared
_DIGITS = 3


def unsettled_said(estimates: Mapping[str, Estimate], problem: Problem) -> list[str]:
    """Return a sentence for outputs with heavy tails: of which features, and what it would take.

    The heaviest tail of the measures speaks for a feature.
    """
    heaviest = np.full((problem.o, problem.d), np.nan)
    without = np.zeros(problem.o, dtype=bool)
    for item in estimates.values():
        if item.tail is not None:
            tails = np.where(item.unsettled, item.tail, np.nan)
            # of a pair, both of its features
            heaviest = np.fmax(heaviest, tails if tails.ndim == 2 else np.fmax.reduce(tails, 2))
            missing = item.unsettled & np.isnan(item.high)
            without |= missing.any(axis=tuple(range(1, missing.ndim)))
    told = []
    # with an interval and without: one sentence for all outputs of a kind
    for no_interval in (False, True):
        unsettled = np.isfinite(heaviest).any(axis=1) & (without == no_interval)
        outputs = np.flatnonzero(unsettled).tolist()
        if outputs:
            where = _where(heaviest, outputs, problem)
            told.append(_of_kind(no_interval, float(np.nanmax(heaviest[outputs])), where))
    return told


def _of_kind(without: bool, tail: float, where: str) -> str:
    rows = rows_to_settle(round(tail, 1))
    takes = f"settling takes some {rows:,.0f} rows" if rows < _MOST_ROWS else "they never settle"
    ends = "there is no interval" if without else "the interval may be too narrow"
    return (
        f"a few rows decide the values for {where}: {ends}; if the tail stays as heavy (index "
        f"{tail:.1f}), {takes}; more rows tell"
    )


def _where(tails: Float[np.ndarray, "o d"], outputs: list[int], problem: Problem) -> str:
    """Name outputs and features, those with the heaviest tails first; outputs alike together."""
    alike: dict[str, list[str]] = {}
    # those of an output in two units are equal but for rounding: they stand in the outputs' order
    tails = np.round(tails, _DIGITS)
    for k in sorted(outputs, key=lambda k: -float(np.nanmax(tails[k]))):
        order = [
            i for i in np.argsort(-tails[k], kind="stable").tolist() if np.isfinite(tails[k, i])
        ]
        features = ", ".join(repr(problem.features[i]) for i in order[:_MOST_NAMED])
        if len(order) > _MOST_NAMED:
            features += f" and {len(order) - _MOST_NAMED} more"
        alike.setdefault(features, []).append(problem.outputs[k])
    parts = [
        f"{_named(names)} by {features}" for features, names in list(alike.items())[:_MOST_PARTS]
    ]
    left = sum(len(names) for names in list(alike.values())[_MOST_PARTS:])
    return ", ".join(parts) + (f", and {left} more outputs" if left else "")


def _named(outputs: list[str]) -> str:
    if len(outputs) > _MOST_NAMED:
        return f"{len(outputs)} outputs"
    return ", ".join(map(repr, outputs))
