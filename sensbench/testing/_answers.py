"""Right numbers, and intervals that mean something: means over seeds against closed forms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import SensitivityResult
from sensbench.measure import measure
from sensbench.problem.problem import Problem
from sensbench.testing import _known
from sensbench.testing._rule import rule
from sensbench.testing._run import run
from sensbench.testing._tolerances import (
    BIAS_OF_LARGEST,
    FEW_ROWS,
    LEAST_ROOM,
    MANY_ROWS,
    NARROWEST,
    SEED_ERRORS,
    SEEDS,
    SHARE_OF_LARGEST,
    WIDEST,
    WIDTH_LEFT,
)

_BUDGET = 2048
_AT_ONE = 1e-3


def check_answers(estimator: Estimator, who: str) -> None:
    """Check values and intervals over independent inputs, and over rows where it uses them."""
    over_product = [_known.product()] * SEEDS
    results = _over_seeds(estimator, over_product, who)
    if results:
        _check_order(results, estimator, who, _known.product_answers())
        _check_values(
            results, _known.product_answers(), estimator, f"{who} over independent inputs"
        )
        _check_widths(results, who)
        _check_sides(results, who)
        _check_narrowing(estimator, over_product[0], who)
    if not estimator.needs.design:
        results = _over_seeds(estimator, [_known.data(seed) for seed in range(SEEDS)], who)
        if results:
            _check_values(results, _known.data_answers(), estimator, f"{who} over correlated rows")
            _check_widths(results, who)


def _over_seeds(estimator: Estimator, problems: list[Problem], who: str) -> list[SensitivityResult]:
    results = []
    for seed, problem in enumerate(problems):
        budget = max(_BUDGET, int(estimator.minimum_budget(problem)))
        result = run(estimator, problem, who, budget, seed)
        if result is None:
            return []
        results.append(result)
    return results


def _stacked(
    results: list[SensitivityResult], name: str
) -> tuple[Float[np.ndarray, "seeds ..."], Float[np.ndarray, "seeds ..."]]:
    """Return the values and half-widths over the seeds."""
    items = [result[name] for result in results]
    return np.stack([i.value for i in items]), np.stack([(i.high - i.low) / 2 for i in items])


def _common(results: list[SensitivityResult]) -> list[str]:
    """Return the measures of inputs, pairs or outputs that every result has."""
    names = set.intersection(*(set(result.estimates) for result in results))
    return [
        name for name in results[0].estimates if name in names and measure(name).axis != "direction"
    ]


def _check_order(
    results: list[SensitivityResult], estimator: Estimator, who: str, answers: _known.Answers
) -> None:
    """The first output is linear, with effects of 4, 2, 1 and 0 deviations.

    A measure whose closed form has another order, as one that depends on where an input's scale
    has its zero, is to have that.
    """
    if estimator.ranks_by not in _common(results):
        return
    score = np.abs(_stacked(results, estimator.ranks_by)[0][:, 0]).mean(axis=0)
    exact = np.array([4.0, 2.0, 1.0, 0.0])
    if estimator.ranks_by in answers and np.isfinite(answers[estimator.ranks_by][0]).all():
        exact = np.abs(answers[estimator.ranks_by][0])
    falls = all(
        score[i] > score[j] for i, j in ((0, 1), (1, 2), (2, 1), (1, 3)) if exact[i] > exact[j]
    )
    rule(falls, who, "a larger effect scores higher",
         f"{estimator.ranks_by} of a linear output is {score.round(4)} for effects of 4, 2, 1 "
         f"and 0 standard deviations")  # fmt: skip


def _check_values(
    results: list[SensitivityResult], answers: _known.Answers, estimator: Estimator, who: str
) -> None:
    share = BIAS_OF_LARGEST if estimator.positive_bias else SHARE_OF_LARGEST
    for name in _common(results):
        if name not in answers:
            continue
        exact, values = answers[name], _stacked(results, name)[0]
        comparable = np.isfinite(exact) & np.isfinite(values).all(axis=0)
        if measure(name).axis == "pair":
            comparable &= np.triu(np.ones(exact.shape[-2:], dtype=bool), 1)
        # Inputs' and outputs' units keep raw measures from being compared with each other.
        free = measure(name).unit == ""
        largest = np.nanmax(np.abs(exact)) if free else np.abs(exact)
        mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
        gap = np.abs(mean - exact)
        over = np.where(comparable, gap - SEED_ERRORS * error - share * largest - 1e-9, -np.inf)
        at = np.unravel_index(over.argmax(), over.shape)
        where = _where(results[0], name, at)
        rule(over.max() <= 0, who, "the numbers are right",
             f"{name} of {where} is {mean[at]:.4g} "
             f"± {error[at]:.2g}, the mean of {SEEDS} seeds; {exact[at]:.4g} is right")  # fmt: skip


def _where(result: SensitivityResult, name: str, at: Sequence[Any]) -> str:
    """Return which output, and which inputs, a number belongs to."""
    axis = measure(name).axis
    if axis == "aggregate":
        return f"all outputs by {result.features[at[0]]}"
    names = result[name].directions if axis == "set" else result.features
    inputs = " and ".join(names[i] for i in at[1:])
    return f"{result.outputs[at[0]]} by {inputs}" if inputs else result.outputs[at[0]]


def _check_widths(results: list[SensitivityResult], who: str) -> None:
    for name in _common(results):
        if any(result[name].interval is None for result in results):
            continue
        values, halves = _stacked(results, name)
        if measure(name).axis == "pair":
            upper = np.triu_indices(values.shape[-1], 1)
            values, halves = (a[..., upper[0], upper[1]] for a in (values, halves))
        # of an output as a whole there is one value
        values, halves = (a.reshape(*a.shape[:2], -1) for a in (values, halves))
        largest = np.nan_to_num(np.abs(values)).max(axis=(0, 2))
        scale = np.maximum(largest, 1.0 if measure(name).unit == "" else 0.0)
        widest = np.nan_to_num(halves).max(axis=(0, 2))
        rule((widest <= WIDEST * scale + 1e-9).all(), who,
             "intervals are not wider than the values", f"half-widths of {name} are up to "
             f"{widest.max():.3g}, values up to {largest.max():.3g}")  # fmt: skip
        spread = np.sqrt((values.std(axis=0, ddof=1) ** 2).mean(axis=-1))
        half = np.sqrt((halves**2).mean(axis=(0, 2)))
        # rounding is no spread
        level = min(i.level for r in results if (i := r[name].interval) is not None)
        narrowest = NARROWEST * stats.norm.ppf(0.5 + level / 2)
        wide = np.isnan(half) | (half >= narrowest * spread) | (spread <= 1e-9 * scale)
        rule(wide.all(), who, "intervals are as wide as the spread between seeds",
             f"half-widths of {name} are {half.round(6)}, standard deviations between seeds "
             f"{spread.round(6)}, per output")  # fmt: skip


def _check_sides(results: list[SensitivityResult], who: str) -> None:
    """Intervals reach to both sides of the value, where they do not end at 0.

    Nor at 1, where a share of the variance has next to no room above.
    """
    for name in _common(results):
        items = [result[name] for result in results]
        value, low, high = (
            np.stack([getattr(i, e) for i in items]) for e in ("value", "low", "high")
        )
        scale = max(float(np.nan_to_num(np.abs(value)).max()), 1e-300)
        free = np.isfinite(low + high) & (high - low > 1e-9 * scale)
        if not measure(name).signed:
            free &= low > 0
        if measure(name).family == "variance" and measure(name).unit == "":
            free &= value < 1 - _AT_ONE
        if free.sum() < SEEDS:
            continue
        below, above = float((value - low)[free].mean()), float((high - value)[free].mean())
        rule(min(below, above) >= LEAST_ROOM * max(below, above), who,
             "intervals reach to both sides of the values",
             f"{name} has {below:.3g} below and {above:.3g} above, on average")  # fmt: skip


def _check_narrowing(estimator: Estimator, problem: Problem, who: str) -> None:
    """Where many more rows are really spent, intervals narrow."""
    least, name = int(estimator.minimum_budget(problem)), estimator.ranks_by
    few, many = (run(estimator, problem, who, max(n, least)) for n in (FEW_ROWS, MANY_ROWS))
    if few is None or many is None or not {name} <= few.estimates.keys() & many.estimates.keys():
        return
    if few[name].interval is None:
        return
    before, after = (float((r[name].high - r[name].low).mean()) for r in (few, many))
    spends = many.n_forward * 2 * FEW_ROWS >= few.n_forward * MANY_ROWS
    if spends and before > 1e-9:
        rule(after <= WIDTH_LEFT * before, who, "intervals narrow with more rows",
             f"those of {name} are {before:.3g} wide with {few.n_forward} rows and {after:.3g} "
             f"with {many.n_forward}")  # fmt: skip
