"""The sections of a question's part of the page, and the figures and tables that stand in them."""

import base64
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.findings.over_outputs import in_detail, over_outputs
from sensbench.registry import Registry
from sensbench.report import figures, tables
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.outputs_said import chosen_said
from sensbench.report.style import saved
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
    """

    name: str
    outputs: str = "shown"
    results: bool = True


OVER_OUTPUTS, DETAIL = "outputs", "detail"
# What other packages bring stands behind "measures", before the remarks on the methods.
_KNOWN = (
    Section(OVER_OUTPUTS, "all"),
    Section("importance"),
    Section("agreement"),
    Section("screening"),
    Section("accuracy"),
    Section("measures"),
)
_BEFORE_NOTES = (Section("quality", results=False),)
_AFTER_NOTES = (Section("costs", results=False),)
SECTIONS = tuple(section.name for section in (*_KNOWN, *_BEFORE_NOTES, *_AFTER_NOTES))


@dataclass(frozen=True)
class Drawn:
    """A figure as the page shows it: an image, or the reason there is none."""

    slug: str
    title: str
    caption: str
    figure: Figure | None = None
    alt: str = ""
    image: str = ""
    width: int = 0
    height: int = 0
    omitted: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Block:
    """A section with what stands in it, in order; ``heading`` and ``text`` where it has any."""

    name: str
    figures_and_tables: Sequence[Drawn | Table] = ()
    heading: str = ""
    text: str = ""

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
            return shown(kind, results)
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


def _drawn(kind: ReportFigure, results: Results) -> list[Drawn]:
    shown = []
    for k, one in enumerate(kind.each(results)):
        figure, folded = one.drawn(results), k >= _MOST_OPEN
        if isinstance(figure, Omitted):
            reason = figure.reason
            shown.append(Drawn(one.slug, one.title, one.caption, omitted=reason, folded=folded))
            continue
        image = base64.b64encode(saved(figure, "svg")).decode()
        width, height = (round(96 * inches) for inches in figure.get_size_inches())
        shown.append(
            Drawn(
                one.slug, one.title, one.caption, figure, one_line(one.alt(results)),
                f"data:image/svg+xml;base64,{image}", width, height, folded=folded,
            )
        )  # fmt: skip
    return shown


def _tabled(kind: ReportTable, results: Results) -> Sequence[Table]:
    made = list(kind.tables(results))
    wrong = [type(table).__name__ for table in made if not isinstance(table, Table)]
    if wrong:
        raise InputError(f"expected tables to return Table objects; got {', '.join(wrong)}")
    return made


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()
