"""What is said of values that a few rows decide."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import HEAVY, rows_to_settle
from sensbench.problem.problem import Problem

_MOST_NAMED = 6
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
            counted = item.unsettled | missing
            heaviest = np.fmax(heaviest, np.where(counted, item.tail, np.nan))
            without |= missing
    alike: dict[str, list[str]] = {}
    for k in np.flatnonzero(np.isfinite(heaviest).any(axis=1)).tolist():
        sentence = _of_output(heaviest[k], bool(without[k].any()), problem.features)
        alike.setdefault(sentence, []).append(problem.outputs[k])
    return [sentence.format(outputs=_named(outputs)) for sentence, outputs in alike.items()]


def _of_output(tails: Float[np.ndarray, " d"], without: bool, features: tuple[str, ...]) -> str:
    order = [i for i in np.argsort(-tails, kind="stable").tolist() if np.isfinite(tails[i])]
    named = ", ".join(repr(features[i]) for i in order[:_MOST_NAMED])
    if len(order) > _MOST_NAMED:
        named += f" and {len(order) - _MOST_NAMED} more"
    named = named.replace("{", "{{").replace("}", "}}")
    heaviest = float(tails[order[0]])
    if heaviest <= HEAVY:
        return (
            f"no interval for {{outputs}} by {named}: the largest rows show a tail of index "
            f"{heaviest:.1f}, from 0.5 on there is no variance to read an error from; more rows "
            f"show whether it is so"
        )
    rows = rows_to_settle(round(heaviest, 1))
    takes = (
        f"it takes some {rows:,.0f} rows" if rows < _MOST_ROWS else "no number of rows is enough"
    )
    ends = "there is no interval" if without else "the interval may be too narrow"
    return (
        f"a few rows decide the values for {{outputs}} by {named}: {ends}; if the tail stays as "
        f"heavy (index {heaviest:.1f}), {takes} for them to settle; more rows show whether it does"
    )


def _named(outputs: list[str]) -> str:
    if len(outputs) > _MOST_NAMED:
        return f"{len(outputs)} outputs"
    return ", ".join(map(repr, outputs))
