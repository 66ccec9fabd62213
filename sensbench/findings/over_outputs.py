"""Many outputs of one model together: which inputs matter for how many, and which outputs differ.

An output's *profile* is the share of importance of each input, the mean over the methods that
have shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sensbench.findings.consensus import headline_shares, shown_outputs, the_question
from sensbench.metrics.agreement import agreement
from sensbench.metrics.ranks import DECIMALS
from sensbench.study.results import Results

# Up to so many outputs, each has its own tables, figures and sentences.
MOST_OUTPUTS = 6
# A share of at least this is said to matter.
MATTERS = 0.05
TYPICAL, DIFFERENT = "most like the others", "differs most"
_MOST_DIFFERENT = 2


@dataclass(frozen=True, eq=False)
class OverOutputs:
    """What many outputs say together.

    Attributes
    ----------
    profiles
        Outputs × inputs: the share of importance; the inputs by their mean, largest first.
    inputs
        By input: mean, median, lowest and highest share over the outputs (and which ``lowest_in``
        and ``highest_in``), for how many it is ``first`` and for how many it ``matters``.
    outputs
        By output, the most different first: the part of its importance that lies ``elsewhere``
        than for the other outputs on average, and the inputs with the largest differences up and
        down (``more`` and ``less``, with ``more_by`` and ``less_by``).
    pairs
        By pair of methods (``first``, ``second``): median, lowest and highest Spearman's rho over
        the outputs and which is ``lowest_in``, median tau-b, for how many of ``n`` outputs the
        first input is the same.
    agreed, judged
        For how many outputs all methods put one input first; for how many two methods or more can
        say so.
    chosen
        The outputs that are shown in detail, and why these.
    """

    profiles: pd.DataFrame
    inputs: pd.DataFrame
    outputs: pd.DataFrame
    pairs: pd.DataFrame
    agreed: int
    judged: int
    chosen: Mapping[str, str]


def over_outputs(results: Results) -> OverOutputs | None:
    """Return what the outputs of one question say together; None where they are few."""
    if len(the_question(results).outputs) <= MOST_OUTPUTS:
        return None
    frame = headline_shares(results)
    profiles = _profiles(frame, results)
    if len(profiles) <= MOST_OUTPUTS:
        return None
    outputs = _differences(profiles)
    typical = str(outputs["elsewhere"].round(DECIMALS).idxmin())
    different = [name for name in outputs.index if name != typical][:_MOST_DIFFERENT]
    agreed, judged = _first_places(frame)
    pairs = _pairs(agreement(results.headline(), results.measures))
    return OverOutputs(
        profiles, _inputs(profiles), outputs, pairs, agreed, judged,
        {typical: TYPICAL, **dict.fromkeys(different, DIFFERENT)},
    )  # fmt: skip


def in_detail(results: Results, over: OverOutputs | None) -> Results:
    """Return the part of one question's results that is shown output by output."""
    question = the_question(results)
    if len(question.outputs) <= MOST_OUTPUTS:
        return results
    if over is not None:
        return results.only(list(over.chosen))
    frame = headline_shares(results)
    ranked = [*shown_outputs(frame, question, "share"), *shown_outputs(frame, question)]
    return results.only(list(dict.fromkeys([*ranked, *question.outputs]))[:MOST_OUTPUTS])


def _profiles(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return outputs × inputs; a negative share, which is noise, counts 0."""
    question = the_question(results)
    shares = frame.assign(share=frame["share"].clip(lower=0))
    wide = shares.groupby(["output", "feature"])["share"].mean().unstack("feature")
    outputs = shown_outputs(frame, question, "share")
    wide = wide.reindex(index=outputs, columns=list(question.features)).dropna(axis=1, how="all")
    order = wide.mean().sort_values(ascending=False, kind="stable").index
    return wide[order].rename_axis(index="output", columns="feature")


def _inputs(profiles: pd.DataFrame) -> pd.DataFrame:
    ranks = profiles.round(DECIMALS).rank(axis=1, method="min", ascending=False)
    return pd.DataFrame(
        {
            "mean": profiles.mean(),
            "median": profiles.median(),
            "lowest": profiles.min(),
            "lowest_in": profiles.idxmin(),
            "highest": profiles.max(),
            "highest_in": profiles.idxmax(),
            "first": (ranks == 1).sum(),
            "matters": (profiles >= MATTERS).sum(),
        }
    )


def _differences(profiles: pd.DataFrame) -> pd.DataFrame:
    """Return how far each output's profile is from the mean of the others' (total variation)."""
    shares = profiles.fillna(0.0)
    others = (shares.sum() - shares) / (len(shares) - 1)
    apart = shares - others
    table = pd.DataFrame(
        {
            "elsewhere": apart.abs().sum(axis=1) / 2,
            "more": apart.idxmax(axis=1),
            "more_by": apart.max(axis=1),
            "less": apart.idxmin(axis=1),
            "less_by": apart.min(axis=1),
        }
    )
    # Differences of rounding would order outputs that are alike.
    order = np.argsort(-table["elsewhere"].round(DECIMALS).to_numpy(), kind="stable")
    return table.iloc[order]


def _pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    pairs = pairs[pairs["n"] > 0]
    by = pairs.groupby(["first", "second"], sort=False)
    lowest = pairs.dropna(subset="spearman").sort_values("spearman", kind="stable")
    where = lowest.drop_duplicates(["first", "second"]).set_index(["first", "second"])["output"]
    table = by.agg(
        median=("spearman", "median"), lowest=("spearman", "min"), highest=("spearman", "max"),
        kendall=("kendall", "median"), same_first=("same_top", "sum"), n=("same_top", "size"),
    )  # fmt: skip
    return table.assign(lowest_in=where).reset_index()


def _first_places(frame: pd.DataFrame) -> tuple[int, int]:
    """Return for how many outputs all methods agree on the first place, and can be asked.

    As ``consensus.common_first`` does for one output: only methods with shares and, unless all
    are such, no methods that do not rank every feature.
    """
    by = ["output", "estimator"]
    shared = frame[frame["share"].notna()]
    features = shared["output"].map(frame.groupby("output")["feature"].nunique())
    complete = shared.groupby(by)["feature"].transform("nunique") == features
    any_complete = complete.groupby(shared["output"]).transform("any")
    judges = shared[complete | ~any_complete]
    top = judges[judges["rank"] == judges.groupby(by)["rank"].transform("min")]
    votes = top.groupby(["output", "feature"]).size().groupby("output").max()
    judging = judges.groupby("output")["estimator"].nunique()
    several = judging[judging > 1]
    return int((votes.reindex(several.index) == several).sum()), len(several)
