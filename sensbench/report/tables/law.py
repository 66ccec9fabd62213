"""How well a law of the inputs fits their rows, pair by pair."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import in_short
from sensbench.study.results import Results

_NOTE = (
    "A tail: the share of rows in one input's lowest or highest tenth that are in the other's, "
    "too. By chance: where 95 % of as many draws of the law are. One statistic in twenty is "
    "outside by chance."
)


class Law(ReportTable):
    """Rank correlations and tails of the data, beside those of the law that is fitted to them."""

    name, section, order = "law", "quality", 30

    def tables(self, results: Results) -> Sequence[Table]:
        question = the_question(results)
        law = question.joint_law
        if law is None or not law.fits:
            return []
        # the largest misfit first, in units of what chance does
        fits = sorted(
            law.fits, key=lambda f: -abs(f.data - f.law) / max(f.high - f.low, 1e-9)
        )  # fmt: skip
        columns = list(dict.fromkeys(name for f in fits for name in (f.a, f.b)))
        short = dict(zip(columns, in_short(columns, columns), strict=True))
        shown = pd.DataFrame(
            {
                "inputs": [f"{short[f.a]} and {short[f.b]}" for f in fits],
                "statistic": [f.statistic for f in fits],
                "data": [f"{f.data:.2f}" for f in fits],
                "law": [f"{f.law:.2f}" for f in fits],
                "by chance": [f"{f.low:.2f} to {f.high:.2f}" for f in fits],
                "fits": ["yes" if f.fits else "no" for f in fits],
            }
        )
        data = pd.DataFrame([f.to_plain() for f in fits])
        return [Table("law", "Fit of the inputs' law to their rows", shown, data, _NOTE)]
