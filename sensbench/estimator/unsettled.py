"""What is said of values that a few rows decide."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import HEAVY, rows_to_settle
from sensbench.problem.problem import Problem

_MOST_NAMED = 6
_MOST_PARTS = 2
_MOST_ROWS = 1e9


def unsettled_said(estimates: Mapping[str, Estimate], problem: Problem) -> list[str]:
    """Return a sentence for outputs with heavy tails: of which features, and what it would take.

    Told is of unsettled values, and of those that have no interval for it; the heaviest tail of the
    measures speaks for a feature.
    """
    heaviest = np.full((problem.o, problem.d), np.nan)
    without = np.zeros((problem.o, problem.d), dtype=bool)
    for item in estimates.values():
        if item.tail is not None:
            missing = np.isfinite(item.value) & np.isnan(item.high)
            affected = item.unsettled | missing
            heaviest = np.fmax(heaviest, np.where(affected, item.tail, np.nan))
            without |= missing
    # how heavy, and whether there is an interval: one sentence for all outputs of a kind
    kinds: dict[tuple[bool, bool], list[int]] = {}
    for k in np.flatnonzero(np.isfinite(heaviest).any(axis=1)).tolist():
        heavy = bool(np.nanmax(heaviest[k]) > HEAVY)
        kinds.setdefault((heavy, bool(without[k].any())), []).append(k)
    return [
        _of_kind(
            heavy, missing, float(np.nanmax(heaviest[outputs])), _where(heaviest, outputs, problem)
        )
        for (heavy, missing), outputs in kinds.items()
    ]


def _of_kind(heavy: bool, without: bool, tail: float, where: str) -> str:
    if not heavy:
        return (
            f"no interval for {where}: the largest rows show a tail of index {tail:.1f}, and from "
            f"0.5 on no error can be read; more rows tell"
        )
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
