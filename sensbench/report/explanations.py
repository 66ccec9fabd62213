"""Why methods differ, where theory says so."""

import numpy as np
import pandas as pd

from sensbench.report.consensus import the_question
from sensbench.report.findings import GOOD_R2
from sensbench.report.targets import against_targets
from sensbench.report.text import fit, listed, number
from sensbench.study.results import Results

_SLOPES = (
    "derivative_abs_standardised",
    "derivative_rms_standardised",
    "derivative_mean_standardised",
)
_MORRIS = "mu_star_standardised"
_SPREAD, _SIZE = "derivative_std_standardised", "derivative_rms_standardised"
# This part of the mean squared slope comes from slopes that vary; then a model is not linear.
_LINEAR_BELOW = 0.02
_VARIANCES = ("total_order", "permutation_total_order", "first_order", "permutation_r2")
# Shares that differ by less are not worth a sentence.
_NOTABLE = 0.1
_ALONE_AT_MOST = 0.05
_TOTAL_AT_LEAST = 0.1
_ADDITIVE_FROM = 0.95


def explanations(results: Results, output: str, shares: pd.DataFrame) -> list[str]:
    """Return sentences on one output; ``shares``: the headline numbers of that output."""
    final = results.final()
    mine = final[(final["output"] == output) & (final["partner"] == "")]
    found = [
        _slopes_and_variances(results, output, shares),
        _prediction(results, output, shares),
        _interactions(mine),
        _cancelling(mine),
        _inputs(results, shares),
    ]
    return [text for text in found if text]


def _slopes_and_variances(results: Results, output: str, shares: pd.DataFrame) -> str:
    """Explain the input on which slope-based and variance-based shares differ the most.

    Only where theory lets them differ: for a linear model they are the same. Permutation against
    the targets of a poor model measures neither.
    """
    if _linear(results, output):
        return ""
    shares = shares[~shares["estimator"].isin(_of_prediction(results, output, shares))]
    parts = {}
    for kind, names in (("slopes", _SLOPES), ("variances", _VARIANCES)):
        mine = shares[shares["measure"].isin(names) & shares["share"].notna()]
        if mine.empty:
            return ""
        parts[kind] = mine
    slope, variance = (
        part.groupby("feature", sort=False)["share"].mean() for part in parts.values()
    )
    gap = (slope - variance).dropna()
    if gap.empty or gap.abs().max() < _NOTABLE:
        return ""
    feature = str(gap.abs().idxmax())
    by_variance = parts["variances"].loc[parts["variances"]["feature"] == feature, "share"]
    if np.ptp(by_variance) >= _NOTABLE or not _apart(parts["slopes"], parts["variances"], feature):
        return ""
    # Elementary effects lie between slopes and variance: named where they side with the slopes.
    morris = shares[(shares["measure"] == _MORRIS) & (shares["feature"] == feature)]
    nearer = (morris["share"] - slope[feature]).abs() < (morris["share"] - variance[feature]).abs()
    slopes = pd.concat([parts["slopes"], morris[nearer]])
    slope = slopes.groupby("feature", sort=False)["share"].mean()
    who = {
        "slopes": listed(dict.fromkeys(slopes["estimator"])),
        "variances": listed(dict.fromkeys(parts["variances"]["estimator"])),
    }
    numbers = f"{number(slope[feature], 2)} against {number(variance[feature], 2)}"
    if gap[feature] > 0:
        why = (
            "steep or quickly varying effects count more in slopes than in variance, so this is "
            "a difference of the question and not an error"
        )
        return (
            f"{feature} gets a larger share from {who['slopes']} than from {who['variances']} "
            f"({numbers}): the former measure slopes, the latter variance; {why}."
        )
    return (
        f"{feature} gets a smaller share from {who['slopes']} than from {who['variances']} "
        f"({numbers}): the former measure slopes, the latter variance. Its effect is gentle over "
        f"a wide range or other inputs' effects are steeper; neither method is wrong."
    )


def _linear(results: Results, output: str) -> bool:
    """Return whether the derivatives are about the same everywhere."""
    final = results.final()
    mine = final[(final["output"] == output) & (final["partner"] == "")]
    wide = mine[mine["measure"].isin([_SPREAD, _SIZE])]
    for _, group in wide.groupby("estimator", sort=False):
        table = group.pivot(index="feature", columns="measure", values="value")
        if {_SPREAD, _SIZE} <= set(table):
            return bool((table[_SPREAD] ** 2).sum() < _LINEAR_BELOW * (table[_SIZE] ** 2).sum())
    return False


def _of_prediction(results: Results, output: str, shares: pd.DataFrame) -> list[str]:
    """Return the methods that measure the prediction of targets, where it is not a good one."""
    r2 = the_question(results).r2(output)
    if r2 is None or r2 >= GOOD_R2:
        return []
    methods = dict.fromkeys(shares["estimator"].astype(str))
    return [method for method in methods if against_targets(results, output, method)]


