"""Inputs without effect: those that no total-order index sees, and those whose bound is small."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sensbench.findings.consensus import headline_shares, the_question
from sensbench.findings.families import chosen, of_features
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.laws import depends, known_for
from sensbench.study.results import Results

# An index below this is too small to act on, and its sign is noise.
SMALL = 0.01
_LEAST_ZERO = 1e-6


def no_effect(results: Results, output: str) -> list[Finding]:
    """Return inputs without an effect that is visible, then those whose bound is small.

    Neither of an input that any other number on the same page sees. A bound from sampled
    derivatives is an estimate: a steep place between the rows is not in it.
    """
    numbers = of_features(results, output)
    question = the_question(results)
    if question.law:  # where a method draws inputs apart, its indices are others
        apart = [m.label for m in results.methods.values() if not known_for(m, question)]
        numbers = numbers[~numbers["estimator"].isin(apart)]
    total = chosen(numbers, results, lambda m: m.total_order == "estimate")
    seen = _seen(results, output)
    alone = [
        _inert(output, str(feature), rows)
        for feature, rows in total.groupby("feature", sort=False)
        if ((rows["low"] <= _LEAST_ZERO) & (rows["value"].abs() < SMALL)).all()
    ]
    inert = {finding.features[0] for finding in alone}
    findings = [finding for finding in alone if finding.features[0] not in seen]
    if the_question(results).law:
        through = [f for f in _through_others(numbers, results, output) if f.features[0] in inert]
        named = {finding.features[0] for finding in through}
        findings = [f for f in findings if f.features[0] not in named] + through
    bound = chosen(numbers, results, lambda m: m.total_order == "bound")
    bound = bound[(bound["high"] < SMALL) & ~bound["feature"].isin(inert | seen)]
    if depends(the_question(results), output):
        return findings  # bounds hold for independent inputs
    for row in bound.to_dict("records"):
        estimates = total[total["feature"] == row["feature"]]
        sure = len(estimates) > 0 and bool((estimates["high"] < SMALL).all())
        if (estimates["value"] >= SMALL).any():
            continue
        evidence = {"high": row["high"], "below": SMALL}
        where = output, (str(row["feature"]),), (str(row["estimator"]),)
        findings.append(Finding(Cause.NEGLIGIBLE, *where, evidence, sure))
    return findings


def _seen(results: Results, output: str) -> set[str]:
    """Return the inputs that any method ranks by a share which is not small, to its lower end."""
    frame = headline_shares(results)
    large = (frame["output"] == output) & (frame["share_low"] >= SMALL)
    return set(frame.loc[large, "feature"].astype(str))


def _through_others(numbers: pd.DataFrame, results: Results, output: str) -> Iterator[Finding]:
    """Yield features that have a share of the variance clear of 0, by a measure that is no S_T."""
    shares = chosen(numbers, results, lambda m: m.family == "variance" and m.total_order == "")
    clear = shares[shares["low"] > SMALL]
    for feature, rows in clear.groupby("feature", sort=False):
        row = rows.sort_values("low").to_dict("records")[-1]
        evidence = {"share": float(row["value"]), "low": float(row["low"])}
        methods = tuple(map(str, dict.fromkeys(rows["estimator"])))
        yield Finding(Cause.THROUGH_OTHERS, output, (str(feature),), methods, evidence, True)


def _inert(output: str, feature: str, rows: pd.DataFrame) -> Finding:
    methods = tuple(map(str, dict.fromkeys(rows["estimator"])))
    values, highs = (rows[c].to_numpy(dtype=float) for c in ("value", "high"))
    value, high = float(values[np.abs(values).argmax()]), float(highs.max())
    evidence = {"largest index": value, "high": high, "below": SMALL}
    return Finding(Cause.INERT, output, (feature,), methods, evidence, high < SMALL)
