"""How alike the methods order the inputs, and which of them have an order but no shares."""

import pandas as pd

from sensbench.findings.consensus import common_first, first_places, the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.targets import against_targets, constant_targets
from sensbench.metrics.agreement import agreement
from sensbench.study.results import Results

# A prediction this good and a model's output are nearly the same thing.
GOOD_R2 = 0.9
_ALIKE = 0.9
_SIMILAR = 0.5


def pairs_of(results: Results) -> pd.DataFrame:
    """Return the agreement of every pair of methods, for every output, of one question."""
    return agreement(results.headline(), results.measures)


def agreed(pairs: pd.DataFrame, frame: pd.DataFrame, output: str) -> list[Finding]:
    """Return how alike the methods order one output's inputs.

    ``pairs``: that output's, as from :func:`pairs_of`; ``frame``: its headline shares.
    """
    judges = tuple(first_places(frame))
    if len(judges) < 2:
        ranking = frame.loc[frame["rank"].notna(), "estimator"].nunique()
        finding = Finding(Cause.ONE_METHOD, output, (), judges, {"methods with ranks": ranking})
        return [finding] if judges else []
    first = common_first(frame)
    features = (first,) if first else ()
    evidence: dict[str, float | str] = {"methods": frame["estimator"].nunique()}
    rho = pairs["spearman"].dropna()
    if not rho.empty:
        low, high = float(rho.min()), float(rho.max())
        orders = "alike" if low >= _ALIKE else "similar" if low >= _SIMILAR else "different"
        evidence |= {"lowest correlation": low, "highest correlation": high, "orders": orders}
    return [Finding(Cause.AGREEMENT, output, features, judges, evidence)]


def without_shares(results: Results, output: str, frame: pd.DataFrame) -> list[Finding]:
    """Return the methods that give no shares of importance, and why."""
    findings = []
    r2 = the_question(results).r2(output)
    for label, rows in frame.groupby("estimator", sort=False):
        if rows["share"].notna().any():
            continue
        method, values = str(label), rows.dropna(subset="value")
        if values.empty:
            constant = constant_targets(results, output, method)
            if constant.used:
                cause = Cause.CONSTANT_TARGETS
                findings.append(Finding(cause, output, (), (method,), sure=constant.known))
            continue
        evidence: dict[str, float | str] = {"because": _why_none(values)}
        if r2 is not None and not r2 >= GOOD_R2 and against_targets(results, output, method).used:
            evidence["r2"] = r2
        sure = bool((values["value"] == 0).all())
        findings.append(Finding(Cause.NO_SHARES, output, (), (method,), evidence, sure))
    return findings


def _why_none(values: pd.DataFrame) -> str:
    """Return the case of ``metrics.ranks`` in which there is nothing to divide."""
    if (values["value"] == 0).all():
        return "zero"
    return "negative values" if (values["low"] > 0).any() else "intervals"
