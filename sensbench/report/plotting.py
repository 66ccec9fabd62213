"""plot: a figure by its name, in a notebook, for a paper or on a caller's axes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.errors import InputError, UnknownNameError
from sensbench.findings.consensus import the_question
from sensbench.findings.over_outputs import over_outputs
from sensbench.report import figures
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.outputs_said import outputs_named
from sensbench.report.over_problems import OVER_PROBLEMS
from sensbench.report.panels import drawn_on
from sensbench.report.style import WIDTHS, for_paper
from sensbench.study.results import Results


def plot(
    results: Results,
    kind: str | None = None,
    *,
    output: str | None = None,
    ax: Axes | None = None,
    style: str = "page",
    width: str = "two columns",
) -> Figure | Axes:
    """Return a figure of one question, or of a study; or draw it on ``ax`` and return that.

    Without a ``kind``, importance; of many outputs and none chosen, inputs × outputs.
    :func:`sensbench.plots.names` lists the kinds.

    Raises
    ------
    UnknownNameError
        No kind of that name; the message names the nearest.
    InputError
        Several questions, an unknown output, style or width, nothing to draw, or ``ax`` with a
        figure of several panels.
    """
    of_study = OVER_PROBLEMS.get(kind or "")
    if of_study is not None:
        if output is not None:
            raise InputError(f"plot: expected no output for {kind!r}, of all; got {output!r}")
        with looking(style, width, ax):
            return _on(ax, of_study.name, lambda: of_study.drawn(results))
    question = the_question(results)
    known = [*figures.names(), *OVER_PROBLEMS]
    if kind is not None and kind not in known:
        if kind in question.outputs and output is None:
            raise InputError(
                f"plot: expected a kind of figure; got {kind!r}, which is an output; "
                f"use output={kind!r}"
            )
        raise UnknownNameError.of("plot", "kind of figure", kind, known)
    if output is not None and output not in question.outputs:
        names = outputs_named(question.outputs)
        raise InputError(f"plot: expected one of the outputs {names}; got {output!r}")
    if kind is None:
        many = output is None and ax is None and over_outputs(results) is not None
        kind = "outputs" if many else "importance"
    given = results if output is None else results.only([output])
    figure = figures.load(kind)
    # a figure with parts, such as one per output: the first
    first = next(iter(figure.each(given)), figure)
    with looking(style, width, ax):
        return _on(ax, kind, lambda: _asked_for(first, given))


def _asked_for(figure: ReportFigure, results: Results) -> Figure | Omitted:
    """Return the drawing, also where a page says in a sentence what it would show."""
    drawn = figure.drawn(results)
    if isinstance(drawn, Omitted) and drawn.is_the_answer:
        return figure.draw(results)
    return drawn


@contextmanager
def looking(style: str, width: str, ax: Axes | None = None) -> Iterator[None]:
    """Draw in that style, of that width and on these axes.

    Raises
    ------
    InputError
        No such style or width.
    """
    if style not in ("page", "paper"):
        raise InputError(f"plot: expected style='page' or 'paper'; got {style!r}")
    if width not in WIDTHS:
        raise InputError(f"plot: expected width={' or '.join(map(repr, WIDTHS))}; got {width!r}")
    with (
        for_paper(WIDTHS[width]) if style == "paper" else nullcontext(),
        drawn_on(ax) if ax is not None else nullcontext(),
    ):
        yield


def _on(ax: Axes | None, kind: str, draw: Callable[[], Figure | Omitted]) -> Figure | Axes:
    drawn = draw()
    if isinstance(drawn, Omitted):
        raise InputError(f"plot: expected results to draw {kind!r} from; {drawn.reason}")
    if ax is None:
        return drawn
    if drawn is not ax.get_figure(root=True):
        raise InputError(f"plot: expected no ax for {kind!r}, which needs a figure of its own")
    return ax
