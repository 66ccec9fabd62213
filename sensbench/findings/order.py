"""The order of the inputs: what of it is settled, and by whom."""

import numpy as np
import pandas as pd

from sensbench.findings.consensus import first_places, mean_shares, the_question
from sensbench.findings.finding import Cause, Finding, per
from sensbench.findings.settled import Settled
from sensbench.study.results import Results

_NEARLY_ALL = 0.9


def order(frame: pd.DataFrame, output: str, methods: int | None = None) -> list[Finding]:
    """Return the verdict on one output's inputs, and the mean shares that go with it.

    ``frame``: the headline shares of that output. ``methods``: how many ran, where these are
    those that answer one question. First comes who is first, if that is settled; then how far the
    order is settled behind it; then those whose order is not.
    """
    means = mean_shares(frame).dropna()
    features = tuple(map(str, means.index))
    settled = Settled(frame, list(features))
    if not settled.features:
        return [Finding(Cause.NOTHING_VISIBLE, output, features)]
    return [*verdict_lines(frame, output, settled, methods), _shares(frame, output, means)]


def verdict_lines(
    frame: pd.DataFrame, output: str, settled: Settled, methods: int | None = None
) -> list[Finding]:
    """Return the verdict alone; nothing where nothing rises above the noise."""
    chain = settled.in_order()
    if chain:
        ran = frame["estimator"].nunique() if methods is None else methods
        lines = [_first(frame, output, settled, chain, ran)]
    else:
        lines = _no_first(frame, output, settled)
    if len(settled.features) == 1:
        return lines
    if len(chain) > 1:
        lines.append(Finding(Cause.IN_ORDER, output, tuple(chain), (), sure=True))
    open_next = settled.next_open(chain)
    if chain and len(open_next) > 1:
        lines.append(Finding(Cause.ORDER_OPEN, output, tuple(open_next)))
    return lines


def _first(
    frame: pd.DataFrame, output: str, settled: Settled, chain: list[str], methods: int
) -> Finding:
    """Return who is first, where that is settled: by all methods that can say, or by some."""
    first = chain[0]
    rest = [f for f in settled.features if f != first]
    tops = first_places(frame)
    judges = tuple(tops)
    if not rest:
        evidence: dict[str, float | str] = {"methods": methods}
        return Finding(Cause.ONLY_ONE, output, (first,), judges, evidence, True)
    unsure = {
        method: next((f for f in rest if method not in settled.telling(first, f)), "")
        for method in judges
    }
    rivals = {method: rival for method, rival in unsure.items() if rival}
    agree = all(first in best for best in tops.values())
    evidence = {"methods": methods, **per("rival", rivals, rivals.values())}
    if agree:
        return Finding(Cause.SAME_FIRST, output, (first,), judges, evidence, not rivals)
    by = tuple(method for method in judges if method not in rivals)
    return Finding(Cause.FIRST_BY_MOST, output, (first,), (*by, *rivals), evidence, False)


def _no_first(frame: pd.DataFrame, output: str, settled: Settled) -> list[Finding]:
    """Return what leads, where no first place is settled: contradicted, or not told apart."""
    front = settled.next_open([])
    groups: dict[tuple[str, ...], list[str]] = {}
    for method, best in first_places(frame).items():
        groups.setdefault(tuple(f for f in map(str, best) if f in settled.features), []).append(
            method
        )
    groups.pop((), None)
    at = {f: i for i, f in enumerate(settled.features)}
    tops = [best[0] for best in groups]
    denied = any(settled.denied[at[a], at[b]] for a in tops for b in tops)
    told = _by_intervals(groups, settled) if denied else []
    if len(told) > 1:
        return [
            Finding(Cause.FIRST_BY, output, best, tuple(who), _of_others(rest), sure=True)
            for best, who, rest in told
        ]
    return [Finding(Cause.FIRST_OPEN, output, tuple(front or settled.features))]


def _by_intervals(
    groups: dict[tuple[str, ...], list[str]], settled: Settled
) -> list[tuple[tuple[str, ...], list[str], list[str]]]:
    """Return what is put first, by whom with intervals that tell, and by whom without."""
    tops = list(dict.fromkeys(best[0] for best in groups))
    told = []
    for best, who in groups.items():
        by = [m for m in who if any(m in settled.telling(best[0], t) for t in tops if t != best[0])]
        told.append((best, by, [m for m in who if m not in by]))
    # one that puts first what no interval of its own says so of is no part of a contradiction
    silent = [m for _, by, rest in told if not by for m in rest]
    return [(best, by, [*rest, *silent]) for best, by, rest in told if by]


def _of_others(methods: list[str]) -> dict[str, float | str]:
    return {"not told by": ", ".join(methods)} if methods else {}


def _shares(frame: pd.DataFrame, output: str, means: "pd.Series[float]") -> Finding:
    features = tuple(map(str, means.index))
    positive = means[means > 0]
    averaged = frame[frame["share"].notna() & frame["averaged"]] if "averaged" in frame else frame
    averaged = averaged[averaged["share"].notna()]
    methods = tuple(map(str, dict.fromkeys(averaged["estimator"])))
    reached = int((positive.cumsum() < _NEARLY_ALL * positive.sum()).sum()) + 1
    counts = averaged.groupby("feature")["estimator"].nunique().reindex(features).fillna(0)
    evidence = {
        **per("mean share", features, means.tolist()),
        **per("methods", features, counts.astype(int).tolist()),
        "features with a share": len(positive),
        "features that hold nearly all": reached,
    }
    return Finding(Cause.MEAN_ORDER, output, features, methods, evidence)


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
