"""One self-contained HTML page, and the same figures and tables as files."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from sensbench.estimator.result import Impossible, NotAsked
from sensbench.files.atomic import write_whole
from sensbench.findings.consensus import the_question
from sensbench.findings.over_outputs import over_outputs
from sensbench.measure import Measure
from sensbench.report.across import Across, across
from sensbench.report.answer import Answers, answers
from sensbench.report.beside import figures_of, write_tables
from sensbench.report.formats import FORMATS, checked_formats
from sensbench.report.outputs_said import outputs_named
from sensbench.report.overview import facts_of, input_rows, overview_rows
from sensbench.report.references import as_bibtex, methods_text, references
from sensbench.report.rendering import FigureFolder, Picture, Wanted, pictures
from sensbench.report.sections import SECTIONS, Blocks, Drawn, blocks
from sensbench.report.table import Table
from sensbench.report.text import (
    breakable,
    few_notes,
    linked,
    moment,
    plain_symbol,
    symbol_html,
)
from sensbench.report.wording import of_the_question, sentences
from sensbench.study.results import Question, Results

_log = logging.getLogger(__name__)

# What links lead to whatever the problems are called.
_PLACES = ("answer", "problems", "definitions", "not-computed", "provenance", "notes", *SECTIONS)


# A page with more bytes than this takes long to open: its questions get pages of their own.
_MOST_BYTES = 3_000_000


# How a figure's files are called in links.
_LINKS = (("svg", "SVG"), ("pdf", "PDF"), ("png", "PNG"), ("csv", "data"))


@dataclass(frozen=True)
class Part:
    """One question's part of the page."""

    slug: str
    title: str
    results: Results
    question: Question
    answers: Answers
    first_sentences: Sequence[str]
    sentences: Sequence[str]
    blocks: Blocks
    notes: Sequence[tuple[str, Sequence[str]]]
    done: bool

    @property
    def page(self) -> str:
        """The file of its own page, where it has one."""
        return f"problem-{self.slug}.html"


def write_report(
    results: Results,
    page: Path,
    *,
    files: bool,
    formats: Sequence[str] = FORMATS,
    fresh: bool = False,
) -> Path:
    """Write the page, and with ``files`` what it links to next to it.

    That is: figures (SVG, PDF, PNG, their data as CSV: those of ``formats``), tables (CSV, LaTeX),
    and for a paper ``references.bib`` and ``methods.txt``, of what ran. Figures that are there
    already and would be drawn the same are not drawn again, unless ``fresh``.

    The page holds everything it shows and loads nothing. Equal results give equal bytes. A
    reader never sees half a file: each is written aside and moved into place. Where it would be
    over 3 MB, ``files`` has a page per question too, ``problem-….html``, and it links to them.

    Raises
    ------
    InputError
        A format that there is not.
    """
    page, formats = Path(page), checked_formats(formats)
    parts = _parts(results)
    over = across(results) if len(parts) > 1 else None
    wanted = _wanted(parts, over)
    folder = FigureFolder(page, formats, fresh) if files else None
    drawn = pictures(wanted) if folder is None else folder.pictures(wanted)
    render = partial(_render, drawn=drawn, formats=formats if files else None)
    html = render(results, parts, over).encode(errors="replace")
    if files and len(parts) > 1 and len(html) > _MOST_BYTES:
        for part in parts:
            of_part = render(part.results, [part], None, study=(page.name, results))
            write_whole(page.parent / part.page, of_part.encode(errors="replace"))
        html = render(results, parts, over, apart=True).encode(errors="replace")
    write_whole(page, html)
    if folder is not None:
        folder.close()
        bibtex = as_bibtex(references(results))
        write_whole(page.parent / "references.bib", bibtex.encode(errors="replace"))
        text = methods_text(results)
        write_whole(page.parent / "methods.txt", text.encode(errors="replace"))
        for slug, blocks_of in [("", over or ()), *((part.slug, part.blocks) for part in parts)]:
            write_tables(page.parent, slug, blocks_of)
    return page


def _wanted(parts: Sequence[Part], over: Across | None) -> list[Wanted]:
    """Return every figure of the page, under the names of their files."""
    wanted = list(figures_of("", over or ()))
    for part in parts:
        wanted += [
            Wanted(f"{part.slug}-answer-{k}{name}", drawing, has_files=False)
            for k, answer in enumerate(part.answers.outputs, 1)
            for name, drawing in (("", answer.drawing), ("-narrow", answer.narrow))
            if drawing is not None
        ]
        wanted += figures_of(part.slug, part.blocks)
    return wanted


