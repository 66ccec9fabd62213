"""One self-contained HTML page, and the same figures and tables as files."""

import base64
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from sensbench.files.atomic import write_whole
from sensbench.findings.consensus import the_question
from sensbench.findings.over_outputs import in_detail, over_outputs
from sensbench.measure import Measure
from sensbench.report.csv_file import as_csv
from sensbench.report.figures import Kind, Omitted, catalogue, over_all_outputs
from sensbench.report.outputs_said import chosen_said, outputs_named
from sensbench.report.outputs_tables import outputs_tables
from sensbench.report.style import saved
from sensbench.report.tables import Table, input_rows, overview_rows, tables
from sensbench.report.text import (
    few_notes,
    moment,
    one_line,
    plain_symbol,
    symbol_html,
)
from sensbench.report.wording import sentences
from sensbench.study.results import Question, Results

_log = logging.getLogger(__name__)

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
    sentences: Sequence[str]
    figures: Mapping[str, Drawn]
    tables: Sequence[Table]
    in_detail: str
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
    write_whole(page, _render(results, sections).encode(errors="replace"))
    if files:
        for section in sections:
            _log.info("writing figures and tables of %s …", section.title)
            for name, drawn in section.figures.items():
                if drawn.figure is not None:
                    start = page.parent / "figures" / f"{section.slug}-{name}"
                    write_whole(start.with_name(start.name + ".png"), saved(drawn.figure, "png"))
                    write_whole(start.with_name(start.name + ".pdf"), saved(drawn.figure, "pdf"))
            for table in section.tables:
                path = page.parent / "tables" / f"{section.slug}-{table.name}.csv"
                write_whole(path, as_csv(table.data))
    return page


def _sections(results: Results) -> list[Section]:
    slugs: set[str] = set()
    sections = []
    for number, (problem, model) in enumerate(results.questions, 1):
        part = results.of(problem, model)
        name = problem if problem == model else f"{problem}-{model}"
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "question"
        while slug in slugs:
            slug += "-2"
        slugs.add(slug)
        title = problem if problem == model else f"{problem}: {model}"
        _log.info("drawing the figures of %s (%d of %d) …", title, number, len(results.questions))
        over = over_outputs(part)
        few = in_detail(part, over)
        drawn = {kind.name: _drawn(kind, few) for kind in catalogue(few)}
        shown = tables(few)
        if over is not None:
            drawn["outputs"] = _drawn(over_all_outputs(), part)
            shown = [*outputs_tables(part, over), *shown]
        sections.append(
            Section(
                slug, title, the_question(part), sentences(part), drawn, shown,
                chosen_said(over) if over else "", _notes(part),
                bool((part.cells["status"] == "ok").any()),
            )
        )  # fmt: skip
    return sections


def _drawn(kind: Kind, part: Results) -> Drawn:
    figure = kind.draw(part)
    if isinstance(figure, Omitted):
        return Drawn(kind, None, omitted=figure.reason)
    image = base64.b64encode(saved(figure, "svg")).decode()
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    address = f"data:image/svg+xml;base64,{image}"
    return Drawn(kind, figure, one_line(kind.alt(part)), address, width, height)


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
        texts += few_notes([note for note in said if note not in question.notes])
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
        "outputs_said": outputs_named,
        "most_open": _MOST_OPEN,
    }
    return environment.get_template("page.html.j2").render(context)
