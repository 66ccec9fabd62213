"""Kinds of figures by name: those of one question, a file each, and those of a whole study."""

import html
from dataclasses import dataclass
from typing import Literal

from sensbench.errors import SensbenchError
from sensbench.report import figures
from sensbench.report.over_problems import OVER_PROBLEMS

Of = Literal["question", "study"]


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes
    ----------
    shows
        What, in a line.
    of
        ``"question"``: of one problem with one model, such as a comparison's. ``"study"``: of all
        problems of a study together.
    needs
        What the results must hold for it to be drawn; empty: shares of importance, which most have.
    """

    name: str
    shows: str
    of: Of
    needs: str


class Kinds(dict[str, Kind]):
    """Kinds of figures by name; printed, a table."""

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        lines = []
        for kind in self.values():
            lines.append(f"{kind.name:<{width}}  {kind.shows}")
            lines += [f"{'':<{width}}  needs {kind.needs}"] if kind.needs else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        rows = "".join(
            f"<tr>{''.join(f'<td>{html.escape(t)}</td>' for t in (k.name, k.shows, k.of, k.needs))}"
            "</tr>"
            for k in self.values()
        )
        heads = "".join(f"<th>{head}</th>" for head in ("kind", "shows", "of a", "needs"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def kinds() -> Kinds:
    """Return every kind, those of a question first, by name."""
    registry = figures.registry
    listed = [
        Kind(name, registry.summary(name), "question", _needs(name)) for name in figures.names()
    ]
    listed += [Kind(one.name, one.shows, "study", one.needs) for one in OVER_PROBLEMS.values()]
    return Kinds({kind.name: kind for kind in listed})


def _needs(name: str) -> str:
    try:
        return str(getattr(figures.registry.get(name), "needs", ""))
    except SensbenchError as error:  # another package's file may raise; the others are listed
        return str(error)
