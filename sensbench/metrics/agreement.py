"""Agreement: do two methods order the inputs alike?"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
import scipy
from jaxtyping import Float

from sensbench.measure import MEASURES, Measure
from sensbench.metrics.ranks import above_floor, shares

# Pairs of features, of all outputs together, that are compared at once.
_MOST_PAIRS = 2**22
COLUMNS = ["problem", "model", "output", "first", "second", "spearman", "kendall", "same_top", "n"]


def agreement(headline: pd.DataFrame, measures: Mapping[str, Measure] = MEASURES) -> pd.DataFrame:
    """Return Spearman's rho and Kendall's tau-b for every pair of methods, per output.

    Both are computed on the ranks by each method's own measure, over the ``n`` features that both
    rank and at least one of the two sees above its noise (:func:`above_floor`): the order of
    inputs without effect is chance. Ties are shared (tau-b). ``same_top``: both put the same
    feature first. NaN where a method gives every feature the same value, or where there are
    fewer than three features: two can only agree or disagree.

    ``headline``: one row per method and feature, as from ``Results.headline()``.
    """
    frame = shares(headline, measures)
    parts = [
        _of_question(rows).assign(problem=str(problem), model=str(model))
        for (problem, model), rows in frame.groupby(["problem", "model"], sort=False)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _of_question(frame: pd.DataFrame) -> pd.DataFrame:
    """Return every pair of one question; all outputs of a pair at once."""
    outputs, methods = (list(dict.fromkeys(frame[key])) for key in ("output", "estimator"))
    # Ranks, not shares: noise around 0 has no shares, but an order.
    wide = frame.pivot(index="output", columns=["estimator", "feature"], values="rank")
    ranked = frame.groupby(["output", "estimator"]).size().unstack("estimator")
    ranked = ranked.reindex(index=outputs, columns=methods).notna()
    features = sorted(frame["feature"].unique())
    ranks = {
        method: wide[method].reindex(index=outputs, columns=features).to_numpy(dtype=float)
        for method in methods
    }
    clear = frame.assign(clear=above_floor(frame).astype(float))
    seen = clear.pivot(index="output", columns=["estimator", "feature"], values="clear")
    visible = {
        method: seen[method].reindex(index=outputs, columns=features).to_numpy(dtype=float) > 0
        for method in methods
    }
    parts = []
    for position, (first, second) in enumerate(combinations(methods, 2)):
        either = visible[first] | visible[second]
        a, b = (np.where(either, ranks[method], np.nan) for method in (first, second))
        part = pd.DataFrame(_alike(a, b))
        part = part.assign(output=outputs, first=first, second=second, position=position)
        parts.append(part[(ranked[first] & ranked[second]).to_numpy()])
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(parts).rename_axis("row").reset_index()
    return table.sort_values(["row", "position"], kind="stable")


def _alike(
    first: Float[np.ndarray, "o d"], second: Float[np.ndarray, "o d"]
) -> dict[str, np.ndarray]:
    """Return the agreement of two methods' ranks, for every output."""
    both = ~np.isnan(first) & ~np.isnan(second)
    n = both.sum(axis=1)
    a, b = (np.where(both, ranks, np.inf) for ranks in (first, second))
    same_top = (n > 0) & (a.argmin(axis=1) == b.argmin(axis=1))
    a, b = (np.where(both, ranks, np.nan) for ranks in (first, second))
    correlations = {key: np.full(len(n), np.nan) for key in ("spearman", "kendall")}
    enough = np.flatnonzero(n >= 3)
    differ = [np.nanmax(r[enough], axis=1) > np.nanmin(r[enough], axis=1) for r in (a, b)]
    usable = enough[differ[0] & differ[1]]
    if len(usable):
        correlations["spearman"][usable] = _spearman(a[usable], b[usable])
        correlations["kendall"][usable] = _kendall(a[usable], b[usable])
    return {**correlations, "same_top": same_top, "n": n}


def _spearman(a: Float[np.ndarray, "o d"], b: Float[np.ndarray, "o d"]) -> Float[np.ndarray, " o"]:
    """Return Pearson's correlation of the mean ranks; NaN marks what either does not rank."""
    n = (~np.isnan(a)).sum(axis=1)
    x, y = (
        np.nan_to_num(pd.DataFrame(ranks).rank(axis=1).to_numpy() - (n[:, None] + 1) / 2)
        for ranks in (a, b)
    )
    xy, xx, yy = ((u * v).sum(axis=1) * (1 / (n - 1)) for u, v in ((x, y), (x, x), (y, y)))
    return np.clip(xy / np.sqrt(yy) / np.sqrt(xx), -1, 1)


def _kendall(a: Float[np.ndarray, "o d"], b: Float[np.ndarray, "o d"]) -> Float[np.ndarray, " o"]:
    """Return tau-b: by all pairs of features, or one output at a time where these are too many."""
    tau = np.empty(len(a))
    step = _MOST_PAIRS // a.shape[1] ** 2
    if step < 1:
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            both = ~np.isnan(x)
            tau[k] = scipy.stats.kendalltau(x[both], y[both], variant="b").statistic
        return tau
    for start in range(0, len(a), step):
        some = slice(start, start + step)
        x, y = (np.sign(r[some, :, None] - r[some, None, :]) for r in (a, b))
        x, y = np.nan_to_num(x).astype(np.int8), np.nan_to_num(y).astype(np.int8)
        # Every pair is there twice.
        balance = (x * y).sum(axis=(1, 2), dtype=np.int64) // 2
        untied = [np.abs(z).sum(axis=(1, 2), dtype=np.int64) // 2 for z in (x, y)]
        tau[some] = np.clip(balance / np.sqrt(untied[0]) / np.sqrt(untied[1]), -1, 1)
    return tau
