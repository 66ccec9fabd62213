"""How alike the methods order the inputs, and which of them have an order but no shares."""

import pandas as pd

from sensbench.findings.consensus import common_first, first_places, the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.findings.targets import against_targets, constant_targets
from sensbench.metrics.agreement import agreement
from sensbench.metrics.agreement_intervals import with_intervals
from sensbench.metrics.ranks import shares
from sensbench.metrics.signs import with_signs
from sensbench.study.results import Results

# A prediction this good and a model's output are nearly the same thing.
GOOD_R2 = 0.9
_ALIKE = 0.9
# Of more pairs of methods and outputs the correlations alone are computed.
_MOST_PAIRS = 400


def pairs_of(results: Results) -> pd.DataFrame:
    """Return the agreement of every pair of methods, for every output, of one question.

    With intervals, where the outputs are few.
    """
    # a copy: who asks may add columns
    return results.derived("pairs", _pairs_of).copy()


def _pairs_of(results: Results) -> pd.DataFrame:
    headline = results.headline()
    pairs = agreement(headline, results.measures)
    if len(pairs) > _MOST_PAIRS:
        return pairs
    pairs = with_intervals(pairs, shares(headline, results.measures))
    return with_signs(pairs, results.final(), results.measures)


def agreed(
    pairs: pd.DataFrame, frame: pd.DataFrame, output: str, ranking: int | None = None
) -> list[Finding]:
    """Return how alike the methods order one output's inputs.

    ``pairs``: that output's, as from :func:`pairs_of`; ``frame``: its headline shares, of methods
    that answer one question; ``ranking``: how many methods have ranks, where some answer others.
    """
    judges = tuple(first_places(frame))
    if len(judges) < 2:
        if ranking is None:
            ranking = frame.loc[frame["rank"].notna(), "estimator"].nunique()
        finding = Finding(Cause.ONE_METHOD, output, (), judges, {"methods with ranks": ranking})
        return [finding] if judges else []
    first = common_first(frame)
    features = (first,) if first else ()
    evidence: dict[str, float | str] = {"methods": frame["estimator"].nunique()}
    rho = pairs["spearman"].dropna()
    if rho.empty:
        return [Finding(Cause.AGREEMENT, output, features, judges, evidence)]
    evidence |= {"lowest correlation": float(rho.min()), "highest correlation": float(rho.max())}
    known = pairs[pairs["spearman_low"].notna()] if "spearman_low" in pairs else pairs[:0]
    if known.empty:
        return [Finding(Cause.AGREEMENT, output, features, judges, {**evidence, "orders": "open"})]
    low, high = float(known["spearman_low"].min()), float(known["spearman_high"].max())
    evidence |= {"lowest end": low, "highest end": high, "pairs": len(known)}
    against = known[known["settled_against"] > 0]
    if len(against):
        most = against.sort_values("spearman", kind="stable").iloc[0]
        evidence |= {"orders": "different"}
        evidence |= {key: str(most[key]) for key in ("above", "below", "first", "second")}
    else:
        evidence["orders"] = "alike" if low >= _ALIKE and len(known) == len(rho) else "open"
    sure = evidence["orders"] != "open"
    return [Finding(Cause.AGREEMENT, output, features, judges, evidence, sure)]


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
