"""What a table of the page is: where it stands, and its rows for readers and for files."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd
from markupsafe import Markup

from sensbench.study.results import Results

# A table of so many rows is open on the page, a longer one folded.
OPEN_TO = 12
ALWAYS = 10**9


@dataclass(frozen=True)
class Table:
    """A table: ``shown`` for readers, ``data`` for files.

    Attributes
    ----------
    name
        What its file is called.
    open_to
        Of how many rows at most it is open on the page; a longer one is folded.
    prose
        Columns of words, which are wrapped.
    shades
        Of a column, a step from 0 to 5 for each row: how dark its cells are.
    """

    name: str
    title: str
    shown: pd.DataFrame
    data: pd.DataFrame
    note: str = ""
    open_to: int = OPEN_TO
    prose: Collection[str] = ()
    shades: Mapping[str, Sequence[int | None]] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether a reader of the page sees its rows at once."""
        return len(self.shown) <= self.open_to

    def cell_class(self, row: int, column: int) -> Markup:
        """Return a cell's class on the page, as its attribute."""
        name = self.shown.columns[column]
        step = self.shades[name][row] if name in self.shades else None
        if step is not None:
            return Markup(' class="h{}"').format(step)
        return Markup(' class="text"') if name in self.prose else Markup("")


class ReportTable(ABC):
    """A kind of table of one question's results. All that a page knows of it is in its class.

    Attributes
    ----------
    name
        Registered name.
    section
        Where on the page: one of :data:`sensbench.report.sections.SECTIONS`. A table of another
        section opens that section, behind the known ones.
    order
        Where in the section: figures and tables stand by increasing order.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    order: ClassVar[int]

    @abstractmethod
    def tables(self, results: Results) -> Sequence[Table]:
        """Return the tables: none where there are no rows, or several, such as one per output."""
