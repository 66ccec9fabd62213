"""Who comes first, and which methods can say so."""

import numpy as np
import pandas as pd

from sensbench.findings.consensus import common_first, first_places, mean_shares, the_question
from sensbench.findings.finding import Cause, Finding, per
from sensbench.study.results import Results

_NEARLY_ALL = 0.9
# Shares of this size, of either sign, are about 0.
_ABOUT_ZERO = 0.01


def order(frame: pd.DataFrame, output: str) -> list[Finding]:
    """Return the order of one output's inputs; first of all whether the methods agree on it.

    ``frame``: the headline shares of that output.
    """
    means = mean_shares(frame).dropna()
    positive = means[means > 0]
    features = tuple(map(str, means.index))
    if positive.empty:
        return [Finding(Cause.NOTHING_VISIBLE, output, features)]
    shared = frame[frame["share"].notna()]
    methods = tuple(map(str, dict.fromkeys(shared["estimator"])))
    first, top = common_first(frame), features[0]
    others = shared[shared["feature"] != top]
    reached = int((positive.cumsum() < _NEARLY_ALL * positive.sum()).sum()) + 1
    evidence = {
        **per("mean share", features, means.tolist()),
        "features with a share": len(positive),
        "features that hold nearly all": reached,
    }
    clear = {f.methods[0] for f in certainty(frame, output) if f.cause == Cause.FIRST_CLEAR}
    if first != top:
        firsts = _firsts(frame, output, clear)
        return [*firsts, Finding(Cause.MEAN_ORDER, output, features, methods, evidence)]
    if (others["share"].abs() < _ABOUT_ZERO).all():
        ends = others[["share_low", "share_high"]].abs()
        sure = bool((ends < _ABOUT_ZERO).all(axis=None))
        return [Finding(Cause.ONLY_ONE, output, features, methods, evidence, sure)]
    sure = set(first_places(frame)) <= clear
    return [Finding(Cause.SAME_FIRST, output, features, methods, evidence, sure)]


def _firsts(frame: pd.DataFrame, output: str, clear: set[str]) -> list[Finding]:
    """Return which methods put what first, where they differ."""
    if common_first(frame) is not None:
        return []
    groups: dict[tuple[str, ...], list[str]] = {}
    for method, features in first_places(frame).items():
        groups.setdefault(tuple(map(str, features)), []).append(method)
    return [
        Finding(Cause.FIRST_BY, output, features, tuple(who), sure=bool(clear & set(who)))
        for features, who in groups.items()
    ]


def exact_order(results: Results, output: str) -> list[Finding]:
    """Return the order by exact total-order indices, where they are known for every input."""
    question = the_question(results)
    exact = question.true_values("total_order", output)
    if len(exact) < len(question.features) or not np.isfinite(exact).all():
        return []
    exact = exact.sort_values(ascending=False, kind="stable")
    features = tuple(map(str, exact.index))
    values = exact.tolist()
    places: list[int] = []
    for k, value in enumerate(values):
        places.append(places[-1] if k and np.isclose(value, values[k - 1]) else k + 1)
    evidence = per("total-order index", features, values) | per("place", features, places)
    return [Finding(Cause.EXACT_ORDER, output, features, (), evidence, True)]


def certainty(frame: pd.DataFrame, output: str) -> list[Finding]:
    """Return, method by method, whether its intervals tell the first place from the second."""
    findings = []
    everyone = frame["estimator"].nunique()
    for method in first_places(frame):
        rows = frame[frame["estimator"] == method]
        top = rows.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
        if len(top) < 2:
            continue
        low, high = float(top["share_low"].iloc[0]), float(top["share_high"].iloc[1])
        cause = Cause.FIRST_CLEAR if low > high else Cause.FIRST_UNCLEAR
        evidence = {"low of the first": low, "high of the second": high, "methods": everyone}
        both = tuple(map(str, top["feature"].iloc[:2]))
        findings.append(Finding(cause, output, both, (method,), evidence, low > high))
    return findings
