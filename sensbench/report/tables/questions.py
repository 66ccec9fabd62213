"""Features × questions about inputs that depend on each other: side by side, never averaged."""

from collections.abc import Sequence

import pandas as pd

from sensbench.findings.consensus import headline_shares, shown_outputs, the_question
from sensbench.findings.dependence import shares_by_question
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import in_short, number
from sensbench.report.wording_dependence import ASKED
from sensbench.study.results import Results

_NOTE = (
    "Mean shares over the methods that answer the same question, # is the rank. If inputs vary as "
    "they do, an input counts with what it tells of others; if they varied independently, with its "
    "own effect, also where the model meets combinations that do not occur."
)


class Questions(ReportTable):
    """What each input is worth as inputs vary, and as if they varied independently."""

    name, section, order = "questions", "importance", 15

    def tables(self, results: Results) -> Sequence[Table]:
        return questions_tables(results)


def questions_tables(results: Results) -> list[Table]:
    """Return, per output, the mean share and rank of each input by each question, if several."""
    question = the_question(results)
    frame = headline_shares(results)
    tables: list[Table] = []
    for output in shown_outputs(frame, question, "share"):
        parts = shares_by_question(results, output, frame[frame["output"] == output])
        if len(parts) < 2:
            continue
        first = next(iter(parts.values()))[1]
        features = [str(f) for f in first.index]
        shown = pd.DataFrame({"input": in_short(features, features)})
        data = []
        for asked, (methods, means) in parts.items():
            shares = means.reindex(features)
            ranks = shares.rank(ascending=False, method="min")
            said = ASKED[asked]
            head = f"{said[0].upper()}{said[1:]}\nby {', '.join(methods)}"
            shown[head] = [
                f"{number(s, 2)} #{r:.0f}" if pd.notna(s) else ""
                for s, r in zip(shares, ranks, strict=True)
            ]
            data.append(
                pd.DataFrame(
                    {
                        "output": output, "asked": said, "methods": ", ".join(methods),
                        "feature": features, "mean share": shares.to_numpy(),
                        "rank": ranks.to_numpy(),
                    }
                )
            )  # fmt: skip
        named = f", output {in_short([output], [output])[0]}" if len(question.outputs) > 1 else ""
        tables.append(
            Table(
                f"questions-{len(tables) + 1}", f"The questions that were answered{named}", shown,
                pd.concat(data, ignore_index=True), _NOTE,
            )
        )  # fmt: skip
    return tables
