"""The kinds of figures that ``plot`` draws."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensbench.report.kinds import Kinds


def names() -> "Kinds":
    """Return every kind of figure by its name: what it shows, of what, and what it needs.

    Printed, it is a table; iterated, the names; ``names()["ranks"].needs`` is one of its facts.
    ``comparison.plot(name)``, ``result.plot(name)`` and ``sensbench.load(path).plot(name)`` draw.
    """
    from sensbench.report.kinds import kinds  # seaborn takes a second to import

    return kinds()
