"""Inputs without effect: those that no total-order index sees, and those proved small."""

import numpy as np
import pandas as pd

from sensbench.findings.families import chosen, of_features
from sensbench.findings.finding import Cause, Finding
from sensbench.study.results import Results

# An index below this is too small to act on, and its sign is noise.
SMALL = 0.01
_LEAST_ZERO = 1e-6


def no_effect(results: Results, output: str) -> list[Finding]:
    """Return inputs without an effect that is visible, then those that a bound proves small."""
    numbers = of_features(results, output)
    total = chosen(numbers, results, lambda m: m.total_order == "estimate")
    findings = [
        _inert(output, str(feature), rows)
        for feature, rows in total.groupby("feature", sort=False)
        if ((rows["low"] <= _LEAST_ZERO) & (rows["value"].abs() < SMALL)).all()
    ]
    inert = {finding.features[0] for finding in findings}
    bound = chosen(numbers, results, lambda m: m.total_order == "bound")
    bound = bound[(bound["high"] < SMALL) & ~bound["feature"].isin(inert)]
    for row in bound.to_dict("records"):
        evidence = {"high": row["high"], "below": SMALL}
        where = output, (str(row["feature"]),), (str(row["estimator"]),)
        findings.append(Finding(Cause.NEGLIGIBLE, *where, evidence, True))
    return findings


def _inert(output: str, feature: str, rows: pd.DataFrame) -> Finding:
    methods = tuple(map(str, dict.fromkeys(rows["estimator"])))
    values, highs = (rows[c].to_numpy(dtype=float) for c in ("value", "high"))
    value, high = float(values[np.abs(values).argmax()]), float(highs.max())
    evidence = {"largest index": value, "high": high, "below": SMALL}
    return Finding(Cause.INERT, output, (feature,), methods, evidence, high < SMALL)
