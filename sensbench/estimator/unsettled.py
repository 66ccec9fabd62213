"""What is said of values that a few rows decide."""

from collections.abc import Mapping

import numpy as np

from sensbench.estimator.result import Estimate
from sensbench.estimator.tails import rows_to_settle
from sensbench.problem.problem import Problem

_MOST_NAMED = 6
_MOST_ROWS = 1e9


def unsettled_said(estimates: Mapping[str, Estimate], problem: Problem) -> list[str]:
    """Return one sentence per output with unsettled values: which, how heavy, what it would take.

    The worst of the measures speaks for a feature.
    """
    worst = np.full((problem.o, problem.d), -np.inf)
    without = False
    for item in estimates.values():
        of = item.unsettled
        if item.tail is not None and of.any():
            worst = np.fmax(worst, np.where(of, item.tail, -np.inf))
            without |= bool(np.isnan(item.high[of]).any())
    told: dict[str, list[str]] = {}
    for k in np.flatnonzero(np.isfinite(worst).any(axis=1)).tolist():
        told.setdefault(_of_features(worst[k], problem.features), []).append(problem.outputs[k])
    missing = "they have no interval" if without else "their intervals may miss"
    return [
        f"a few rows decide the values for {_named(outputs)}: {features}; {missing}"
        for features, outputs in told.items()
    ]


def _of_features(tails: np.ndarray, features: tuple[str, ...]) -> str:
    heavy = [i for i in np.argsort(-tails, kind="stable").tolist() if np.isfinite(tails[i])]
    named = [repr(features[i]) for i in heavy[:_MOST_NAMED]]
    more = [f"and {len(heavy) - _MOST_NAMED} more"] if len(heavy) > _MOST_NAMED else []
    shape = tails[heavy[0]]
    rows = rows_to_settle(round(float(shape), 1))
    takes = (
        f"it takes some {rows:,.0f} rows to settle"
        if rows < _MOST_ROWS
        else "more rows hardly help"
    )
    return f"{', '.join(named + more)} (tail index up to {shape:.1f}, where {takes})"


def _named(outputs: list[str]) -> str:
    if len(outputs) > _MOST_NAMED:
        return f"{len(outputs)} outputs"
    return ", ".join(map(repr, outputs))
