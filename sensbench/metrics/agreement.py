"""Agreement: do two methods order the inputs alike?"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from sensbench.measure import MEASURES, Measure
from sensbench.metrics.ranks import shares

COLUMNS = ["problem", "model", "output", "first", "second", "spearman", "kendall", "same_top", "n"]


def agreement(headline: pd.DataFrame, measures: Mapping[str, Measure] = MEASURES) -> pd.DataFrame:
    """Return Spearman's rho and Kendall's tau-b for every pair of methods, per output.

    Both are computed on the ranks by each method's own measure, over the ``n`` features that both
    rank; ties are shared (tau-b). ``same_top``: both put the same feature first. NaN where a
    method gives every feature the same value, or where there are fewer than three features: two
    features can only agree or disagree.

    ``headline``: one row per method and feature, as from ``Results.headline()``.
    """
    rows = []
    frame = shares(headline, measures)
    for (problem, model, output), group in frame.groupby(
        ["problem", "model", "output"], sort=False
    ):
        # Ranks, not shares: noise around 0 has no shares, but an order.
        wide = group.pivot(index="feature", columns="estimator", values="rank")
        methods = list(dict.fromkeys(group["estimator"]))
        for first, second in combinations(methods, 2):
            both = wide[[first, second]].dropna()
            a, b = both[first].to_numpy(), both[second].to_numpy()
            rho = tau = np.nan
            if len(both) >= 3 and np.ptp(a) > 0 and np.ptp(b) > 0:
                rho = float(stats.spearmanr(a, b).statistic)
                tau = float(stats.kendalltau(a, b, variant="b").statistic)
            same_top = bool(len(both)) and both[first].idxmin() == both[second].idxmin()
            rows.append((problem, model, output, first, second, rho, tau, same_top, len(both)))
    return pd.DataFrame(rows, columns=COLUMNS)
