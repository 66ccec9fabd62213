"""The sections of a question's part of the page, and the figures and tables that stand in them."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sensbench.errors import InputError
from sensbench.findings.over_outputs import in_detail, over_outputs
from sensbench.registry import Registry
from sensbench.report import figures, tables
from sensbench.report.drawings import Drawing
from sensbench.report.figure import ReportFigure
from sensbench.report.outputs_said import chosen_said
from sensbench.report.table import ReportTable, Table
from sensbench.report.text import one_line
from sensbench.study.results import Results

_log = logging.getLogger(__name__)

# Of more figures of one kind, such as one per output, the rest fold away.
_MOST_OPEN = 2
# Of the message of one that fails, so many characters are shown.
_MOST_SAID = 300


@dataclass(frozen=True)
class Section:
    """A place on the page for figures and tables.

    Attributes
    ----------
    outputs
        ``"all"``: what stands here is of all outputs together, and is there where these are many.
        ``"shown"``: of the outputs that are shown one by one.
    results
        Whether it needs a run that succeeded.
    there
        Whether these results have what it shows; where they never could, it is not missed.
    """

    name: str
    outputs: str = "shown"
    results: bool = True
    there: Callable[[Results], bool] = lambda results: True


OVER_OUTPUTS, DETAIL = "outputs", "detail"
# Of fewer runs, how many intervals hold a value says nothing.
_ENOUGH_REPLICATES = 5


def replicates_of(results: Results) -> int:
    """Return how often every cell was planned."""
    return int(results.cells["replicate"].nunique())


# What other packages bring stands behind "measures", before the remarks on the methods.
_KNOWN = (
    Section(OVER_OUTPUTS, "all"),
    Section("importance"),
    Section("agreement"),
    Section("difference", there=lambda results: any(results.accounts.values())),
    # a study keeps numbers, not models
    Section("effects", there=lambda results: bool(results.effects)),
    Section("screening"),
    Section("accuracy"),
    Section("budget"),
    Section("replicates", there=lambda results: replicates_of(results) >= _ENOUGH_REPLICATES),
    Section("measures"),
)
_BEFORE_NOTES = (Section("quality", results=False),)
_AFTER_NOTES = (Section("costs", results=False),)
_TITLES = {
    OVER_OUTPUTS: "All outputs",
    "importance": "Importance",
    "agreement": "Do the methods agree?",
    "difference": "Why methods differ",
    "effects": "Along each input",
    "screening": "Screening",
    "accuracy": "Accuracy against known values",
    "budget": "Did the budget suffice?",
    "replicates": "Replicates",
    "measures": "All measures",
    "quality": "How well the model predicts",
    "costs": "Costs",
}
SECTIONS = tuple(section.name for section in (*_KNOWN, *_BEFORE_NOTES, *_AFTER_NOTES))


@dataclass(frozen=True)
class Drawn:
    """A figure of the page: what is to be drawn, or the reason there is nothing.

    ``narrow``: the same for a telephone, where it has one. ``said``: a sentence in its place.
    """

    slug: str
    title: str
    caption: str
    drawing: Drawing | None = None
    alt: str = ""
    omitted: str = ""
    folded: bool = False
    data: pd.DataFrame | None = None
    narrow: Drawing | None = None
    said: str = ""


@dataclass(frozen=True)
class Block:
    """A section with what stands in it, in order.

    ``heading``, ``text`` and ``place``, its name in links, where they are not those of its name.
    """

    name: str
    figures_and_tables: Sequence[Drawn | Table] = ()
    heading: str = ""
    text: str = ""
    place: str = ""

    @property
    def title(self) -> str:
        """What stands above it."""
        return self.heading or _TITLES.get(self.name, "")

    @property
    def anchor(self) -> str:
        """What links lead to: the same on every page."""
        return self.place or re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "section"

    @property
    def drawn(self) -> list[Drawn]:
        """The figures."""
        return [item for item in self.figures_and_tables if isinstance(item, Drawn)]

    @property
    def tables(self) -> list[Table]:
        """The tables."""
        return [item for item in self.figures_and_tables if isinstance(item, Table)]


@dataclass(frozen=True)
class Blocks:
    """The sections of one question: those before the remarks on its methods, and those after."""

    before: Sequence[Block]
    after: Sequence[Block]

    def __iter__(self) -> Iterator[Block]:
        """Iterate all in the page's order."""
        yield from (*self.before, *self.after)


