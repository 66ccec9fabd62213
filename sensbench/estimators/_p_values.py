"""P-values of inputs, alone and adjusted for how many inputs are tested."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import stats

from sensbench.estimator.result import Estimate

_MOST = 8


def p_value_names(tested: str) -> tuple[str, str, str]:
    """Return the measures of a test: of one input, by Holm and by Benjamini & Hochberg."""
    return f"{tested}_p_value", f"{tested}_p_value_holm", f"{tested}_p_value_bh"


def p_value_estimates(
    tested: str,
    p: Float[np.ndarray, "o d"],
    level: float,
    outputs: Sequence[str],
    features: Sequence[str],
) -> dict[str, Estimate]:
    """Return p-values as measures; a note names inputs that are not told apart at ``level``.

    They are adjusted over the inputs of an output; NaN stays NaN and is no test.
    """
    one, by_holm, by_rate = p_value_names(tested)
    holms, rates = holm(p), benjamini_hochberg(p)
    note = _not_apart(holms, level, outputs, features)
    return {
        one: Estimate.of(p),
        by_holm: Estimate.of(holms, note),
        by_rate: Estimate.of(rates),
    }


def holm(p: Float[np.ndarray, "o d"]) -> Float[np.ndarray, "o d"]:
    """Return Holm's step-down p-values (1979, jstor.org/stable/4615733), row by row."""
    adjusted = np.full(p.shape, np.nan)
    for row, into in zip(p, adjusted, strict=True):
        tested = np.flatnonzero(~np.isnan(row))
        order = tested[np.argsort(row[tested], kind="stable")]
        left = np.arange(len(order), 0, -1)
        into[order] = np.minimum(np.maximum.accumulate(left * row[order]), 1.0)
    return adjusted


def benjamini_hochberg(p: Float[np.ndarray, "o d"]) -> Float[np.ndarray, "o d"]:
    """Return the p-values that control the false discovery rate, row by row, by SciPy.

    Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    adjusted = np.full(p.shape, np.nan)
    for row, into in zip(p, adjusted, strict=True):
        tested = ~np.isnan(row)
        if tested.any():
            into[tested] = stats.false_discovery_control(row[tested], method="bh")
    return adjusted


def _not_apart(
    p: Float[np.ndarray, "o d"], level: float, outputs: Sequence[str], features: Sequence[str]
) -> str:
    parts = []
    for name, row in zip(outputs, p, strict=True):
        without = [feature for feature, v in zip(features, row, strict=True) if v >= level]
        if without:
            more = f" and {len(without) - _MOST} more" if len(without) > _MOST else ""
            parts.append(f"{', '.join(without[:_MOST])}{more} (output {name!r})")
    more = f"; and inputs of {len(parts) - _MOST} more outputs" if len(parts) > _MOST else ""
    what = f"not told apart from an input without effect at {level:.3g}: "
    return what + "; ".join(parts[:_MOST]) + more if parts else ""
