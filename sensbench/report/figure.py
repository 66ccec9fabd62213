"""What a figure of the page is: where it stands, when it applies, how to draw and how to say it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import pandas as pd
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.study.results import Results


@dataclass(frozen=True)
class Omitted:
    """A figure that is not shown, and why.

    ``is_the_answer``: the reason says in a sentence what the figure would show. ``is_expected``:
    nobody looks for it here, so that a page does not say that it is missing.
    """

    reason: str
    is_the_answer: bool = False
    is_expected: bool = False


class ReportFigure(ABC):
    """A figure of one question's results. All that a page knows of it is in its class.

    Attributes
    ----------
    name
        Registered name; the files it is saved in carry it too.
    section
        Where on the page: one of :data:`sensbench.report.sections.SECTIONS`. A figure of another
        section opens that section, behind the known ones.
    order
        Where in the section: figures and tables stand by increasing order.
    title, caption
        Above and below the drawing; the caption says how to read it.
    needs
        What the results must hold, in words, for :func:`sensbench.plots.names`; empty: shares of
        importance, which most have.
    asks_model
        Whether drawing it asks a model, which stays in this process and whose answers nobody can
        tell beforehand: it is drawn here, and anew.
    narrow
        Whether a telephone gets a drawing of its own, as in one column of a journal; elsewhere
        it scrolls what is wider than itself. It takes as long to draw as the other one.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    order: ClassVar[int]
    caption: ClassVar[str]
    needs: ClassVar[str] = ""
    asks_model: ClassVar[bool] = False
    narrow: ClassVar[bool] = False

    @property
    @abstractmethod
    def title(self) -> str:
        """What is shown; a plain class attribute will do."""

    @property
    def slug(self) -> str:
        """What its files are called."""
        return self.name.replace("_", "-")

    def each(self, results: Results) -> Sequence["ReportFigure"]:
        """Return the figures to draw: this one, or one for each output."""
        return [self]

    def applies(self, results: Results) -> Omitted | None:
        """Return why there is nothing to show; ``None`` where there is something."""
        return None

    @abstractmethod
    def draw(self, results: Results) -> Figure:
        """Return the drawing; called where the figure applies."""

    @abstractmethod
    def alt(self, results: Results) -> str:
        """Return the drawing's content in words, for those who cannot see it."""

    def data(self, results: Results) -> pd.DataFrame:
        """Return the numbers that are drawn, a row each, for the file beside the page.

        By default all numbers of the question at the largest budgets.
        """
        return results.final()

    @final
    def drawn(self, results: Results) -> Figure | Omitted:
        """Return the drawing, or why there is none.

        Raises
        ------
        InputError
            ``draw`` returned something else.
        """
        outcome: object = self.applies(results) or self.draw(results)
        if not isinstance(outcome, Figure | Omitted):
            raise InputError(
                f"figure {self.name!r}: expected draw to return a matplotlib Figure; got "
                f"{type(outcome).__name__}"
            )
        return outcome
