"""Measures of pairs of inputs."""

from collections.abc import Sequence

import pandas as pd

from sensbench.report.table import ALWAYS, ReportTable, Table
from sensbench.report.text import interval, plain_symbol
from sensbench.study.results import Results

_MOST_PAIRS = 10


class Pairs(ReportTable):
    """The strongest pairs of inputs."""

    name, section, order = "pairs", "measures", 20

    def tables(self, results: Results) -> Sequence[Table]:
        table = pairs_table(results)
        return [] if table is None else [table]


def pairs_table(results: Results) -> Table | None:
    """Return the strongest pairs by second-order index."""
    final = results.final()
    pairs = final[final["partner"].astype(str).ne("") & final["value"].notna()]
    if pairs.empty:
        return None
    top = pairs.sort_values("value", ascending=False, kind="stable").head(_MOST_PAIRS)
    shown = pd.DataFrame(
        [
            (r.output, f"{r.feature} × {r.partner}", r.estimator,
             plain_symbol(results.measures[str(r.measure)].symbol),
             interval(float(str(r.value)), float(str(r.low)), float(str(r.high))))
            for r in top.itertuples()
        ],
        columns=["output", "pair", "method", "measure", "value"],
    )  # fmt: skip
    title = f"Strongest pairs ({len(top)} of {len(pairs)})"
    return Table("pairs", title, shown, pairs, open_to=ALWAYS)
