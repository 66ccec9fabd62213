"""What the scenarios say together: medians with their error, pairs of contenders, parts."""

import numpy as np
import pandas as pd
from scipy import stats

from experiments.total_order.measured import CONTENDERS
from sensbench.estimators._p_values import holm

_RESAMPLES = 2000
_LEVEL = 0.95


def summary(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a row per contender: how well it ranks, over the scenarios that it was run on.

    ``ahead``: share of the other contenders' scenarios in common where its Savage correlation is
    larger, ties by half, averaged over the others. Intervals: of a median by resampling scenarios.
    """
    wide = correlations(lines)
    rows = []
    for contender in wide.columns:
        own = wide[contender].dropna().to_numpy()
        low, high = _of_median(own)
        errors = lines.loc[lines["contender"] == contender, "error"].dropna()
        rows.append({
            "contender": contender,
            "scenarios": len(own),
            "correlation": float(np.median(own)),
            "correlation_low": low,
            "correlation_high": high,
            "worst_tenth": float(np.quantile(own, 0.1)),
            "first_right": float(lines.loc[lines["contender"] == contender, "first"].mean()),
            "error": float(errors.median()) if len(errors) else float("nan"),
            "ahead": float(np.mean([
                _ahead(wide[[contender, other]]) for other in wide.columns if other != contender
            ])),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("ahead", ascending=False, ignore_index=True)


def correlations(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the Savage correlations: a row per scenario, a column per contender."""
    wide = lines.pivot(index="number", columns="contender", values="correlation")
    return wide[[c for c in CONTENDERS if c in wide and wide[c].notna().any()]]


def pairs(lines: pd.DataFrame) -> pd.DataFrame:
    """Return a row per pair: Wilcoxon's signed ranks on common scenarios, Holm's correction."""
    wide = correlations(lines)
    rows = []
    for i, one in enumerate(wide.columns):
        for other in wide.columns[i + 1 :]:
            both = wide[[one, other]].dropna()
            apart = (both[one] - both[other]).to_numpy()
            p = stats.wilcoxon(apart).pvalue if np.any(apart) else 1.0
            rows.append({
                "one": one, "other": other, "scenarios": len(both),
                "one_ahead": _ahead(both), "p": float(p),
            })  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=holm(frame[["p"]].to_numpy().T)[0])


def parts(lines: pd.DataFrame) -> pd.DataFrame:
    """Return median correlations by one property of the scenarios at a time."""
    lines = lines.assign(inputs_d=pd.cut(lines["d"], [2, 25, 50, 75, 100]).astype(str))
    tables = []
    for by in ("base_rows", "inputs_d", "design", "inputs", "shapes"):
        table = lines.groupby([by, "contender"])["correlation"].median().unstack("contender")
        table.index = table.index.astype(str)
        tables.append(table.rename_axis("value").reset_index().assign(by=by))
    wide = pd.concat(tables, ignore_index=True)
    return wide[["by", "value", *(c for c in CONTENDERS if c in wide)]]


def _ahead(both: pd.DataFrame) -> float:
    """Return the share of common rows where the first column is larger, ties by half."""
    one, other = both.dropna().to_numpy().T
    return float(np.mean((one > other) + (one == other) / 2)) if len(one) else float("nan")


def _of_median(values: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    medians = np.median(values[rng.integers(len(values), size=(_RESAMPLES, len(values)))], axis=1)
    low, high = np.quantile(medians, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)
