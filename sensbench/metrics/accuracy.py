"""Accuracy: how far a measure's estimates are from that measure's own exact values."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

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
    rows = []
    keys = ["problem", "model", "estimator", "measure", "output", "budget", "replicate"]
    for key, group in frame[(frame["partner"] == "") & (frame["feature"] != "")].groupby(
        keys, sort=False
    ):
        problem, model, _, measure, output = map(str, key[:5])
        known = truth.get((problem, model, measure, output))
        if not known:
            continue
        exact = group["feature"].map(known).to_numpy(dtype=float)
        value, low, high = (group[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
        norm = float(np.linalg.norm(exact))
        error = float(np.linalg.norm(value - exact)) / norm if norm > 0 else np.nan
        covered = float(np.mean((low <= exact) & (exact <= high)))
        cost = int(group["n_forward"].iloc[0] + group["n_backward"].iloc[0])
        rows.append((*key, cost, error, covered))
    return pd.DataFrame(rows, columns=COLUMNS)
