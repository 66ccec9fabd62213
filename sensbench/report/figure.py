"""What a figure of the page is: where it stands, when it applies, how to draw and how to say it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.study.results import Results


@dataclass(frozen=True)
class Omitted:
    """A figure that has nothing to show, and why."""

    reason: str


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
    """

    name: ClassVar[str]
    section: ClassVar[str]
    order: ClassVar[int]
    caption: ClassVar[str]

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
