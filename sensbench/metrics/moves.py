"""Moves: pairs of inputs that changed places in a ranking, beyond what noise does."""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import stats

_LEVEL = 0.95


class Interval(NamedTuple):
    """A share with its ends."""

    value: float
    low: float
    high: float


class Move(NamedTuple):
    """Of one method and output: ``fell`` was above ``rose``, and is below it now.

    ``by``: the change of the difference of their shares.
    """

    estimator: str
    output: str
    fell: str
    rose: str
    fell_before: Interval
    fell_now: Interval
    rose_before: Interval
    rose_now: Interval
    rank_before: float
    rank_now: float
    by: float


class Moves(NamedTuple):
    """The moves, the largest first; of how many pairs the order was settled before."""

    moves: tuple[Move, ...]
    settled: int
    pairs: int


def moves(before: Sequence[pd.DataFrame], now: pd.DataFrame, margin: float) -> Moves:
    """Return which settled orders are reversed.

    Of one earlier model the order of two inputs is settled where the intervals of their shares are
    apart. These say nothing of training. Of several, trained alike, it is settled where another one
    is not expected to reverse it: the mean difference is further from 0 than the half width of
    Student's prediction interval, at a level of 95 % for all pairs of a method together
    (Bonferroni). It is reversed where the intervals of the new model are apart the other way, and
    the difference of the two shares has changed by ``margin`` or more.

    Parameters
    ----------
    before, now
        Shares as of :func:`sensbench.metrics.ranks.shares`, of models of the same inputs.
    """
    found: list[Move] = []
    settled = pairs = 0
    for (method, output), rows in now.groupby(["estimator", "output"], sort=False):
        new = rows.set_index("feature")
        old = [_of(frame, str(method), str(output), list(new.index)) for frame in before]
        if any(one is None for one in old) or new["share"].isna().all():
            continue
        earlier = [one for one in old if one is not None]
        is_settled, middle = _settled(earlier)
        names = list(new.index)
        pairs += len(names) * (len(names) - 1) // 2
        settled += int(is_settled.sum())
        low, high = (new[end].to_numpy(dtype=float) for end in ("share_low", "share_high"))
        share = new["share"].to_numpy(dtype=float)
        for i, j in permutations(range(len(names)), 2):
            by = (middle[i] - middle[j]) - (share[i] - share[j])
            if is_settled[i, j] and low[j] > high[i] and by >= margin:
                before_i, before_j = _before(earlier, i), _before(earlier, j)
                was = float(np.median([one["rank"].iloc[i] for one in earlier]))
                of = (str(method), str(output), names[i], names[j])
                ends = (before_i, _ends(new, i), before_j, _ends(new, j))
                found.append(Move(*of, *ends, was, float(new["rank"].iloc[i]), float(by)))
    return Moves(tuple(sorted(found, key=lambda move: -move.by)), settled, pairs)


def _of(frame: pd.DataFrame, method: str, output: str, features: list[str]) -> pd.DataFrame | None:
    rows = frame[(frame["estimator"] == method) & (frame["output"] == output)]
    if set(rows["feature"]) != set(features) or rows["share"].isna().all():
        return None
    return rows.set_index("feature").loc[features]


def _settled(
    earlier: Sequence[pd.DataFrame],
) -> tuple[np.ndarray, Float[np.ndarray, " d"]]:
    """Return which input is above which for certain (d, d), and the mean shares."""
    shares = np.array([one["share"].to_numpy(dtype=float) for one in earlier])
    middle = shares.mean(axis=0)
    if len(earlier) == 1:
        low, high = (earlier[0][end].to_numpy(dtype=float) for end in ("share_low", "share_high"))
        return low[:, None] > high[None, :], middle
    count, d = shares.shape
    differences = shares[:, :, None] - shares[:, None, :]
    tail = (1 - _LEVEL) / 2 / max(d * (d - 1) / 2, 1)
    wide = stats.t.isf(tail, count - 1) * np.sqrt(1 + 1 / count)
    return differences.mean(axis=0) > wide * differences.std(axis=0, ddof=1), middle


def _ends(frame: pd.DataFrame, k: int) -> Interval:
    value, low, high = frame[["share", "share_low", "share_high"]].iloc[k].tolist()
    return Interval(float(value), float(low), float(high))


def _before(earlier: Sequence[pd.DataFrame], k: int) -> Interval:
    """Return a share before: of one model with its interval, of several with their range."""
    if len(earlier) == 1:
        return _ends(earlier[0], k)
    shares = [float(one["share"].iloc[k]) for one in earlier]
    return Interval(float(np.mean(shares)), min(shares), max(shares))
