"""The tables as a page that needs nothing else."""

from html import escape

import pandas as pd

from experiments.coverage.page import STYLE
from experiments.diagnosis.judged import TARGET


def page(claims: pd.DataFrame, cases: pd.DataFrame, alarms: pd.DataFrame, replicates: int) -> str:
    """Return the page: how it was done, the scores, and every case."""
    return "\n".join(
        [
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>Diagnosis</title>"
            f"<style>{STYLE}</style><h1>How often the sentences are right</h1>",
            f"<p>{len(cases)} planted cases, {int(cases['control'].sum())} of them controls "
            f"without any cause, {replicates} seeds each, every one with other coefficients and "
            "rows. A claim is right where it is true by what was planted, of that very feature, "
            "method or output. Precision: share of what was said that is true. Recall: share of "
            "what was planted that was said. In brackets: Wilson's 95 % interval, as if runs of "
            "one case were independent, which they are not: few cases say less than many runs. "
            f"Target: {TARGET} for each; below it in red. Held-out cases were written before any "
            "result was seen, and no rule was mended by them; what is expected of three kinds of "
            "them was corrected after results of the others (held_out.py).</p>",
            "<h2>A cause named of controls</h2>", _table(alarms),
            "<h2>By claim</h2>", _table(claims),
            "<h2>By case</h2><p>In brackets: in how many runs.</p>", _table(cases),
            "</html>\n",
        ]
    )  # fmt: skip


def _table(frame: pd.DataFrame) -> str:
    ends = [c for c in frame if c.endswith((" low", " high"))]
    shown = frame.drop(columns=ends)
    rows = ["<table><tr>" + "".join(f"<th>{escape(str(c))}</th>" for c in shown) + "</tr>"]
    for record in frame.to_dict("records"):
        rows.append("<tr>" + "".join(_cell(record, str(c)) for c in shown) + "</tr>")
    return "\n".join([*rows, "</table>"])


def _cell(record: dict[str, object], column: str) -> str:
    value = record[column]
    if f"{column} low" not in record:
        return f"<td>{escape(str(value))}</td>"
    if pd.isna(value):
        return "<td class='n'>–</td>"
    low, high = record[f"{column} low"], record[f"{column} high"]
    missed = " miss" if column != "share" and float(str(value)) < TARGET else ""
    return f"<td class='n{missed}'>{value:.2f} <small>[{low:.2f}, {high:.2f}]</small></td>"
