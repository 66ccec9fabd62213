"""What a table of the page is: where it stands, and its rows for readers and for files."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

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
    """

    name: str
    title: str
    shown: pd.DataFrame
    data: pd.DataFrame
    note: str = ""
    open_to: int = OPEN_TO

    @property
    def open(self) -> bool:
        """Whether a reader of the page sees its rows at once."""
        return len(self.shown) <= self.open_to


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
