"""What many outputs of one model say together, in plain sentences."""

from collections.abc import Sequence

import pandas as pd

from sensbench.report.consensus import headline_shares, the_question
from sensbench.report.over_outputs import DIFFERENT, MATTERS, MOST_OUTPUTS, TYPICAL, OverOutputs
from sensbench.report.text import (
    correlation,
    count,
    fit,
    listed,
    number,
    one_line,
    share,
    short_names,
)
from sensbench.study.results import Results

_MOST_NAMED = 5
NAME_WIDTH = 40


def said_over_outputs(results: Results, over: OverOutputs) -> list[str]:
    """Return the findings over all outputs, before any single output's."""
    found = [_importance(over), _without_effect(over), _different(over), _agreement(over)]
    return [text for text in (*found, *_without_shares(results)) if text]


def model_over_outputs(results: Results) -> str:
    """Say how well the model predicts its outputs: the range and the worst of them."""
    question = the_question(results)
    r2 = pd.Series({output: quality.r2 for output, quality in question.quality.items()})
    named = short_names(list(r2.index), NAME_WIDTH)
    worst = f"from {fit(r2.min())} ({named[str(r2.idxmin())]}) to {fit(r2.max())}"
    return (
        f"{question.model} predicts its {count(len(r2), 'output')} with R² {worst}, median "
        f"{fit(r2.median())}, on {question.judged_on}."
    )


def outputs_named(outputs: Sequence[str]) -> str:
    """Return the outputs' names, the first ones of many."""
    if len(outputs) <= MOST_OUTPUTS:
        return ", ".join(outputs)
    return listed(short_names(outputs, NAME_WIDTH).values())


def chosen_said(over: OverOutputs) -> str:
    """Name the outputs that are shown in detail, with why these."""
    named = short_names(list(over.chosen), NAME_WIDTH)
    typical = [named[o] for o, why in over.chosen.items() if why == TYPICAL]
    different = [named[o] for o, why in over.chosen.items() if why == DIFFERENT]
    verb = "differs" if len(different) == 1 else "differ"
    return f"{listed(typical)} ({TYPICAL}), {listed(different)} (which {verb} most)"


def _importance(over: OverOutputs) -> str:
    """Name the inputs that matter, the largest mean share first."""
    inputs = over.inputs[over.inputs["matters"] > 0]
    n = len(over.profiles)
    named = short_names(list(over.inputs.index), NAME_WIDTH)
    told = [
        f"{named[str(i)]} (mean share {share(row['mean'])}) for {_of(row['matters'], n)}"
        for i, row in zip(inputs.index, inputs.to_dict("records"), strict=True)
    ]
    if not told:
        return f"Over {n:,} outputs: no input has a share of {MATTERS:g} or more in any."
    firsts = over.inputs["first"].sort_values(ascending=False, kind="stable")
    firsts = firsts[firsts > 0]
    first = listed((f"{named[str(i)]} in {_of(k, n)}" for i, k in firsts.items()), _MOST_NAMED)
    return (
        f"Over {n:,} outputs, with a share of {MATTERS:g} or more: "
        f"{listed(told, _MOST_NAMED)}. First place by mean share: {first}."
    )


def _of(k: float, n: int) -> str:
    return f"all {n:,}" if k == n else f"{int(k):,}"


def _without_effect(over: OverOutputs) -> str:
    none = over.inputs.index[over.inputs["matters"] == 0]
    if not len(none) or len(none) == len(over.inputs):
        return ""
    largest = over.inputs.loc[none, "highest"].max()
    names = short_names(list(map(str, none)), NAME_WIDTH).values()
    have = "has" if len(none) == 1 else "have"
    return (
        f"{listed(names, 6)} {have} no such share in any output; the largest is {share(largest)}."
    )


def _different(over: OverOutputs) -> str:
    """Say which outputs differ most from the others, and in what."""
    if over.outputs["elsewhere"].max() < MATTERS:
        most = number(round(100 * over.outputs["elsewhere"].max(), 2), 2)
        return (
            f"The outputs are alike: for none does more than {most} % of the importance lie "
            f"elsewhere than for the others on average."
        )
    names = short_names(list(over.profiles.index), NAME_WIDTH)
    inputs = short_names(list(over.inputs.index), NAME_WIDTH)
    different = [name for name, why in over.chosen.items() if why == DIFFERENT]
    told = []
    for name in different:
        row = over.outputs.loc[name]
        told.append(
            f"{names[name]} ({100 * row['elsewhere']:.0f} %: more on {inputs[str(row['more'])]}, "
            f"less on {inputs[str(row['less'])]})"
        )
    (typical,) = (names[name] for name, why in over.chosen.items() if why == TYPICAL)
    return (
        f"The outputs that differ most from the others, by the part of their importance that lies "
        f"elsewhere than for the others on average: {listed(told)}. Most like the others: "
        f"{typical}."
    )


def _agreement(over: OverOutputs) -> str:
    """Say for how many outputs the methods agree, and where they do the least."""
    if over.judged == 0:
        return "Only one method can be compared here, so there is no agreement to judge."
    told = (
        f"All methods that can be compared put the same input first for "
        f"{'all' if over.agreed == over.judged else f'{over.agreed:,} of'} "
        f"{count(over.judged, 'output')}"
    )
    pairs = over.pairs.dropna(subset="lowest")
    if pairs.empty:
        return f"{told}; rank correlations are undefined: too few inputs, or all alike."
    worst = pairs.sort_values("lowest", kind="stable").iloc[0]
    where = short_names([worst["lowest_in"]], NAME_WIDTH)[worst["lowest_in"]]
    low, high = correlation(pairs["median"].min()), correlation(pairs["median"].max())
    between = low if low == high else f"{low} to {high}"
    return (
        f"{told}. Spearman's ρ of two methods: median {between}; the lowest is "
        f"{correlation(worst['lowest'])} ({where}: {worst['first']} and {worst['second']})."
    )


def _without_shares(results: Results) -> list[str]:
    """Say which methods see no importance in how many outputs."""
    frame = headline_shares(results)
    frame = frame[frame["value"].notna()]
    seen = frame["share"].notna().groupby([frame["estimator"], frame["output"]], sort=False).any()
    found = []
    for method, mine in seen.groupby(level="estimator", sort=False):
        blind = [str(key[1]) for key in mine.index[~mine]]
        if blind:
            named = listed(short_names(blind, NAME_WIDTH).values(), 4)
            where = count(len(blind), "output")
            found.append(
                f"{one_line(str(method))} has ranks but no shares for {where}: {named}; "
                f"it sees no importance there that is clear of noise."
            )
    return found
