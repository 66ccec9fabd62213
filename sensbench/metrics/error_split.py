"""The error of an estimate, split into the estimator's and the network's."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

_KEYS = ["problem", "model", "estimator", "measure", "output", "feature", "budget", "replicate"]
_TEXTS = dict.fromkeys(_KEYS[:6], str)
_KNOWN_BY = ["problem", "model", "measure", "output", "feature"]
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
    known = truth.keys() & reference.keys()
    numbers = frame[(frame["partner"] == "") & (frame["feature"] != "")] if known else frame[:0]
    # what is known of each number: looked up once per key, not per number
    group = numbers.groupby(_KNOWN_BY, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(group, return_index=True)[1]
    keys = list(zip(*(numbers[c].iloc[first].astype(str) for c in _KNOWN_BY), strict=True))
    comparable = np.array([key in known for key in keys], dtype=bool)[group]
    which = group[comparable]

    def of_numbers(values: KnownValues, part: int) -> Float[np.ndarray, " n"]:
        by_key = [values[p, m, s, o, f][part] if (p, m, s, o, f) in known else np.nan
                  for p, m, s, o, f in keys]  # fmt: skip
        return np.array(by_key, dtype=float)[which]

    table = numbers.loc[comparable, _KEYS].reset_index(drop=True).astype(_TEXTS)
    table["estimate"] = numbers.loc[comparable, "value"].to_numpy(dtype=float)
    table["reference"] = of_numbers(reference, 0)
    table["truth"] = of_numbers(truth, 0)
    table["estimation_error"] = table["estimate"] - table["reference"]
    table["model_error"] = table["reference"] - table["truth"]
    table["total_error"] = table["estimate"] - table["truth"]
    table["reference_standard_error"] = of_numbers(reference, 1)
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
