"""Which methods measured the prediction of targets, and not the model's own output."""

import pandas as pd

from sensbench.study.results import Results

# Far above rounding, far below what targets that are not the model's output make.
_SAME = 1e-3


def against_targets(results: Results, output: str, method: str) -> bool:
    """Return whether a permutation importance is against targets y.

    Against the model's own output, Var y is Var f, and PI (R²) is twice PI/(2 Var).
    """
    table = _permutation(results, output, method)
    if not {"permutation_r2", "permutation_total_order"} <= set(table):
        return False
    table = table[["permutation_r2", "permutation_total_order"]].dropna()
    r2, total = table["permutation_r2"], 2 * table["permutation_total_order"]
    return bool(((r2 - total).abs() > _SAME * total.abs().max()).any())


def constant_targets(results: Results, output: str, method: str) -> bool:
    """Return whether a permutation importance lacks its scale because y does not vary.

    Its mean squared error is there, and other methods saw the model's output vary.
    """
    table = _permutation(results, output, method)
    if "permutation_mse" not in table or table["permutation_mse"].isna().all():
        return False
    headline = results.headline()
    others = headline[(headline["output"] == output) & (headline["estimator"] != method)]
    return bool(others["value"].notna().any())


def _permutation(results: Results, output: str, method: str) -> pd.DataFrame:
    final = results.final()
    mine = final[
        (final["output"] == output)
        & (final["estimator"] == method)
        & final["measure"].str.startswith("permutation_")
        & (final["partner"] == "")
    ]
    return mine.pivot(index="feature", columns="measure", values="value")
