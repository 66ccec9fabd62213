"""Errors against known values."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.accuracy import errors
from sensbench.findings.consensus import the_question
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import coverage_said, number, plain_symbol
from sensbench.study.results import Results


class Accuracy(ReportTable):
    """Errors against each measure's own known values, at the largest budget."""

    name, section, order = "accuracy", "accuracy", 20

    def tables(self, results: Results) -> Sequence[Table]:
        table = accuracy_table(results)
        return [] if table is None else [table]


def accuracy_table(results: Results) -> Table | None:
    """Return errors against each measure's own exact values, at each method's largest budget."""
    rows = errors(results)
    if rows.empty:
        return None
    last = rows[rows["budget"] == rows.groupby("estimator")["budget"].transform("max")]
    by = ["output", "estimator", "measure"]
    means = last.groupby(by, sort=False)[["rows", "relative_error", "covered"]].mean().reset_index()
    replicates = last.groupby(by, sort=False).size().to_numpy()
    shown = pd.DataFrame(
        {
            "output": means["output"],
            "method": means["estimator"],
            "measure": [plain_symbol(results.measures[m].symbol) for m in means["measure"]],
            "rows": [number(v) for v in means["rows"]],
            "relative error": [
                "n/a" if pd.isna(v) else f"{number(100 * v, 2)} %" for v in means["relative_error"]
            ],
            "intervals that hold the truth": [coverage_said(v) for v in means["covered"]],
            "runs": [str(n) for n in replicates],
        }
    )
    note = "Relative error is undefined (n/a) where all exact values are 0."
    if the_question(results).reference:
        note += (
            " The truth is the network's own value here, from a large sample: what is left is the "
            "error of the estimate alone."
        )
    return Table("accuracy", "Accuracy at the largest budget", shown, rows, note)
