"""What every method spent."""

from collections.abc import Sequence

import pandas as pd

from sensbench.report.table import ReportTable, Table
from sensbench.report.text import number
from sensbench.study.results import Results


class Costs(ReportTable):
    """What every method spent at every budget, and how its runs ended."""

    name, section, order = "costs", "costs", 10

    def tables(self, results: Results) -> Sequence[Table]:
        return [cost_table(results)]


def cost_table(results: Results) -> Table:
    """Return what every method spent at every budget, and how its cells ended."""
    rows = []
    for (method, budget), cells in results.cells.groupby(["estimator", "budget"], sort=False):
        done = cells[cells["status"] == "ok"]
        how = ", ".join(f"{n} {s}" for s, n in cells["status"].value_counts(sort=False).items())
        cost = done[["n_forward", "n_backward", "seconds"]].mean()
        shown = [number(v) if len(done) else "" for v in cost]
        rows.append((method, f"{budget:,}", *shown, how))
    columns = ["method", "budget", "forward rows", "backward rows", "seconds", "runs"]
    note = "Means over the runs that were computed. A backward row is one row differentiated once."
    return Table("costs", "Costs", pd.DataFrame(rows, columns=columns), results.cells, note)
