"""How alike each two methods order the inputs."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.agreement import pairs_of
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import correlation
from sensbench.study.results import Results


class Agreement(ReportTable):
    """Rank correlations of each two methods."""

    name, section, order = "agreement", "agreement", 20

    def tables(self, results: Results) -> Sequence[Table]:
        table = agreement_table(results)
        return [] if table is None else [table]


def agreement_table(results: Results) -> Table | None:
    """Return rank correlations of all pairs of methods."""
    pairs = pairs_of(results)
    if pairs.empty:
        return None
    shown = pd.DataFrame(
        {
            "output": pairs["output"],
            "methods": pairs["first"].astype(str) + " and " + pairs["second"].astype(str),
            "Spearman ρ": [correlation(v) for v in pairs["spearman"]],
            "Kendall τ-b": [correlation(v) for v in pairs["kendall"]],
            "same first": ["yes" if same else "no" for same in pairs["same_top"]],
            "inputs": pairs["n"].astype(str),
        }
    )
    return Table("agreement", "Agreement of each pair", shown, pairs)