def _prediction(results: Results, output: str, shares: pd.DataFrame) -> str:
    """Explain where a permutation importance of a poor prediction differs from all others."""
    predicting = _of_prediction(results, output, shares)
    ours = shares["estimator"].isin(predicting)
    table = shares[~ours].groupby("feature", sort=False)["share"].agg(["min", "max", "mean"])
    for method in predicting:
        mine = shares[shares["estimator"] == method].set_index("feature")["share"]
        outside = pd.concat([mine - table["max"], table["min"] - mine], axis=1).max(axis=1)
        if outside.isna().all() or outside.max() < _NOTABLE:
            continue
        feature = str(outside.idxmax())
        numbers = f"{number(mine[feature], 2)} against {number(table['mean'][feature], 2)}"
        return (
            f"{method} differs from all other methods, the most on {feature} ({numbers}): it "
            f"measures how much an input helps to predict the targets, the others what moves the "
            f"model's output. With R² {fit(the_question(results).quality[output].r2)} these "
            f"are two questions."
        )
    return ""


def _apart(slopes: pd.DataFrame, variances: pd.DataFrame, feature: str) -> bool:
    """Return whether any two of the methods' intervals for that input do not overlap."""
    a, b = (part[part["feature"] == feature] for part in (slopes, variances))
    low = a["share_low"].to_numpy()[:, None] > b["share_high"].to_numpy()[None, :]
    high = a["share_high"].to_numpy()[:, None] < b["share_low"].to_numpy()[None, :]
    return bool(np.any(low | high))


def _interactions(mine: pd.DataFrame) -> str:
    """Say what the first-order indices leave to interactions, and who acts through them only."""
    tables = []
    for _, group in mine.groupby("estimator", sort=False):
        # values of pairs and directions are of no one input
        group = group[group["measure"].isin(["first_order", "total_order"])]
        table = group.pivot(index="feature", columns="measure", values=["value", "low", "high"])
        if {"first_order", "total_order"} <= set(group["measure"]):
            tables.append(table.reindex(group["feature"].unique()))
    if not tables:
        return ""
    table = tables[0]
    first, total = table["value", "first_order"], table["value", "total_order"]
    if first.isna().any() or total.isna().any():
        return ""
    summed = float(first.sum())
    spread = float(np.sqrt(((table["high", "first_order"] - first) ** 2).sum()))
    if summed <= _ADDITIVE_FROM <= summed + spread:
        return ""
    if summed > _ADDITIVE_FROM:
        return (
            f"Effects add up: the first-order indices sum to {number(summed, 2)}, "
            f"so interactions carry next to nothing."
        )
    only = table.index[
        (first < _ALONE_AT_MOST)
        & (table["low", "first_order"] <= _ALONE_AT_MOST)
        & (table["low", "total_order"] > _ALONE_AT_MOST)
        & (total > _TOTAL_AT_LEAST)
    ]
    pairs = listed(f"{f} (S₁ {number(first[f], 2)}, S_T {number(total[f], 2)})" for f in only)
    through = f"; {pairs} almost only in this way" if pairs else ""
    return (
        f"Inputs interact: the first-order indices sum to {number(summed, 2)}, the rest of the "
        f"variance comes from inputs acting together{through}."
    )


def _cancelling(mine: pd.DataFrame) -> str:
    """Name inputs whose mean derivative hides an effect because rises and falls cancel."""
    wide = mine[mine["measure"].isin(["derivative_mean", "derivative_rms"])]
    for _, group in wide.groupby("estimator", sort=False):
        if group["measure"].nunique() < 2:
            continue
        table = group.pivot(index="feature", columns="measure", values=["value", "low", "high"])
        table = table.reindex(group["feature"].unique())
        mean, rms = table["value", "derivative_mean"], table["value", "derivative_rms"]
        none = (table["low", "derivative_mean"] <= 0) & (table["high", "derivative_mean"] >= 0)
        names = list(table.index[none & (rms > 0) & (mean.abs() < _NOTABLE * rms)])
        if names:
            return (
                f"Rises and falls cancel for {listed(names)}: the mean derivative is about 0, the "
                f"typical slope is not."
            )
    return ""


def _inputs(results: Results, shares: pd.DataFrame) -> str:
    """Say where the methods looked at different inputs."""
    cells = results.cells
    used = cells[(cells["status"] == "ok") & cells["estimator"].isin(shares["estimator"])]
    kinds: dict[str, list[str]] = {}
    for method, inputs in used.drop_duplicates("estimator")[["estimator", "inputs"]].to_numpy():
        kinds.setdefault(str(inputs), []).append(str(method))
    if len(kinds) < 2:
        return ""
    told = listed(f"{listed(who)} used {inputs}" for inputs, who in kinds.items())
    return f"Not all methods saw the same inputs, which alone can make them differ: {told}."
