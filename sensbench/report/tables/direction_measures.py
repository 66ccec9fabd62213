"""Measures of directions in the space of the inputs."""

from collections.abc import Sequence

from sensbench.report.table import ReportTable, Table
from sensbench.report.tables._axes import of_axis, shown
from sensbench.study.results import Results


class DirectionMeasures(ReportTable):
    """Measures of each output along directions in the space of the inputs."""

    name, section, order = "direction_measures", "measures", 40

    def tables(self, results: Results) -> Sequence[Table]:
        rows = of_axis(results, "direction")
        if rows.empty:
            return []
        table = shown(results, rows)
        table.insert(2, "direction", rows["direction"].to_list())
        return [Table("direction-measures", "Directions", table, rows)]
