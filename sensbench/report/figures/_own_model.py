"""What the figures of one's own model share: the model, the order of its inputs, their axes."""

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.figure import Figure

from sensbench.effects.effects import Effects
from sensbench.errors import InputError
from sensbench.findings.consensus import headline_shares, mean_shares, the_question
from sensbench.findings.laws import depends
from sensbench.report.figure import Omitted
from sensbench.report.text import count, in_figure
from sensbench.study.results import Question, Results

# inches that a character of a note takes
_CHARACTER = 0.072


def effects_of(results: Results) -> Effects | Omitted:
    """Return what the model does along its inputs, or why that is not known."""
    the_question(results)
    found = next(iter(results.effects.values()), None)
    if found is None:
        return Omitted(
            "it needs the model itself, which results that were read from a file do not have; "
            "sensbench.compare and sensbench analyze have it"
        )
    return found


def required(found: "Effects | Omitted", who: str) -> Effects:
    """Return the effects.

    Raises
    ------
    InputError
        There are none.
    """
    if isinstance(found, Omitted):
        raise InputError(f"{who}: expected results with their model; {found.reason}")
    return found


def in_page_order(results: Results, features: Sequence[str], output: str | None) -> list[str]:
    """Return features by their mean share, as elsewhere on the page; those without one last."""
    order = [str(f) for f in mean_shares(headline_shares(results), output).index]
    return [*(f for f in order if f in features), *(f for f in features if f not in order)]


def moves_with_others(question: Question, feature: str) -> bool:
    """Return whether an input is among those that depend on others, as they are asked about.

    Where dependence shows in the output alone, all are.
    """
    law = question.joint_law
    if law is not None and law.product:
        return False
    if question.law:
        return True
    if law is None or not depends(question):
        return False
    found = law.associations
    named = {f for pair in found.pairs for f in (pair.first, pair.second)}
    named |= {one.feature for one in found.on_others}
    return feature in named if named else True


def with_unit(question: Question, name: str, short: str) -> str:
    """Return a name for an axis, with its unit where one is known."""
    unit = question.units.get(name, "")
    return in_figure(f"{short} ({unit})" if unit else short)


def wrapped(figure: Figure, lines: Sequence[str]) -> str:
    """Return lines that are no wider than the figure, which may be a column of a journal."""
    width = max(20, int(figure.get_figwidth() / _CHARACTER))
    return "\n".join(part for line in lines for part in wrap(line, width))


def rows_said(n: int, of_rows: int) -> str:
    """Say which rows these are: all, some at random, or draws."""
    if not of_rows:
        return f"{count(n, 'row')} drawn from the inputs' distribution"
    return f"{n:,} of the {of_rows:,} rows, at random" if n < of_rows else f"all {n:,} rows"
