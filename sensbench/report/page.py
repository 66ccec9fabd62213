"""One self-contained HTML page, and the same figures and tables as files."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from sensbench.files.atomic import write_whole
from sensbench.findings.consensus import the_question
from sensbench.measure import Measure
from sensbench.report.csv_file import as_csv
from sensbench.report.outputs_said import outputs_named
from sensbench.report.overview import input_rows, overview_rows
from sensbench.report.sections import Blocks, blocks
from sensbench.report.style import saved
from sensbench.report.table import Table
from sensbench.report.text import (
    few_notes,
    moment,
    plain_symbol,
    symbol_html,
)
from sensbench.report.wording import sentences
from sensbench.study.results import Question, Results

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """One question's part of the page."""

    slug: str
    title: str
    question: Question
    sentences: Sequence[str]
    blocks: Blocks
    notes: Sequence[tuple[str, Sequence[str]]]
    done: bool


def write_report(results: Results, page: Path, *, files: bool) -> Path:
    """Write the page, and with ``files`` figures (PNG, PDF) and tables (CSV) next to it.

    The page holds everything it shows and loads nothing. Equal results give equal bytes. A
    reader never sees half a file: each is written aside and moved into place.
    """
    page = Path(page)
    parts = _parts(results)
    write_whole(page, _render(results, parts).encode(errors="replace"))
    if files:
        for part in parts:
            _log.info("writing figures and tables of %s …", part.title)
            for block in part.blocks:
                for drawn in block.drawn:
                    if drawn.figure is not None:
                        start = page.parent / "figures" / f"{part.slug}-{drawn.slug}"
                        for kind in ("png", "pdf"):
                            file = start.with_name(f"{start.name}.{kind}")
                            write_whole(file, saved(drawn.figure, kind))
                for table in block.tables:
                    path = page.parent / "tables" / f"{part.slug}-{table.name}.csv"
                    write_whole(path, as_csv(table.data))
    return page


def _parts(results: Results) -> list[Part]:
    slugs: set[str] = set()
    parts = []
    for number, (problem, model) in enumerate(results.questions, 1):
        part = results.of(problem, model)
        name = problem if problem == model else f"{problem}-{model}"
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "question"
        while slug in slugs:
            slug += "-2"
        slugs.add(slug)
        title = problem if problem == model else f"{problem}: {model}"
        _log.info("drawing the figures of %s (%d of %d) …", title, number, len(results.questions))
        done = bool((part.cells["status"] == "ok").any())
        parts.append(
            Part(
                slug, title, the_question(part), sentences(part), blocks(part), _notes(part), done
            )
        )  # fmt: skip
    return parts


def _notes(part: Results) -> list[tuple[str, Sequence[str]]]:
    """Return headings with remarks: the question's own, then each method's."""
    question = the_question(part)
    entries: list[tuple[str, Sequence[str]]] = []
    if question.notes:
        entries.append(("Problem", question.notes))
    for label in part.methods:
        cells = part.cells[part.cells["estimator"] == label]
        used = cells.loc[cells["status"] == "ok", "inputs"].unique()
        texts = [f"inputs: {', '.join(used)}"] if len(used) else []
        texts += [
            f"{_symbol(part, measure)} is absent: {why}"
            for (_, _, method, measure), why in part.absent.items()
            if method == label
        ]
        notes = part.notes.get((question.problem, question.model, label), ())
        texts += few_notes([note for note in notes if note not in question.notes])
        if texts:
            entries.append((label, texts))
    return entries


def _symbol(results: Results, name: str) -> str:
    return plain_symbol(results.measures[name].symbol) if name in results.measures else name


def _definitions(results: Results) -> list[Measure]:
    """Return the measures with numbers, in the order of the register."""
    shown = set(results.frame["measure"].dropna())
    return [measure for name, measure in results.measures.items() if name in shown]


def _not_computed(results: Results) -> pd.DataFrame:
    """Return one row per reason, not per cell."""
    cells = results.cells[results.cells["status"] != "ok"]
    by = ["problem", "model", "estimator", "status", "reason"]
    rows = cells.groupby(by, sort=False)["budget"].agg(["size", "unique"]).reset_index()
    rows["budgets"] = [", ".join(f"{b:,}" for b in sorted(bs)) for bs in rows["unique"]]
    return rows.rename(columns={"size": "n"})


def _render(results: Results, parts: Sequence[Part]) -> str:
    environment = Environment(
        loader=PackageLoader("sensbench.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.tests["table"] = lambda item: isinstance(item, Table)
    environment.filters["symbol"] = symbol_html
    environment.filters["moment"] = moment
    context: dict[str, Any] = {
        "results": results,
        "title": results.provenance.get("title") or results.name,
        "parts": parts,
        "overview": overview_rows(results) if len(parts) > 1 else [],
        "definitions": _definitions(results),
        "not_computed": _not_computed(results).to_dict("records"),
        "provenance": results.provenance,
        "input_rows": input_rows,
        "outputs_said": outputs_named,
    }
    return environment.get_template("page.html.j2").render(context)
