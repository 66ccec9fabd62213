"""Accuracy: how far a measure's estimates are from that measure's own exact values."""

from collections.abc import Container, Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

_ROUNDING = 1e-9
# Pairs of features looked at at once.
_MOST_PAIRS = 1_000_000
COLUMNS = [
    "problem", "model", "estimator", "measure", "output", "budget", "replicate", "rows",
    "relative_error", "bias", "max_error", "misordered", "covered",
]  # fmt: skip


def accuracy(
    frame: pd.DataFrame,
    truth: Mapping[tuple[str, str, str, str], Mapping[str, float]],
    signed: Container[str] = (),
) -> pd.DataFrame:
    """Return the error of every computed measure whose exact values are known.

    Over the features, ``relative_error`` is ‖estimate - truth‖ / ‖truth‖ (Euclidean); ``bias`` the
    sum of the signed errors by the sum of the true sizes; ``max_error`` the largest error by the
    largest true size; ``misordered`` the part of the pairs of features whose true values differ
    that is in the wrong order (equal estimates: half); ``covered`` the share of the intervals given
    that hold the truth (NaN where there is none); ``rows`` the counted cost. An estimate is
    compared only with the truth of the very same measure: another measure is another question.

    ``frame``: a study's frame. ``truth``: (problem, model, measure, output) to feature values.
    ``signed``: measures that order by size.
    """
    keys = ["problem", "model", "estimator", "measure", "output", "budget", "replicate"]
    numbers = frame[(frame["partner"] == "") & (frame["feature"] != "")]
    place = {key: k for k, key in enumerate(key for key, by_feature in truth.items() if by_feature)}
    # the truth that each number belongs to: looked up once per key, not per number
    of_truth = ["problem", "model", "measure", "output"]
    group = numbers.groupby(of_truth, sort=False, observed=True).ngroup().to_numpy()
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
    run = numbers.groupby(keys, sort=False, observed=True).ngroup().to_numpy()
    starts = np.unique(run, return_index=True)[1]
    order, sizes = np.argsort(run, kind="stable"), np.bincount(run)
    value, low, high = (numbers[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
    given = np.isfinite(low) & np.isfinite(high)
    covered = (low <= exact) & (exact <= high) & given
    table = numbers[keys].iloc[starts].reset_index(drop=True)
    table = table.astype(dict.fromkeys(keys[:5], str))
    cost = numbers[["n_forward", "n_backward"]].sum(axis=1).iloc[starts]
    table["rows"] = cost.to_numpy(dtype="int64")
    sizes_alone = table["measure"].map(lambda name: name in signed).to_numpy(dtype=bool)
    errors, shares, bias, largest, misordered = (np.empty(len(starts)) for _ in range(5))
    # runs over equally many features at once
    ends = np.cumsum(sizes)
    for size in np.unique(sizes).tolist():
        runs = np.flatnonzero(sizes == size)
        rows = order[(ends[runs] - size)[:, None] + np.arange(size)]
        norm = _norms(exact[rows])
        off = _norms(value[rows] - exact[rows])
        errors[runs] = _ratio(off, norm)
        gap, true_size = value[rows] - exact[rows], np.abs(exact[rows])
        bias[runs] = _ratio(gap.sum(axis=1), true_size.sum(axis=1))
        largest[runs] = _ratio(np.abs(gap).max(axis=1), true_size.max(axis=1))
        by_size = sizes_alone[runs][:, None]
        misordered[runs] = _misordered(
            np.where(by_size, np.abs(value[rows]), value[rows]),
            np.where(by_size, np.abs(exact[rows]), exact[rows]),
        )
        n_given = given[rows].sum(axis=1)
        shares[runs] = _ratio(covered[rows].sum(axis=1), n_given)
    table["relative_error"], table["covered"] = errors, shares
    table["bias"], table["max_error"], table["misordered"] = bias, largest, misordered
    return table[COLUMNS]


def _norms(rows: Float[np.ndarray, "runs features"]) -> Float[np.ndarray, " runs"]:
    """Return the Euclidean norm of each row: by BLAS, as that of one row."""
    return np.array([np.sqrt(row.dot(row)) for row in rows])


def _ratio(
    part: Float[np.ndarray, " runs"] | Int[np.ndarray, " runs"],
    whole: Float[np.ndarray, " runs"] | Int[np.ndarray, " runs"],
) -> Float[np.ndarray, " runs"]:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _misordered(
    estimate: Float[np.ndarray, "runs features"], exact: Float[np.ndarray, "runs features"]
) -> Float[np.ndarray, " runs"]:
    """Return the part of the pairs that differ in truth and are the other way round; NaN: none."""
    parts = np.full(len(estimate), np.nan)
    at_once = max(1, _MOST_PAIRS // estimate.shape[1] ** 2)
    for start in range(0, len(estimate), at_once):
        some = slice(start, start + at_once)
        known, given = exact[some], estimate[some]
        # exact values that only rounding tells apart are equal
        step = _ROUNDING * np.abs(known).max(axis=1, initial=0.0)
        apart = known[:, :, None] - known[:, None, :] > step[:, None, None]
        # infinite minus infinite is no order; such a run has none
        with np.errstate(invalid="ignore"):
            off = given[:, :, None] - given[:, None, :]
        wrong = (apart & (off < 0)).sum(axis=(1, 2)) + 0.5 * (apart & (off == 0)).sum(axis=(1, 2))
        part = _ratio(wrong, apart.sum(axis=(1, 2)))
        parts[some] = np.where(np.isfinite(given).all(axis=1), part, np.nan)
    return parts
