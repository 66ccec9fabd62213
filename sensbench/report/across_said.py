"""What a study says over its problems, in words: verdicts and the alerts below them."""

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd
from scipy import stats

from sensbench.metrics.across_problems import (
    FEWEST_PROBLEMS,
    RankTest,
    accuracy_across,
    alike,
    common_errors,
)
from sensbench.report.across_figures import ERRORS, TOLERANCE
from sensbench.report.across_tables import around
from sensbench.report.answer import Row
from sensbench.report.text import count, listed, number
from sensbench.study.results import Results

# A bias below this part of the known values is no alert.
_BIASED = 0.05
# Coverage whose own interval goes further below the level than this is not settled.
_LOOSE = 0.1
# More problems than this are not what a next study has.
_MOST_PROBLEMS = 100
# So many null inputs of a hundred are claimed by intervals of 95 % alone.
_CLAIMED = 0.05


def computed_rows(results: Results) -> list[Row]:
    """Say how many runs gave a result, what became of the others, and which methods miss some."""
    cells = results.cells
    done = cells["status"] == "ok"
    if done.all():
        return [Row("Computed", [f"all {len(cells):,} runs."], False)]
    became = cells.loc[~done, "status"].str.replace("_", " ").value_counts(sort=True)
    whose = cells.loc[~done].groupby("estimator", sort=False)
    missing = listed(
        f"{method} on {count(int(of['problem'].nunique()), 'problem')} at "
        f"{listed(f'{b:,}' for b in sorted(set(of['budget'].tolist())))} rows"
        for method, of in whose
    )
    said = listed(f"{n:,} {status}" for status, n in became.items())
    texts = [f"{int(done.sum()):,} of {len(cells):,} runs; {said}.", f"Not computed: {missing}."]
    return [Row("Computed", texts, True)]


def _budget(means: pd.DataFrame, test: RankTest | None) -> int:
    """Return the budget at which methods are compared."""
    return int(means["budget"].max()) if test is None else test.budget


def error_verdict(errors: pd.DataFrame, means: pd.DataFrame, test: RankTest | None) -> str:
    """Say which method has the smallest error, where, and which ranks do not tell from it."""
    budget = _budget(means, test)
    table = common_errors(errors, budget)
    n, k = table.shape
    if k < 2:
        return "No problem has known values of two methods' measures: none is compared."
    here = accuracy_across(errors[errors["problem"].isin(table.index)])
    here = here[(here["budget"] == budget) & here["estimator"].isin(table.columns)]
    here = here.set_index("estimator").sort_values("relative_error", kind="stable")
    sizes = {
        str(m): f"{around(row['relative_error'], row['error'])} %" for m, row in here.iterrows()
    }
    if test is None:
        where = f" ({listed(map(str, table.index))})" if n < FEWEST_PROBLEMS else ""
        common = f"the {count(n, 'problem')} that {_all_of(k)} answer{where}"
        said = listed(f"{m} {size}" for m, size in sizes.items())
        return f"{said} at {budget:,} rows on {common}: ranks are not tested."
    best = next(iter(sizes))
    wins = int((table.idxmin(axis=1) == best).sum())
    said = (
        f"{best}: {sizes[best]} at {budget:,} rows, first on {wins} of the {n} problems that "
        f"{_all_of(k)} answer"
    )
    if not test.differ:
        return f"{said}; no significant difference between the methods (p = {_p(test)})."
    near = (test.ranks - test.ranks[best]).abs() < test.critical_difference
    others = [str(m) for m in near.index[near] if m != best]
    if not others:
        return f"{said}; ranks tell it from all others."
    return f"{said}; ranks do not tell it from {listed(f'{m} ({sizes[m]})' for m in others)}."


def _all_of(methods: int) -> str:
    return "both" if methods == 2 else f"all {methods}"


def not_judged(
    results: Results, errors: pd.DataFrame, means: pd.DataFrame, test: RankTest | None
) -> list[Row]:
    """Say which methods are not compared: what they estimate is known nowhere, or seldom."""
    judged = set(means["estimator"])
    compared = common_errors(errors, _budget(means, test))
    unknown = [m for m in results.methods if m not in judged]
    seldom = [m for m in results.methods if m in judged and m not in compared]
    texts = []
    if unknown:
        texts.append(f"{listed(unknown)}: no known values of their measures.")
    if seldom:
        texts.append(f"{listed(seldom)}: known values on few of the problems.")
    return [Row("Not judged", texts, False)] if texts else []


