"""Why methods differ, where theory says so."""

import numpy as np
import pandas as pd

from sensbench.findings.agreement import GOOD_R2
from sensbench.findings.consensus import the_question
from sensbench.findings.families import chosen, slopes, steps, variances
from sensbench.findings.finding import Cause, Finding, per
from sensbench.findings.interactions import linear
from sensbench.findings.targets import against_targets
from sensbench.study.results import Results

# Shares that differ by less are not worth a sentence.
_NOTABLE = 0.1


def slopes_and_variances(results: Results, output: str, shares: pd.DataFrame) -> list[Finding]:
    """Return the input on which slope-based and variance-based shares differ the most.

    Only where theory lets them differ: for a linear model they are the same. Permutation against
    the targets of a poor model measures neither. ``shares``: the headline numbers of that output.
    """
    if linear(results, output):
        return []
    shares = shares[~shares["estimator"].isin(_of_prediction(results, output, shares))]
    stepped = chosen(shares, results, steps)
    # Morris leaves out what its grid may miss, which is where slopes and variances differ most
    shares = _on_common(shares[~shares["estimator"].isin(stepped["estimator"])])
    of_slopes, of_variances = (
        part[part["share"].notna()]
        for part in (chosen(shares, results, slopes), chosen(shares, results, variances))
    )
    if of_slopes.empty or of_variances.empty:
        return []
    slope, variance = _means(of_slopes), _means(of_variances)
    gap = (slope - variance).dropna()
    if gap.empty or gap.abs().max() < _NOTABLE:
        return []
    feature = str(gap.abs().idxmax())
    by_variance = of_variances.loc[of_variances["feature"] == feature, "share"]
    if np.ptp(by_variance) >= _NOTABLE or not _apart(of_slopes, of_variances, feature):
        return []
    # Elementary effects lie between slopes and variance: named where they side with the slopes.
    partial = stepped["share"].isna().groupby(stepped["estimator"]).transform("any")
    stepped = stepped[~partial & (stepped["feature"] == feature)]
    to_slope, to_variance = ((stepped["share"] - mean[feature]).abs() for mean in (slope, variance))
    of_slopes = pd.concat([of_slopes, stepped[to_slope < to_variance]])
    kinds = {
        str(method): kind
        for kind, part in (("slopes", of_slopes), ("variances", of_variances))
        for method in part["estimator"]
    }
    evidence = {
        "share by slopes": float(_means(of_slopes)[feature]),
        "share by variances": float(variance[feature]),
        **per("kind", kinds, kinds.values()),
        "larger by": "slopes" if gap[feature] > 0 else "variances",
    }
    cause = Cause.SLOPES_AND_VARIANCES
    return [Finding(cause, output, (feature,), tuple(kinds), evidence, True)]


def _on_common(shares: pd.DataFrame) -> pd.DataFrame:
    """Return shares of what every method with shares scores: of the same whole, comparable."""
    shared = shares[shares["share"].notna()]
    scoring = shared.groupby("feature")["estimator"].nunique()
    common = scoring.index[scoring == shared["estimator"].nunique()]
    shared = shared[shared["feature"].isin(common)]
    whole = shared["share"].clip(lower=0).groupby(shared["estimator"]).transform("sum")
    ends = ["share", "share_low", "share_high"]
    return shared.assign(**{end: shared[end] / whole.where(whole > 0) for end in ends})


def _means(part: pd.DataFrame) -> "pd.Series[float]":
    return part.groupby("feature", sort=False)["share"].mean()


def _apart(one: pd.DataFrame, other: pd.DataFrame, feature: str) -> bool:
    """Return whether any two of the methods' intervals for that input do not overlap."""
    a, b = (part[part["feature"] == feature] for part in (one, other))
    low = a["share_low"].to_numpy()[:, None] > b["share_high"].to_numpy()[None, :]
    high = a["share_high"].to_numpy()[:, None] < b["share_low"].to_numpy()[None, :]
    return bool(np.any(low | high))


def _of_prediction(results: Results, output: str, shares: pd.DataFrame) -> dict[str, bool]:
    """Return the methods that measure the prediction of targets, where it is not a good one.

    With each, whether the results themselves say so.
    """
    r2 = the_question(results).r2(output)
    if r2 is None or r2 >= GOOD_R2:
        return {}
    methods = dict.fromkeys(shares["estimator"].astype(str))
    uses = {method: against_targets(results, output, method) for method in methods}
    return {method: use.known for method, use in uses.items() if use.used}


def prediction(results: Results, output: str, shares: pd.DataFrame) -> list[Finding]:
    """Return where an importance for a poor prediction differs from all other methods'."""
    shares = _on_common(shares)
    predicting = _of_prediction(results, output, shares)
    rest = shares[~shares["estimator"].isin(predicting)]
    table = rest.groupby("feature", sort=False)["share"].agg(["min", "max", "mean"])
    for method, certain in predicting.items():
        rows = shares[shares["estimator"] == method].set_index("feature")
        share = rows["share"]
        outside = pd.concat([share - table["max"], table["min"] - share], axis=1).max(axis=1)
        if outside.isna().all() or outside.max() < _NOTABLE:
            continue
        feature = str(outside.idxmax())
        evidence = {
            "share": float(share[feature]),
            "mean share of others": float(table["mean"][feature]),
            "lowest share of others": float(table["min"][feature]),
            "highest share of others": float(table["max"][feature]),
            "r2": the_question(results).quality[output].r2,
        }
        clear = _apart(shares[shares["estimator"] == method], rest, feature)
        sure = certain and clear
        return [Finding(Cause.PREDICTION, output, (feature,), (method,), evidence, sure)]
    return []


def inputs(results: Results, output: str, shares: pd.DataFrame) -> list[Finding]:
    """Return which methods looked at which inputs, where they differ."""
    cells = results.cells
    used = cells[(cells["status"] == "ok") & cells["estimator"].isin(shares["estimator"])]
    kinds: dict[str, list[str]] = {}
    for method, what in used.drop_duplicates("estimator")[["estimator", "inputs"]].to_numpy():
        kinds.setdefault(str(what), []).append(str(method))
    if len(kinds) < 2:
        return []
    return [
        Finding(Cause.DIFFERENT_INPUTS, output, (), tuple(who), {"inputs": what}, True)
        for what, who in kinds.items()
    ]
