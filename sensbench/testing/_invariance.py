"""Rules of an estimator's numbers: which changes of a problem must not change them."""

import numpy as np
from jaxtyping import Float

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import SensitivityResult
from sensbench.measure import measure
from sensbench.testing import _cases
from sensbench.testing._rule import rule
from sensbench.testing._run import run
from sensbench.testing._tolerances import (
    BIASED_LEFT,
    BIASED_SHARE,
    DEAD_SHARE,
    FEW_ROWS,
    HALF_WIDTHS,
    MANY_ROWS,
    SHARE_OF_LARGEST_RELABELLED,
    SHARE_WITHOUT_INTERVAL,
)

_BUDGET = 4096


def check_dead_input(estimator: Estimator, who: str) -> None:
    """An input that does nothing scores next to nothing in the measure that ranks.

    Of an estimator that says it is biased upwards: little, and less the more rows there are.
    """
    if estimator.positive_bias:
        return _check_bias_falls(estimator, who)
    shares = _dead_share(estimator, who, _BUDGET)
    if shares is None:
        return
    share = shares[1]
    detail = f"it scores {share.max():.3g} of the top input"
    rule((share <= DEAD_SHARE).all(), who, "a dead input scores about 0", detail)


def _check_bias_falls(estimator: Estimator, who: str) -> None:
    few, many = (_dead_share(estimator, who, budget) for budget in (FEW_ROWS, MANY_ROWS))
    if few is None or many is None:
        return
    detail = f"it scores {many[1].max():.3g} of the top input"
    rule((many[1] <= BIASED_SHARE).all(), who, "a dead input scores little", detail)
    before, after = few[0].mean(), many[0].mean()
    rule(
        after <= BIASED_LEFT * before,
        who,
        "a dead input's score falls with more rows",
        f"it scores {before:.3g} with {FEW_ROWS} rows and {after:.3g} with {MANY_ROWS}",
    )


def _dead_share(
    estimator: Estimator, who: str, budget: int
) -> tuple[Float[np.ndarray, " o"], Float[np.ndarray, " o"]] | None:
    """Return the dead input's score for each output, and as a share of the top input's."""
    case = _cases.linear()
    result = run(estimator, case.problem, who, budget)
    if result is None:
        return None
    values = np.abs(_ranking(result, estimator, who))
    dead = values[:, case.problem.space.names.index(_cases.DEAD)]
    return dead, dead / values.max(axis=1)


def check_relabelled(estimator: Estimator, who: str) -> None:
    """The same inputs in another order give the same numbers in that order.

    Numbers of an output as a whole stay as they are, as far as their intervals tell.
    """
    first = _cases.linear().problem
    names = first.space.names[2:] + first.space.names[:2]
    result = run(estimator, first, who, _BUDGET)
    other = run(estimator, _cases.linear(names).problem, who, _BUDGET)
    if result is None or other is None:
        return
    order = [names.index(name) for name in first.space.names]
    for name in result.estimates:
        axis = measure(name).axis
        if axis not in ("feature", "output") or name not in other.estimates:
            continue
        if measure(name).family == "p-value":  # of an input without effect it is any number
            continue
        a, b = result[name], other[name]
        if axis == "feature":
            b = b.map(lambda values: values[:, order])
        elif a.interval is None or b.interval is None:
            continue
        slack = HALF_WIDTHS * (a.high - a.low + b.high - b.low) / 2
        # where a few rows decide a value there are no ends
        slack = np.where(np.isnan(slack), SHARE_WITHOUT_INTERVAL * np.abs(a.value), slack)
        if a.interval is None:
            slack = SHARE_WITHOUT_INTERVAL * np.abs(a.value)
            if measure(name).unit == "":
                slack = np.broadcast_to(slack.max(axis=1, keepdims=True), slack.shape)
        # Per column: raw measures of inputs with different units are not on one scale.
        slack = slack + SHARE_OF_LARGEST_RELABELLED * np.maximum(np.abs(a.value), np.abs(b.value))
        if measure(name).unit == "" and axis == "feature":
            slack = slack + SHARE_OF_LARGEST_RELABELLED * np.abs(a.value).max(axis=1, keepdims=True)
        undefined = np.isnan(a.value) & np.isnan(b.value)
        gap, slack = (np.where(undefined, 0.0, v) for v in (np.abs(a.value - b.value), slack))
        detail = f"{name} differs by {gap.max():.3g} when the inputs are given in another order"
        rule((gap <= slack + 1e-9).all(), who, "relabelled inputs relabel results", detail)


def check_units(estimator: Estimator, who: str) -> None:
    """The measure that ranks does not depend on the unit an input is told in."""
    result = run(estimator, _cases.linear().problem, who, _BUDGET)
    other = run(estimator, _cases.linear(unit=1000.0).problem, who, _BUDGET)
    if result is None or other is None:
        return
    a, b = (_ranking(one, estimator, who) for one in (result, other))
    same = np.allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(a).max())
    detail = f"{estimator.ranks_by} changes from {a.round(4)} to {b.round(4)} with an input's unit"
    rule(same, who, "the ranking is free of units", detail)


def _ranking(result: SensitivityResult, estimator: Estimator, who: str) -> Float[np.ndarray, "o d"]:
    reason = result.absent.get(estimator.ranks_by)
    rule(reason is None, who, "the measure that ranks is there", f"absent: {reason}")
    return result[estimator.ranks_by].value
