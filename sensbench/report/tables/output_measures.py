"""Measures of an output as a whole."""

from collections.abc import Sequence

from sensbench.report.table import ReportTable, Table
from sensbench.report.tables._axes import of_axis, shown
from sensbench.study.results import Results


class OutputMeasures(ReportTable):
    """Measures of each output as a whole, such as its variance."""

    name, section, order = "output_measures", "measures", 30

    def tables(self, results: Results) -> Sequence[Table]:
        rows = of_axis(results, "output")
        if rows.empty:
            return []
        return [Table("output-measures", "Outputs as a whole", shown(results, rows), rows)]