def error_rows(means: pd.DataFrame, test: RankTest | None) -> list[Row]:
    """Say what the design can show, what is compared with what, and what to do next."""
    rows = []
    if test is None:
        text = (
            f"A rank test takes three methods with known values on {FEWEST_PROBLEMS} problems or "
            f"more."
        )
        rows.append(Row("Little power", [text], True))
    else:
        together = [g for g in alike(test.ranks, test.critical_difference) if len(g) > 1]
        if together:
            group = together[0]
            span = test.ranks[group[-1]] - test.ranks[group[0]]
            text = (
                f"{count(test.problems, 'problem')} show a difference of "
                f"{test.critical_difference:.1f} average ranks or more; {listed(group)} span "
                f"{span:.1f}."
            )
            rows.append(Row("Little power", [text], True))
    own = (
        "Each error is against the method's own known value: the table says how well each answers "
        "its question, not which question is yours."
    )
    rows.append(Row("Own questions", [own], True))
    if test is not None and len(test.ranks) > 1:
        gap = float(test.ranks.iloc[1] - test.ranks.iloc[0])
        if 0 < gap < test.critical_difference:
            needed = math.ceil(test.problems * (test.critical_difference / gap) ** 2)
            first, second = map(str, test.ranks.index[:2])
            text = (
                f"{needed:,} problems would tell {first} from {second}, if their ranks differ as "
                f"here."
                if needed <= _MOST_PROBLEMS
                else f"more problems do not help: {first} and {second} are {gap:.1f} average ranks "
                f"apart, too near for {_MOST_PROBLEMS} problems to tell."
            )
            rows.append(Row("Next", [text], False))
    return rows


def coverage_verdict(means: pd.DataFrame, test: RankTest | None) -> str:
    """Say whose intervals hold the known value as often as they claim."""
    budget = _budget(means, test)
    at = means[(means["budget"] == budget) & means["covered"].notna()]
    if at.empty:
        return f"No method gives an interval at {budget:,} rows."
    short = _short(at)
    holds = (at["covered"] >= at["level"] - TOLERANCE) & (at["covered_low"] >= at["level"] - _LOOSE)
    open_ = at[~holds & ~at["estimator"].isin(short["estimator"])]
    parts = [
        f"{word}: {listed(_covered(r) for r in rows.to_dict('records'))}"
        for word, rows in (("hold", at[holds]), ("short", short), ("not settled", open_))
        if len(rows)
    ]
    return f"At {budget:,} rows {'; '.join(parts)}."


def _covered(row: dict[Hashable, Any]) -> str:
    """Return a method with its coverage and the interval of that, where there is one."""
    said = f"{row['estimator']} {row['covered']:.2f}"
    if math.isnan(row["covered_low"]):
        return said
    return f"{said} ({row['covered_low']:.2f} to {row['covered_high']:.2f})"


def _short(at: pd.DataFrame) -> pd.DataFrame:
    """Return the methods whose coverage is below the level asked for, beyond its own error."""
    return at[at["covered_high"] < at["level"] - TOLERANCE]


def _beyond_error(last: pd.DataFrame) -> "pd.Series[bool]":
    """Return whose bias is no chance of few replicates: Student's t at 5 %, over all methods."""
    known = last["bias_error"] > 0
    freedom = (last["replicates"] - 1).clip(lower=1)
    quantile = stats.t.isf(0.025 / max(int(known.sum()), 1), freedom)
    return known & (last["bias"].abs() > quantile * last["bias_error"])


def coverage_rows(means: pd.DataFrame, test: RankTest | None) -> list[Row]:
    """Say where intervals shrink around wrong values, what few rows do, and what is claimed."""
    rows = []
    last = means[means["budget"] == means.groupby("estimator")["budget"].transform("max")]
    off = last[(last["bias"].abs() >= _BIASED) & _beyond_error(last)]
    texts = [
        f"{r['estimator']} is {number(100 * abs(r['bias']), 2)} % too "
        f"{'high' if r['bias'] > 0 else 'low'} at {r['budget']:,} rows, by more than replicates "
        f"differ: its intervals do not cover that."
        for r in off[off["covered"].notna()].to_dict("records")
    ]
    if texts:
        rows.append(Row("Bias", texts, True))
    budget = _budget(means, test)
    few = _short(means[(means["budget"] < budget) & means["covered"].notna()])
    if len(few):
        named = listed(
            f"{r['estimator']} {r['covered']:.2f} at {r['budget']:,} rows"
            for r in few.to_dict("records")
        )
        rows.append(Row("Few rows", [f"Too short: {named}."], True))
    claims = last[last["claimed"] - ERRORS * last["claimed_error"].fillna(0.0) > _CLAIMED]
    if len(claims):
        named = listed(
            f"{r['estimator']} {around(r['claimed'], r['claimed_error'])} %"
            for r in claims.to_dict("records")
        )
        rows.append(Row("Null inputs", [f"Of inputs without effect are claimed: {named}."], True))
    if means["covered_error"].isna().all():
        rows.append(Row("One replicate", ["Nothing says how far these parts are off."], True))
    return rows


def ranks_said(test: RankTest | None, problems: int) -> str:
    """Say what the tests of ranks say."""
    if test is None:
        return (
            f"Ranks are not tested: that takes three methods with known values on "
            f"{FEWEST_PROBLEMS} problems or more; here are {problems}."
        )
    ranks = listed(f"{name} {rank:.1f}" for name, rank in test.ranks.items())
    apart = f"{test.critical_difference:.1f}"
    if test.differ:
        return (
            f"Average ranks over {test.problems} problems at {test.budget:,} rows: {ranks}. They "
            f"differ (Iman–Davenport, p = {_p(test)}); methods less than {apart} apart are not "
            f"told apart (Nemenyi, 5 %)."
        )
    return (
        f"Average ranks over {test.problems} problems at {test.budget:,} rows: {ranks}. No "
        f"significant difference (Iman–Davenport, p = {_p(test)}); so few problems show "
        f"differences of {apart} and more."
    )


def _p(test: RankTest) -> str:
    return number(test.p_value, 2)
