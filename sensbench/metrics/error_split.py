"""The error of an estimate, split into the estimator's and the network's."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

_KEYS = ["problem", "model", "estimator", "measure", "output", "feature", "budget", "replicate"]
COLUMNS = [
    *_KEYS, "estimate", "reference", "truth",
    "estimation_error", "model_error", "total_error", "reference_standard_error",
]  # fmt: skip

KnownValues = Mapping[tuple[str, str, str, str, str], tuple[float, float]]


def error_split(frame: pd.DataFrame, truth: KnownValues, reference: KnownValues) -> pd.DataFrame:
    """Return the errors of every number whose truth and reference are known.

    ``estimation_error`` is the estimate minus the reference, the network's own value of the
    measure: what more rows would remove. ``model_error`` is the reference minus the truth, the
    function's value: what no number of rows removes, only a better network. They add up to
    ``total_error``, the estimate minus the truth. ``reference_standard_error`` is how far the
    reference itself may be off, and with it the border between the two.

    ``frame``: a study's frame. ``truth``, ``reference``: (problem, model, measure, output,
    feature) to value and standard error.
    """
    numbers = frame[(frame["partner"] == "") & (frame["feature"] != "")]
    at = list(
        zip(
            *(numbers[c] for c in ("problem", "model", "measure", "output", "feature")), strict=True
        )
    )
    comparable = np.array([key in truth and key in reference for key in at], dtype=bool)
    keys = [key for key, is_known in zip(at, comparable, strict=True) if is_known]
    table = numbers.loc[comparable, _KEYS].reset_index(drop=True)
    table["estimate"] = numbers.loc[comparable, "value"].to_numpy(dtype=float)
    table["reference"] = np.array([reference[key][0] for key in keys], dtype=float)
    table["truth"] = np.array([truth[key][0] for key in keys], dtype=float)
    table["estimation_error"] = table["estimate"] - table["reference"]
    table["model_error"] = table["reference"] - table["truth"]
    table["total_error"] = table["estimate"] - table["truth"]
    table["reference_standard_error"] = np.array([reference[key][1] for key in keys], dtype=float)
    return table[COLUMNS]


def relative_sizes(split: pd.DataFrame) -> pd.DataFrame:
    """Return ‖error‖/‖truth‖ over the features (Euclidean), of every run.

    The sizes do not add up, as errors of opposite sign cancel: they obey the triangle
    inequality. NaN where all true values are 0.
    """
    keys = [key for key in _KEYS if key != "feature"]
    errors = ["estimation_error", "model_error", "total_error", "reference_standard_error"]
    squares = split.assign(**{name: split[name] ** 2 for name in [*errors, "truth"]})
    norms = squares.groupby(keys, sort=False)[[*errors, "truth"]].sum() ** 0.5
    scale = norms["truth"].where(norms["truth"] > 0)
    return norms[errors].div(scale, axis=0).reset_index()