def _parts(results: Results) -> list[Part]:
    slugs = set(_PLACES)
    parts = []
    for number, (problem, model) in enumerate(results.questions, 1):
        part = results.of(problem, model)
        name = problem if problem == model else f"{problem}-{model}"
        slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or "question"
        while slug in slugs:
            slug += "-2"
        slugs.add(slug)
        title = problem if problem == model else f"{problem}: {model}"
        _log.info(
            "page: what there is to show of %s (%d of %d) …", title, number, len(results.questions)
        )
        done = bool((part.cells["status"] == "ok").any())
        said = sentences(part)
        first = of_the_question(part) if over_outputs(part) is not None else said
        parts.append(
            Part(
                slug, title, part, the_question(part), answers(part), first, said, blocks(part),
                _notes(part), done,
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
        absent = {m: why for (_, _, method, m), why in part.absent.items() if method == label}
        texts += [
            f"{_symbol(part, measure)} is absent: {why}"
            for measure, why in absent.items()
            if isinstance(why, Impossible)
        ]
        asked = (
            f"{_symbol(part, measure)} ({why.option})" if why.option else _symbol(part, measure)
            for measure, why in absent.items()
            if isinstance(why, NotAsked)
        )
        if on_request := ", ".join(asked):
            texts.append(f"on request: {on_request}")
        notes = part.notes.get((question.problem, question.model, label), ())
        texts += few_notes([note for note in notes if note not in question.notes])
        if texts:
            entries.append((label, texts))
    return entries


def _symbol(results: Results, name: str) -> str:
    return plain_symbol(results.measures[name].symbol) if name in results.measures else name


def _omitted(drawn: Drawn, pictures: Mapping[str, Picture]) -> str:
    """Return why a figure is not shown; nothing where it is."""
    return drawn.omitted if drawn.drawing is None else pictures[drawn.drawing.digest].failed


def _title(results: Results) -> str:
    return str(results.provenance.get("title") or results.name)


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


def _contents(
    parts: Sequence[Part], over: Across | None, is_incomplete: bool
) -> list[tuple[str, str, Sequence[tuple[str, str]]]]:
    """Return anchor, name and inner places of every section, in the page's order."""
    entries: list[tuple[str, str, Sequence[tuple[str, str]]]] = [("answer", "Answer", ())]
    blocks = over.blocks if over is not None else []
    if len(parts) == 1:
        blocks = list(parts[0].blocks)
    entries += [(block.anchor, block.title, ()) for block in blocks if block.title]
    if len(parts) > 1:
        entries.append(("problems", "Problem by problem", [(p.slug, p.title) for p in parts]))
    entries.append(("definitions", "Definitions", ()))
    if is_incomplete:
        entries.append(("not-computed", "Not computed", ()))
    return [*entries, ("provenance", "Provenance", ())]


def _render(
    results: Results,
    parts: Sequence[Part],
    over: Across | None,
    *,
    drawn: Mapping[str, Picture],
    formats: Sequence[str] | None,
    apart: bool = False,
    study: tuple[str, Results] | None = None,
) -> str:
    """Return the page's HTML.

    ``drawn``: pictures by the digests of their drawings. ``formats``: what figures are linked to;
    ``None`` where there are no files beside the page. ``apart``: its questions stand on pages of
    their own. ``study``: the page and the results that this question's page belongs to.
    """
    environment = Environment(
        loader=PackageLoader("sensbench.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.tests["table"] = lambda item: isinstance(item, Table)
    environment.filters["symbol"] = symbol_html
    environment.filters["breakable"] = breakable
    environment.filters["linked"] = linked
    environment.filters["moment"] = moment
    not_computed = _not_computed(results).to_dict("records")
    context: dict[str, Any] = {
        "results": results,
        "title": _title(results) if study is None else parts[0].title,
        "study": None if study is None else (study[0], _title(study[1])),
        "apart": apart,
        "parts": parts,
        "overview": overview_rows(results) if len(parts) > 1 else [],
        "across": over,
        "definitions": _definitions(results),
        "not_computed": not_computed,
        "provenance": results.provenance,
        "contents": _contents(parts, over, bool(not_computed)),
        "facts": facts_of(results),
        "files": formats is not None,
        "formats": [(kind, called) for kind, called in _LINKS if kind in (formats or ())],
        "picture": lambda drawing: drawn[drawing.digest],
        "omitted": lambda one: _omitted(one, drawn),
        "input_rows": input_rows,
        "outputs_said": outputs_named,
    }
    return environment.get_template("page.html.j2").render(context)
