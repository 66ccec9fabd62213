"""Replicates as evidence: their mean, and how far off it is, from how much they differ."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import special

from sensbench.estimator.result import INTERVAL_COLUMNS

METHOD = "replicates, t"
METHOD_OF_FEW = "replicates and runs, moderated t"
# With so many replicates they speak for themselves; what a run says is worth this many to fewer.
_ENOUGH, _WORTH = 4, 2
# how an estimate's inputs are described where they are given rows, the same for every replicate
_GIVEN = "data rows"


def pooled(
    numbers: pd.DataFrame, by: list[str], signed: Mapping[str, bool], biased: frozenset[str]
) -> pd.DataFrame:
    """Return one row per number: its mean over the replicates, and an interval for that mean.

    The interval is Student's, from the replicates' spread, for four replicates and more. Fewer say
    too little: there the variance that the runs' own intervals tell is worth two more of them. It
    covers what the runs' intervals do: the design, or the rows, which each replicate draws anew.

    Where that is no evidence the ends are the runs' own, averaged: where there is one replicate;
    where an older results file does not know at which level they are;
    where all take the same given rows, so that they say nothing of other rows; for a method whose
    bias no average takes away (one of ``biased``). Where a measure has no interval, or fewer than
    half of the replicates have its ends, there is none.

    Parameters
    ----------
    numbers
        With the columns ``by``, ``value``, ``low``, ``high``, ``tail`` and ``inputs``: what each
        run's inputs were, in words.
    by
        What makes a number: all but the replicate.
    signed
        Measure to whether it may be negative; an interval of one that may not ends at 0.
    """
    with_squares = numbers.assign(square=((numbers["high"] - numbers["low"]) / 2) ** 2)
    groups = with_squares.groupby(by, sort=False, dropna=False)
    table = groups[["value", "low", "high", "tail", "square"]].mean()
    table["sd"], table["count"] = groups["value"].std(), groups["value"].count()
    table["ends"] = groups["low"].count()
    table["given"] = groups["inputs"].first().str.endswith(_GIVEN)
    table = table.reset_index()
    design = table["covers"] == "design"
    count, level = table["count"].to_numpy(), table["level"].to_numpy(dtype=float)
    has_ends = (table["ends"] > 0) & (2 * table["ends"] >= count)
    independent = (
        (count > 1)
        & has_ends
        & np.isfinite(level)
        & (design | ~table["given"])
        & ~table["estimator"].isin(biased)
    ).to_numpy()
    half = np.where(independent, _half_widths(table, count, level), np.nan)
    low, high = table["value"] - half, table["value"] + half
    negative = np.array([signed.get(name, True) for name in table["measure"]], dtype=bool)
    ends_at_0 = ~negative & (table["value"] >= 0)
    low = low.where(~ends_at_0 | (low > 0), 0.0)
    table["low"] = low.where(independent, table["low"].where(has_ends))
    table["high"] = high.where(independent, table["high"].where(has_ends))
    few = count < _ENOUGH
    method = INTERVAL_COLUMNS[1]
    table[method] = (
        table[method].astype(object).where(~independent, np.where(few, METHOD_OF_FEW, METHOD))
    )
    return table.drop(columns=["square", "sd", "count", "ends", "given"])


def _half_widths(
    table: pd.DataFrame, count: np.ndarray, level: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Return half the widths of Student's intervals for means of so many replicates."""
    tail = 0.5 + level / 2
    between = table["sd"].to_numpy() ** 2
    within = table["square"].to_numpy() / special.ndtri(tail) ** 2
    worth = np.where(count < _ENOUGH, _WORTH, 0)
    freedom = np.maximum(count - 1 + worth, 1)
    variance = ((count - 1) * between + np.where(worth > 0, worth * within, 0.0)) / freedom
    return np.asarray(special.stdtrit(freedom, tail) * np.sqrt(variance / np.maximum(count, 1)))
