"""Who comes first, in words, and which methods can say so."""

import numpy as np
import pandas as pd

from sensbench.report.consensus import common_first, first_places, mean_shares, the_question
from sensbench.report.targets import against_targets, constant_targets
from sensbench.report.text import correlation, count, fit, listed, number
from sensbench.study.results import Results

# A prediction this good and a model's output are nearly the same thing.
GOOD_R2 = 0.9
_ALIKE = 0.9
_HALF = 0.5
_NEARLY_ALL = 0.9
_MOST_NAMED = 5
# Shares of this size, of either sign, are about 0.
_ABOUT_ZERO = 0.01


def order(frame: pd.DataFrame) -> str:
    """Return the order of one output's inputs; first of all whether the methods agree on it."""
    means = mean_shares(frame).dropna()
    positive = means[means > 0]
    if positive.empty:
        return "No input has a visible effect."
    shared = frame[frame["share"].notna()]
    who = count(shared["estimator"].nunique(), "method")
    first = common_first(frame)
    top = str(positive.index[0])
    others = shared.loc[shared["feature"] != top, "share"]
    if first == top and (others.abs() < _ABOUT_ZERO).all():
        value = number(float(positive.iloc[0]), 2)
        return f"Only {top} ({value}) matters (mean share of importance over {who})."
    reached = int((positive.cumsum() < _NEARLY_ALL * positive.sum()).sum()) + 1
    n = min(max(reached, 2), len(positive), _MOST_NAMED)
    named = [f"{f} ({number(v, 2)})" for f, v in positive.head(n).items()]
    rest = len(means) - n
    left = f"; the rest falls to {count(rest, 'other input')}" if rest else ""
    if first == top:
        then = f", then {listed(named[1:])}" if named[1:] else ""
        return f"{named[0]} matters most{then} (mean share of importance over {who}){left}."
    means_said = f"By mean share of importance over {who}: {', '.join(named)}{left}."
    return f"{_difference(frame)}{means_said}"


def _difference(frame: pd.DataFrame) -> str:
    """Say which methods put what first, where they differ."""
    if common_first(frame) is not None:
        return ""
    groups: dict[str, list[str]] = {}
    for method, features in first_places(frame).items():
        groups.setdefault(listed(features), []).append(method)
    told = ", ".join(f"{f} by {listed(who)}" for f, who in groups.items())
    return f"The methods do not agree on the first place: {told}. "


def exact_order(results: Results, output: str) -> str:
    """Return the order by exact total-order indices, where they are known for every input."""
    question = the_question(results)
    known = question.true_values("total_order", output)
    if len(known) < len(question.features) or not np.isfinite(known).all():
        return ""
    known = known.sort_values(ascending=False, kind="stable")
    shown = known.head(_MOST_NAMED)
    text = ""
    for k, (feature, value) in enumerate(shown.items()):
        same = k and np.isclose(value, shown.iloc[k - 1])
        text += (" = " if same else " > ") if k else ""
        text += f"{feature} ({number(value, 2)})"
    rest = len(known) - len(shown)
    return f"By exact total-order indices: {text}{f' > {rest} more' if rest else ''}."


def certainty(frame: pd.DataFrame) -> str:
    """Say which methods tell the first place from the second one."""
    clear: list[str] = []
    unclear: list[str] = []
    for method in first_places(frame):
        mine = frame[frame["estimator"] == method]
        top = mine.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
        if len(top) < 2:
            continue
        apart = top["share_low"].iloc[0] > top["share_high"].iloc[1]
        (clear if apart else unclear).append(method)
    if not clear and not unclear:
        return ""
    if not unclear:
        everyone = len(clear) == frame["estimator"].nunique() > 1
        who = "Every method tells" if everyone else f"{listed(clear)} {_tell(clear)}"
        return f"{who} first and second place apart: their intervals do not overlap."
    if not clear:
        who = "No method tells" if len(unclear) > 1 else f"{unclear[0]} does not tell"
        return f"{who} first and second place apart: their intervals overlap."
    return (
        f"{listed(clear)} {_tell(clear)} first and second place apart; "
        f"in {listed(unclear)} their intervals overlap."
    )


def _tell(methods: list[str]) -> str:
    return "tells" if len(methods) == 1 else "tell"


def agreement_said(pairs: pd.DataFrame, frame: pd.DataFrame) -> str:
    """Say how alike the methods order one output's inputs; ``pairs``: that output's."""
    judges = first_places(frame)
    if len(judges) < 2:
        only = frame.loc[frame["rank"].notna(), "estimator"].nunique() < 2
        why = "has results here" if only else "can be compared here"
        return f"Only one method {why}, so there is no agreement to judge." if judges else ""
    first = common_first(frame)
    all_of = "All" if len(judges) == frame["estimator"].nunique() else listed(judges)
    top = f"{all_of} put {first} first; " if first else ""
    rho = pairs["spearman"].dropna()
    if rho.empty:
        told = "rank correlations are undefined here: too few inputs, or all alike."
        return top + told if top else told[0].upper() + told[1:]
    low, high = float(rho.min()), float(rho.max())
    spread = correlation(low)
    if high - low >= 0.005:
        spread += f" to {correlation(high)}"
    how = (
        "the orders are alike" if low >= _ALIKE
        else "the orders are similar" if low >= _HALF
        else "the orders differ"
    )  # fmt: skip
    how = how if top else f"Over all inputs {how}"
    return f"{top}{how} (Spearman's ρ {spread})."


def without_shares(results: Results, output: str, frame: pd.DataFrame) -> list[str]:
    """Say which methods give no shares of importance, and why."""
    found = []
    r2 = the_question(results).r2(output)
    for method, mine in frame.groupby("estimator", sort=False):
        if mine["share"].notna().any():
            continue
        values = mine.dropna(subset="value")
        if values.empty:
            if constant_targets(results, output, str(method)):
                found.append(
                    f"{method}: no value, because the targets {output} are constant: there is no "
                    f"prediction that shuffling could worsen."
                )
            continue
        if (values["value"] == 0).all():
            why = "every value is 0"
        elif (values["low"] > 0).any():
            why = "negative values of a similar size say that the positive ones are noise"
        else:
            why = "no interval lies above 0"
        if against_targets(results, output, str(method)) and r2 is not None and not r2 >= GOOD_R2:
            why += f"; shuffling does not worsen a prediction that is not good (R² {fit(r2)})"
        found.append(f"{method}: no visible importance: {why}. It has ranks but no shares.")
    return found
