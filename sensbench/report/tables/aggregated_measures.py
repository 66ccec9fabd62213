"""Measures of an input and all outputs together."""

from collections.abc import Sequence

import pandas as pd

from sensbench.report.table import ReportTable, Table
from sensbench.report.tables._axes import of_axis
from sensbench.report.text import in_short, interval, plain_symbol
from sensbench.study.results import Results


class AggregatedMeasures(ReportTable):
    """Measures of each input and all outputs together, such as aggregated Sobol' indices."""

    name, section, order = "aggregated_measures", "measures", 44

    def tables(self, results: Results) -> Sequence[Table]:
        rows = of_axis(results, "aggregate")
        if rows.empty:
            return []
        records = rows.to_dict("records")
        table = pd.DataFrame(
            {
                "input": in_short([row["feature"] for row in records], list(rows["feature"])),
                "measure": [
                    plain_symbol(results.measures[row["measure"]].symbol) for row in records
                ],
                "method": [row["estimator"] for row in records],
                "value": [interval(row["value"], row["low"], row["high"]) for row in records],
                "the interval covers": [row["covers"] or "no interval" for row in records],
            }
        )
        return [Table("aggregated-measures", "All outputs together", table, rows)]
