"""Measures of sets of inputs."""

from collections.abc import Sequence

from sensbench.report.table import ReportTable, Table
from sensbench.report.tables._axes import of_axis, shown
from sensbench.study.results import Results


class SetMeasures(ReportTable):
    """Measures of sets of inputs, such as three that act together."""

    name, section, order = "set_measures", "measures", 42

    def tables(self, results: Results) -> Sequence[Table]:
        rows = of_axis(results, "set")
        if rows.empty:
            return []
        table = shown(results, rows)
        table.insert(1, "inputs", rows["direction"].to_list())
        return [Table("set-measures", "Sets of inputs", table, rows)]
