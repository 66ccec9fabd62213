"""What of an error is the estimator's, and what the network's: a table."""

import pandas as pd

from sensbench.findings.quality import split_of
from sensbench.metrics.error_split import relative_sizes
from sensbench.report.table import Table
from sensbench.report.text import NOT_AVAILABLE, number, plain_symbol
from sensbench.study.results import Results


def split_table(results: Results) -> Table | None:
    """Return the parts of each measure's error at each method's largest budget, and every number.

    None where there is no network, or not both its own values and the function's.
    """
    split = split_of(results)
    if split.empty:
        return None
    sizes = relative_sizes(split)
    last = sizes[sizes["budget"] == sizes.groupby("estimator")["budget"].transform("max")]
    by = ["output", "estimator", "measure"]
    parts = ["estimation_error", "model_error", "total_error", "reference_standard_error"]
    means = last.groupby(by, sort=False)[parts].mean().reset_index()
    shown = pd.DataFrame(
        {
            "output": means["output"],
            "method": means["estimator"],
            "measure": [plain_symbol(results.measures[m].symbol) for m in means["measure"]],
            "of the estimate": _percent(means["estimation_error"]),
            "of the network": _percent(means["model_error"]),
            "together": _percent(means["total_error"]),
            "known to": ["± " + text for text in _percent(means["reference_standard_error"])],
        }
    )
    note = (
        "Relative to the function's true values, over all inputs (Euclidean), means over runs. Of "
        "the estimate: against the network's own values, which more rows approach. Of the "
        "network: its own values against the function's, which only a better network approaches. "
        "For every input the two add up to the error together (the CSV file has each); sizes do "
        "not, as errors may cancel. Known to: standard error of the network's own values."
    )
    return Table("error-split", "Whose error: the estimate's or the network's", shown, split, note)


def _percent(values: "pd.Series[float]") -> list[str]:
    return [NOT_AVAILABLE if pd.isna(v) else f"{number(100 * v, 2)} %" for v in values]
