"""A comparison as a notebook shows it: the answer, the importance figure, tables."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup, escape

from sensbench.findings.consensus import headline_shares
from sensbench.report.answer import Answer, Row, answers
from sensbench.report.rendering import Wanted, pictures
from sensbench.report.text import NOT_AVAILABLE, percent
from sensbench.study.results import Results

# Of more inputs a notebook shows the first.
_MOST_INPUTS = 20
# A notebook's own theme is not what the browser prefers.
_LIGHT = "background:#fff;color-scheme:light"


def notebook_html(results: Results) -> str:
    """Return the answers of one question as HTML; empty where it has too many outputs for that."""
    answered = answers(results)
    shares = headline_shares(results)
    parts = [_rows(answered.shared)] if answered.shared else []
    for answer in answered.outputs:
        parts += [_answer(answer), _table(shares, answer.output)]
    return str(Markup("\n").join(parts))


def _answer(answer: Answer) -> Markup:
    fit = Markup(" <small>{}</small>").format(answer.fit) if answer.fit else Markup("")
    said = Markup("<h4>{}{}</h4><p><b>{}</b></p>").format(
        answer.output, fit, " ".join(answer.lines)
    )
    if answer.drawing is not None:
        (picture,) = pictures([Wanted("", answer.drawing)]).values()
        if picture.failed:
            return said + _rows(answer.rows)
        said += Markup('<img src="{}" alt="{}" width="{}" height="{}" style="{}">').format(
            picture.image, answer.alt, picture.width, picture.height, _LIGHT
        )
    return said + _rows(answer.rows)


def _rows(rows: Sequence[Row]) -> Markup:
    lines = [
        Markup("<li><b>{}</b>: {}</li>").format(row.label, " ".join(row.texts)) for row in rows
    ]
    return Markup("<ul>{}</ul>").format(Markup("").join(lines)) if lines else Markup("")


def _table(shares: pd.DataFrame, output: str) -> Markup:
    """Return the shares of one output, inputs × methods, with their ranks."""
    given = shares[(shares["output"] == output) & shares["share"].notna()]
    if given.empty:
        return Markup("")
    methods = list(dict.fromkeys(given["estimator"]))
    of = {
        (row["feature"], row["estimator"]): f"{percent(row['share'])} ({row['rank']:.0f})"
        for row in given.to_dict("records")
    }
    order = given.groupby("feature", sort=False)["share"].mean().sort_values(ascending=False)
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in ("input", *methods))
    body = [
        Markup("<tr><th>{}</th>{}</tr>").format(
            feature,
            Markup("").join(
                Markup("<td>{}</td>").format(of.get((feature, method), NOT_AVAILABLE))
                for method in methods
            ),
        )
        for feature in order.index[:_MOST_INPUTS]
    ]
    left = len(order) - len(body)
    more = escape(f"; {left} more inputs are in ranking()") if left > 0 else ""
    return Markup(
        "<table><caption>Importance for {}: share (rank){}</caption><thead><tr>{}</tr></thead>"
        "<tbody>{}</tbody></table>"
    ).format(output, more, head, Markup("").join(body))
