"""What planted columns show."""

from collections.abc import Sequence
from dataclasses import replace

from sensbench.report.planted_tables import planted_tables
from sensbench.report.table import ALWAYS, ReportTable, Table
from sensbench.study.results import Results


class Planted(ReportTable):
    """How each method ranks planted noise, and how it splits credit with planted copies."""

    name, section, order = "planted", "importance", 40

    def tables(self, results: Results) -> Sequence[Table]:
        return [replace(table, open_to=ALWAYS) for table in planted_tables(results)]
