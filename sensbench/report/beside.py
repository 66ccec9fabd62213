"""The files beside a page: tables for programs and for papers (figures: see ``rendering``)."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sensbench.files.atomic import write_whole
from sensbench.report.csv_file import as_csv
from sensbench.report.latex import as_latex
from sensbench.report.rendering import Wanted
from sensbench.report.sections import Block
from sensbench.report.table import Table


def figures_of(slug: str, blocks: Iterable[Block]) -> Iterator[Wanted]:
    """Yield the figures under a question's name, those for telephones without files.

    ``slug``: the name; empty for what is of the whole study.
    """
    start = f"{slug}-" if slug else ""
    for block in blocks:
        for drawn in block.drawn:
            if drawn.drawing is not None:
                yield Wanted(f"{start}{drawn.slug}", drawn.drawing, drawn.data)
            if drawn.narrow is not None:
                yield Wanted(f"{start}{drawn.slug}-narrow", drawn.narrow, has_files=False)


def write_tables(folder: Path, slug: str, blocks: Iterable[Block]) -> None:
    """Write tables (CSV, LaTeX) under a question's name."""
    start = f"{slug}-" if slug else ""
    for block in blocks:
        for table in block.tables:
            write_table(folder / "tables", start, table)


def write_table(folder: Path, start: str, table: Table) -> None:
    """Write a table's rows as CSV, and as LaTeX what readers see of them."""
    name = f"{start}{table.name}"
    write_whole(folder / f"{name}.csv", as_csv(table.data))
    write_whole(folder / f"{name}.tex", as_latex(table.shown, table.title, table.note, name))
