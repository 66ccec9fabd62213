"""What moves an answer: another seed of the method, or another network of the same problem."""

import numpy as np
import pandas as pd

COLUMNS = ["problem", "estimator", "networks", "replicates", "of_networks", "of_replicates"]


def variance_split(headline: pd.DataFrame) -> pd.DataFrame:
    """Return, per problem and method, which part of the variance of its numbers comes from what.

    The numbers are of networks × replicates. ``of_replicates``: of drawing the method's rows again,
    the variance within a network; ``of_networks``: of another network, the variance between their
    means less what replicates leave in it (one-way analysis of variance with random effects, at
    least 0). Summed over inputs and outputs, then divided by their sum.

    Two networks say little of what a third would: it is a size, not a test.

    ``headline``: one row per problem, network (``model``), estimator, output, feature and
    replicate, of one budget, with ``value``.
    """
    rows = []
    for (problem, method), part in headline.groupby(["problem", "estimator"], sort=False):
        wide = part.pivot_table(
            "value", ["output", "feature"], ["model", "replicate"], sort=False
        ).dropna()
        models = wide.columns.get_level_values("model")
        sizes = models.value_counts()
        if len(sizes) < 2 or sizes.min() < 2 or wide.empty:
            continue
        by_model = wide.T.groupby(level="model", sort=False)
        within = float(np.average(by_model.var(ddof=1).sum(axis=1), weights=by_model.size() - 1))
        between = float(by_model.mean().var(ddof=1).sum())
        network = max(0.0, between - within * float((1 / by_model.size()).mean()))
        if network + within > 0:
            parts = np.array([network, within]) / (network + within)
            rows.append((problem, method, len(sizes), int(sizes.min()), *parts.tolist()))
    return pd.DataFrame(rows, columns=COLUMNS)
