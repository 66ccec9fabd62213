"""Which ranks a method's own intervals allow every input."""

import numpy as np
import pandas as pd

_GROUP = ["problem", "model", "output", "estimator"]


def rank_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the best and the worst rank of every row of headline shares.

    Rank 1 is the most important. An input comes behind all those whose intervals lie wholly above
    its own, and before those that lie wholly below; where intervals meet, either order is allowed.
    Two intervals of 95 % that miss each other are a stricter test than one of their difference, so
    that the true rank of an input lies within in more than 95 % of cases (Klein, Wright & Wieczorek
    2020, doi:10.1111/rssa.12589, widen the intervals so that all ranks hold at once).

    NaN where a method gives no interval or no rank; its other inputs are ranked without it.

    Parameters
    ----------
    frame
        With ``share_low``, ``share_high`` and ``rank``, as from
        :func:`sensbench.metrics.ranks.shares`.
    """
    best, worst = (pd.Series(np.nan, index=frame.index) for _ in range(2))
    known = frame[frame[["share_low", "share_high", "rank"]].notna().all(axis=1)]
    for _, rows in known.groupby(_GROUP, sort=False):
        low, high = (rows[c].to_numpy(dtype=float) for c in ("share_low", "share_high"))
        best[rows.index] = 1.0 + (low[None, :] > high[:, None]).sum(axis=1)
        worst[rows.index] = len(rows) - (high[None, :] < low[:, None]).sum(axis=1)
    return pd.DataFrame({"best": best, "worst": worst}).astype(float)
