"""Features × methods: the measure each method ranks by."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sensbench.estimator.tails import HEAVY
from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.report.intervals import intervals_said
from sensbench.report.table import OPEN_TO, ReportTable, Table
from sensbench.report.text import UNSETTLED, in_short, interval, number, plain_symbol
from sensbench.report.wording_dependence import beside
from sensbench.study.results import Question, Results

# A reader sees the tables of so many outputs, if they are no longer than this.
_MOST_OPEN = 2
_MOST_ROWS = 20


class Importance(ReportTable):
    """Values, intervals, ranks and exact values of every input by every method, per output."""

    name, section, order = "importance", "importance", 20

    def tables(self, results: Results) -> Sequence[Table]:
        return importance_tables(results)


def importance_tables(results: Results) -> list[Table]:
    """Return, per output, features × methods: value, interval, rank and the exact value."""
    question = the_question(results)
    frame = headline_shares(results)
    tables = []
    for k, output in enumerate(shown_outputs(frame, question)):
        of_output = frame[frame["output"] == output]
        order = mean_shares(of_output)
        shown = pd.DataFrame({"input": in_short(order.index, order.index)})
        for method in in_method_order(results, of_output["estimator"]):
            rows = (
                of_output[of_output["estimator"] == method]
                .set_index("feature")
                .reindex(order.index)
            )
            symbol = plain_symbol(results.methods[method].headline.symbol)
            head = "\n".join(filter(None, (method, symbol, beside(results, method))))
            shown[head] = [_stacked(row) for row in rows.to_dict("records")]
        shown["mean share"] = [number(v, 2) for v in order]
        note = "Values with their intervals; # is the rank. All these measures are dimensionless."
        if question.noise_floor:
            ignored = " and ".join(question.noise_floor)
            note += f" ≤ noise: not above {ignored}, which the model ignores, and not ranked."
        intervals = intervals_said(results, list(dict.fromkeys(of_output["estimator"])))
        note = f"{note} {intervals}".rstrip()
        named = _of(question, output)
        open_to = _MOST_ROWS if k < _MOST_OPEN else OPEN_TO
        tables.append(
            Table(f"importance-{k + 1}", f"Importance{named}", shown, of_output, note, open_to)
        )
    return tables


def _stacked(row: Mapping[Any, Any]) -> str:
    """Return value and rank, the interval below, and the exact value below that."""
    value, _, ends = interval(row["value"], row["low"], row["high"]).partition(" ")
    ends = " ".join(filter(None, (ends, UNSETTLED if row["tail"] > HEAVY else "")))
    rank = "" if pd.isna(row["rank"]) else f" #{row['rank']:.0f}"
    if "noise_share" in row and row["value"] <= row["floor"]:
        rank = " ≤ noise"
    exact = "" if pd.isna(row["exact"]) else f"exact {number(row['exact'], 4)}"
    return "\n".join(filter(None, (value + rank, ends, exact)))


def _of(question: Question, output: str) -> str:
    return f", output {in_short([output], [output])[0]}" if len(question.outputs) > 1 else ""
