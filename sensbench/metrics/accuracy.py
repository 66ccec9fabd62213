"""Accuracy: how far a measure's estimates are from that measure's own exact values."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

COLUMNS = [
    "problem", "model", "estimator", "measure", "output", "budget", "replicate", "rows",
    "relative_error", "covered",
]  # fmt: skip


def accuracy(
    frame: pd.DataFrame, truth: Mapping[tuple[str, str, str, str], Mapping[str, float]]
) -> pd.DataFrame:
    """Return the error of every computed measure whose exact values are known.

    ``relative_error`` is ‖estimate - truth‖ / ‖truth‖ over the features (Euclidean), ``covered``
    the share of features whose interval holds the truth, ``rows`` the counted cost. An estimate
    is compared only with the truth of the very same measure: another measure is another question.

    ``frame``: a study's frame. ``truth``: (problem, model, measure, output) to feature values.
    """
    keys = ["problem", "model", "estimator", "measure", "output", "budget", "replicate"]
    numbers = frame[(frame["partner"] == "") & (frame["feature"] != "")]
    place = {key: k for k, key in enumerate(key for key, by_feature in truth.items() if by_feature)}
    # the truth that each number belongs to: looked up once per key, not per number
    of_truth = ["problem", "model", "measure", "output"]
    group = numbers.groupby(of_truth, sort=False).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    wanted = zip(*(numbers[c].iloc[first].astype(str) for c in of_truth), strict=True)
    which = np.array([place.get((p, m, s, o), -1) for p, m, s, o in wanted], dtype=np.int64)[group]
    numbers, which = numbers[which >= 0], which[which >= 0]
    if numbers.empty:
        return pd.DataFrame([], columns=COLUMNS)
    values = [known_of for known_of in truth.values() if known_of]
    exact = np.full(len(numbers), np.nan)
    for k in np.unique(which).tolist():
        at = which == k
        exact[at] = numbers["feature"][at].map(values[k]).to_numpy(dtype=float)
    run = numbers.groupby(keys, sort=False).ngroup().to_numpy()
    starts = np.unique(run, return_index=True)[1]
    order, sizes = np.argsort(run, kind="stable"), np.bincount(run)
    value, low, high = (numbers[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
    covered = (low <= exact) & (exact <= high)
    table = numbers[keys].iloc[starts].reset_index(drop=True)
    cost = numbers[["n_forward", "n_backward"]].sum(axis=1).iloc[starts]
    table["rows"] = cost.to_numpy(dtype="int64")
    errors = np.empty(len(starts))
    shares = np.empty(len(starts))
    # runs over equally many features at once
    ends = np.cumsum(sizes)
    for size in np.unique(sizes).tolist():
        runs = np.flatnonzero(sizes == size)
        rows = order[(ends[runs] - size)[:, None] + np.arange(size)]
        norm = _norms(exact[rows])
        off = _norms(value[rows] - exact[rows])
        errors[runs] = np.divide(off, norm, out=np.full(len(runs), np.nan), where=norm > 0)
        shares[runs] = covered[rows].mean(axis=1)
    table["relative_error"], table["covered"] = errors, shares
    return table[COLUMNS]


def _norms(rows: Float[np.ndarray, "runs features"]) -> Float[np.ndarray, " runs"]:
    """Return the Euclidean norm of each row: by BLAS, as that of one row."""
    return np.array([np.sqrt(row.dot(row)) for row in rows])
