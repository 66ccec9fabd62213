"""One self-contained HTML page, and the same figures and tables as files."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from sensbench.measure import Measure
from sensbench.report.consensus import the_question
from sensbench.report.figures import Kind, Omitted, catalogue
from sensbench.report.style import saved
from sensbench.report.summary import sentences
from sensbench.report.tables import Table, input_rows, overview_rows, tables
from sensbench.report.text import moment, one_line, plain_symbol, symbol_html
from sensbench.study.results import Question, Results
from sensbench.whole_file import write_whole

# In the page's main part a reader sees this many figures of single outputs; the rest fold away.
_MOST_OPEN = 2


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it: an image, or the reason there is none."""

    kind: Kind
    figure: Figure | None
    alt: str = ""
    image: str = ""
    width: int = 0
    height: int = 0
    omitted: str = ""


@dataclass(frozen=True)
class Section:
    """One question's part of the page."""

    slug: str
    title: str
    question: Question
    results: Results
    sentences: Sequence[str]
    figures: Mapping[str, Drawn]
    tables: Sequence[Table]
    notes: Sequence[tuple[str, Sequence[str]]]
    done: bool

    @property
    def own_figures(self) -> list[Drawn]:
        """The figures of every measure, one per output."""
        return [d for name, d in self.figures.items() if name.startswith("measures")]

    def named(self, start: str) -> list[Table]:
        """Return the tables whose name starts so."""
        return [table for table in self.tables if table.name.startswith(start)]


def write_report(results: Results, page: Path, *, files: bool) -> Path:
    """Write the page, and with ``files`` figures (PNG, PDF) and tables (CSV) next to it.

    The page holds everything it shows and loads nothing. Equal results give equal bytes. A
    reader never sees half a file: each is written aside and moved into place.
    """
    page = Path(page)
    sections = _sections(results)
    write_whole(page, _render(results, sections).encode())
    if files:
        for section in sections:
            for name, drawn in section.figures.items():
                if drawn.figure is not None:
                    start = page.parent / "figures" / f"{section.slug}-{name}"
                    write_whole(start.with_name(start.name + ".png"), saved(drawn.figure, "png"))
                    write_whole(start.with_name(start.name + ".pdf"), saved(drawn.figure, "pdf"))
            for table in section.tables:
                path = page.parent / "tables" / f"{section.slug}-{table.name}.csv"
                write_whole(path, table.data.to_csv(index=False, lineterminator="\n").encode())
    return page


def _sections(results: Results) -> list[Section]:
    slugs: set[str] = set()
    sections = []
    for problem, model in results.questions:
        part = results.of(problem, model)
        name = problem if problem == model else f"{problem}-{model}"
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "question"
        while slug in slugs:
            slug += "-2"
        slugs.add(slug)
        title = problem if problem == model else f"{problem}: {model}"
        sections.append(
            Section(
                slug, title, the_question(part), part, sentences(part), _figures(part),
                tables(part), _notes(part), bool((part.cells["status"] == "ok").any()),
            )
        )  # fmt: skip
    return sections


def _figures(part: Results) -> dict[str, Drawn]:
    found = {}
    for kind in catalogue(part):
        figure = kind.draw(part)
        if isinstance(figure, Omitted):
            found[kind.name] = Drawn(kind, None, omitted=figure.reason)
            continue
        image = base64.b64encode(saved(figure, "svg")).decode()
        width, height = (round(96 * inches) for inches in figure.get_size_inches())
        found[kind.name] = Drawn(
            kind, figure, one_line(kind.alt(part)), f"data:image/svg+xml;base64,{image}",
            width, height,
        )  # fmt: skip
    return found


def _notes(part: Results) -> list[tuple[str, Sequence[str]]]:
    """Return headings with remarks: the question's own, then each method's."""
    question = the_question(part)
    found: list[tuple[str, Sequence[str]]] = []
    if question.notes:
        found.append(("Problem", question.notes))
    for label in part.methods:
        cells = part.cells[part.cells["estimator"] == label]
        used = cells.loc[cells["status"] == "ok", "inputs"].unique()
        texts = [f"inputs: {', '.join(used)}"] if len(used) else []
        texts += [
            f"{_symbol(part, measure)} is absent: {why}"
            for (_, _, method, measure), why in part.absent.items()
            if method == label
        ]
        said = part.notes.get((question.problem, question.model, label), ())
        texts += [note for note in said if note not in question.notes]
        if texts:
            found.append((label, texts))
    return found


def _symbol(results: Results, name: str) -> str:
    return plain_symbol(results.measures[name].symbol) if name in results.measures else name


def _definitions(results: Results) -> list[Measure]:
    """Return the measures with numbers, in the order of the register."""
    known = set(results.frame["measure"].dropna())
    return [measure for name, measure in results.measures.items() if name in known]


def _not_computed(results: Results) -> pd.DataFrame:
    """Return one row per reason, not per cell."""
    cells = results.cells[results.cells["status"] != "ok"]
    by = ["problem", "model", "estimator", "status", "reason"]
    found = cells.groupby(by, sort=False)["budget"].agg(["size", "unique"]).reset_index()
    found["budgets"] = [", ".join(f"{b:,}" for b in sorted(bs)) for bs in found["unique"]]
    return found.rename(columns={"size": "n"})


def _render(results: Results, sections: Sequence[Section]) -> str:
    environment = Environment(
        loader=PackageLoader("sensbench.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["symbol"] = symbol_html
    environment.filters["moment"] = moment
    context: dict[str, Any] = {
        "results": results,
        "title": results.provenance.get("title") or results.name,
        "sections": sections,
        "overview": overview_rows(results) if len(sections) > 1 else [],
        "definitions": _definitions(results),
        "not_computed": _not_computed(results).to_dict("records"),
        "provenance": results.provenance,
        "input_rows": input_rows,
        "most_open": _MOST_OPEN,
    }
    return environment.get_template("page.html.j2").render(context)