def blocks(results: Results) -> Blocks:
    """Return everything there is to show of one question, by section, in order."""
    over = over_outputs(results)
    few = in_detail(results, over)
    done = bool((results.cells["status"] == "ok").any())
    standing = _standing()
    named = dict.fromkeys(section for section, _ in standing)
    others = [Section(name) for name in named if name not in SECTIONS]

    def filled(sections: Sequence[Section]) -> list[Block]:
        parts = []
        for section in sections:
            if (section.outputs == "all" and over is None) or (section.results and not done):
                continue
            if not section.there(results):
                continue
            given = results if section.outputs == "all" else few
            items = [
                item for name, show in standing if name == section.name for item in show(given)
            ]
            heading = "" if section.name in SECTIONS else _heading(section.name)
            parts.append(Block(section.name, items, heading))
            if section.name == OVER_OUTPUTS and over is not None:
                text = (
                    f"What follows shows {chosen_said(over)}, as if no others had been asked for."
                )
                parts.append(Block(DETAIL, heading="In detail", text=text))
        return [block for block in parts if block.figures_and_tables or block.text]

    return Blocks(filled((*_KNOWN, *others, *_BEFORE_NOTES)), filled(_AFTER_NOTES))


_Show = Callable[[Results], Sequence[Drawn | Table]]


def _standing() -> list[tuple[str, _Show]]:
    """Return the section of every figure and table, and how it is shown, in order."""
    entries: list[tuple[int, str, str, _Show]] = []
    for registry, shown in ((figures.registry, _drawn), (tables.registry, _tabled)):
        for name in registry.names():
            section, order, show = _one(registry, name, shown)
            entries.append((order, name, section, show))
    # a figure comes before the table of its name
    entries.sort(key=lambda entry: entry[:2])
    return [(section, show) for _, _, section, show in entries]


def _one(registry: Registry, name: str, shown: Any) -> tuple[str, int, _Show]:
    try:
        kind = registry.load(name)
        section, order = str(kind.section), int(kind.order)
    except Exception as error:  # another package's code may raise anything
        failed = _failed(registry, name, error)
        return "measures", 10**6, lambda _: [failed]

    def show(results: Results) -> Sequence[Drawn | Table]:
        try:
            return shown(name, kind, results)
        except Exception as error:
            return [_failed(registry, name, error)]

    return section, order, show


def _failed(registry: Registry, name: str, error: Exception) -> Drawn:
    """Say what went wrong in the place of a figure or table: the others are shown all the same."""
    message = f"{registry.kind} {name!r} failed: {type(error).__name__}: {_start(error)}"
    _log.warning("%s", message)
    return Drawn(name, name, "", omitted=message)


def _start(error: Exception) -> str:
    text = one_line(str(error))
    return text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]} …"


def _drawn(name: str, kind: ReportFigure, results: Results) -> list[Drawn]:
    shown = []
    for k, one in enumerate(kind.each(results)):
        folded, nothing = k >= _MOST_OPEN, one.applies(results)
        if nothing is not None and nothing.is_expected:
            continue
        if nothing is not None:
            reason = nothing.reason
            said = reason if nothing.is_the_answer else ""
            shown.append(
                Drawn(
                    one.slug, one.title, one.caption, omitted=reason, folded=folded, said=said
                )
            )  # fmt: skip
            continue
        drawing = Drawing(one.drawn, (results,), f"figure {name!r}", one.asks_model)
        alt, data = one_line(one.alt(results)), one.data(results)
        narrow = drawing.narrow if one.narrow and not folded else None
        shown.append(
            Drawn(
                one.slug, one.title, one.caption, drawing, alt, folded=folded, data=data,
                narrow=narrow,
            )
        )  # fmt: skip
    return shown


def _tabled(name: str, kind: ReportTable, results: Results) -> Sequence[Table]:
    made = list(kind.tables(results))
    wrong = [type(table).__name__ for table in made if not isinstance(table, Table)]
    if wrong:
        raise InputError(f"expected tables to return Table objects; got {', '.join(wrong)}")
    return made


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()
