"""Coverage and width of every cell, each with its Monte-Carlo error, beside the target."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

import sensbench as sb
from experiments.coverage.cases import CASES, METHODS, Truths, truths
from experiments.coverage.measured import flat
from sensbench.errors import SensbenchError
from sensbench.estimator.result import Estimate

# What a 95 % interval is to do: over the inputs, for the worst of them, and how wide at most.
LOWEST, HIGHEST, WORST, WIDTH, WIDTH_OF_NETS = 0.93, 0.97, 0.90, 1.5, 2.0
# A target counts as missed where it is by so many standard errors.
CLEAR = 2.0
# What differs by less of the largest value is rounding.
_ROUNDING = 1e-7
OWN_MEAN = "mean of its runs"
# What is known nowhere is taken from a run of so many times the rows: a mean of small runs would
# hide what they are all too small or too large by.
_TIMES, _LONG_SEED = 20, 10**6


def table(lines: list[dict[str, Any]], replicates: int) -> pd.DataFrame:
    """Return one row per measure, problem and size, of the first so many replicates."""
    cells: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        if line["first"] < replicates:
            key = (line["problem"], line["method"], line["measure"], line["size"])
            cells[key].append(line)
    known: dict[str, Truths] = {}
    long: dict[tuple[str, str], Mapping[str, Estimate]] = {}
    makers = {case.name: case.problem for case in CASES}
    rows = []
    for (problem, method, measure, size), found in cells.items():
        row = {"method": method, "measure": measure, "problem": problem, "size": size}
        if not measure:
            rows.append(row | {"reason": found[0]["reason"]})
            continue
        if problem not in known:
            known[problem] = truths(makers[problem]())
        found = sorted(found, key=lambda line: line["first"])
        ends = {
            end: np.array([v for line in found for v in line[end]], dtype=float)[:replicates]
            for end in ("value", "low", "high")
        }
        source, of = "known", known[problem]
        if measure not in of:
            if (problem, method) not in long:
                long[problem, method] = _long_run(makers[problem](), method)
            source, of = f"a run of {_TIMES} times the rows", long[problem, method]
        if measure in of:
            truth = flat(measure, of[measure].value)
        else:
            source, truth = OWN_MEAN, _mean(ends["value"])
        row |= {"budget": found[0]["budget"], "truth": source}
        rows.append(row | judged(ends, measure, truth))
    return _in_order(pd.DataFrame(rows))


def _long_run(problem: sb.Problem, label: str) -> Mapping[str, Estimate]:
    """Return what a method finds with many more rows than its large size; nothing if it cannot."""
    ((name, options, sizes),) = ((n, o, s) for of, n, o, s in METHODS if of == label)
    estimator = sb.estimators.load(name, **options)
    budget = estimator.needs.cost(problem.d, problem.o, _TIMES * max(sizes))
    try:
        return estimator.estimate(problem, budget=budget, seed=_LONG_SEED).estimates
    except SensbenchError:
        return {}


def with_rows_of(frame: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return a table with those rows of an earlier one whose cells it does not have.

    A cell is a method on a problem at a size: with one measure anew go all.
    """
    cell = ["method", "problem", "size"]
    here = pd.MultiIndex.from_frame(frame[cell].astype({"problem": str}))
    before = before[~pd.MultiIndex.from_frame(before[cell]).isin(here)].copy()
    before["measure"] = before["measure"].fillna("")
    judged_before = before["coverage"].notna()
    before.loc[judged_before, "misses"] = before.loc[judged_before, "misses"].fillna("")
    frame = frame.assign(problem=frame["problem"].astype(str))
    return _in_order(pd.concat([before, frame], ignore_index=True))


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    frame["problem"] = pd.Categorical(frame["problem"], [c.name for c in CASES], ordered=True)
    order = ["method", "measure", "problem", "size"]
    return frame.sort_values(order, kind="stable", ignore_index=True)


