"""What of an error is the estimator's, and what the network's."""

from collections.abc import Sequence
from dataclasses import replace

from sensbench.report.split import split_table
from sensbench.report.table import ALWAYS, ReportTable, Table
from sensbench.study.results import Results


class ErrorSplit(ReportTable):
    """The parts of each measure's error: of the estimate, and of the network."""

    name, section, order = "error_split", "accuracy", 30

    def tables(self, results: Results) -> Sequence[Table]:
        table = split_table(results)
        return [] if table is None else [replace(table, open_to=ALWAYS)]