def judged(
    ends: Mapping[str, Float[np.ndarray, "runs inputs"]],
    measure: str,
    truth: Float[np.ndarray, " inputs"],
) -> dict[str, Any]:
    """Return how often, and how narrowly, the intervals of one cell hold the truth.

    Inputs whose values never vary have no width to judge, but must hold the truth.
    """
    value, low, high = ends["value"], ends["low"], ends["high"]
    there = np.isfinite(low) & np.isfinite(high) & np.isfinite(truth)
    some = there.any(axis=0)
    count = there.sum(axis=0)
    found = {
        "runs": len(value),
        "with interval": float(there[:, np.isfinite(truth)].mean()) if some.any() else 0.0,
    }
    if not some.any():
        return found | {"reason": "no interval in any run"}
    slack = _ROUNDING * np.nanmax(np.abs(np.append(truth, value)))
    held = np.where(there, (low <= truth + slack) & (truth - slack <= high), np.nan)
    of_input = np.nanmean(held[:, some], axis=0)
    of_run = held[there.any(axis=1)]
    mean = np.nanmean(of_run)
    worst = int(np.argmin(of_input))
    p, n = of_input[worst], count[some][worst]
    # a share that is 1 is not known exactly: half a run more on the other side
    around = (p * n + 0.5) / (n + 1)
    found |= {
        "coverage": float(mean),
        "coverage_se": float(_error(np.nanmean(of_run, axis=1))),
        "wrong": float((held == 0).sum() / there[:, np.isfinite(truth)].size),
        "worst": float(p),
        "worst_se": float(np.sqrt(around * (1 - around) / n)),
    }
    found |= _width(value[:, some], np.where(there, (high - low) / 2, np.nan)[:, some], slack)
    return found | {"misses": ", ".join(_misses(found, measure))}


def _mean(value: Float[np.ndarray, "runs inputs"]) -> Float[np.ndarray, " inputs"]:
    """Return means over the runs; NaN for an input that the method says nothing of."""
    count = np.isfinite(value).sum(axis=0)
    return np.where(count > 0, np.nansum(value, axis=0) / np.maximum(count, 1), np.nan)


def _error(of_run: Float[np.ndarray, " runs"]) -> float:
    """Return the standard error of a mean of shares; of equal ones, as if half of one differed."""
    n = len(of_run)
    mean = (of_run.sum() + 0.5) / (n + 1)
    spread = of_run.std(ddof=1) if n > 1 else 0.0
    return float(max(spread, np.sqrt(mean * (1 - mean)) if spread == 0 else 0.0) / np.sqrt(n))


def _width(
    value: Float[np.ndarray, "runs inputs"], half: Float[np.ndarray, "runs inputs"], slack: float
) -> dict[str, float]:
    spread = np.nanstd(value, axis=0, ddof=1) if len(value) > 1 else np.zeros(value.shape[1])
    vary = spread > slack
    if not vary.any():
        return {"width": float("nan"), "width_se": float("nan")}
    needed = stats.norm.ppf(0.975) * spread[vary]
    ratios = np.nanmean(half[:, vary], axis=0) / needed
    n = len(value)
    relative = np.nanstd(half[:, vary], axis=0) / np.nanmean(half[:, vary], axis=0)
    errors = ratios * np.sqrt(relative**2 / n + 1 / (2 * max(n - 1, 1)))
    # inputs share their rows: their errors are not independent
    return {"width": float(ratios.mean()), "width_se": float(errors.mean())}


def _misses(found: Mapping[str, float], measure: str) -> list[str]:
    of_nets = measure in ("first_order", "total_order", "second_order")
    most = WIDTH_OF_NETS if of_nets else WIDTH
    said = []
    if found["coverage"] + CLEAR * found["coverage_se"] < LOWEST:
        said.append("too low")
    if found["worst"] + CLEAR * found["worst_se"] < WORST:
        said.append("worst input")
    if found["coverage"] - CLEAR * found["coverage_se"] > HIGHEST:
        said.append("too high")
    if found["width"] - CLEAR * found["width_se"] > most:
        said.append("too wide")
    return said
