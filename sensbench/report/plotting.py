"""plot: the figure of importance, in a notebook or on a caller's axes."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.findings.consensus import headline_shares, shown_outputs, the_question
from sensbench.findings.over_outputs import over_outputs
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures.importance import Importance, draw_on
from sensbench.report.figures.outputs import Outputs
from sensbench.report.outputs_said import outputs_named
from sensbench.study.results import Results


def plot(results: Results, output: str | None = None, ax: Axes | None = None) -> Figure | Axes:
    """Return the importance figure; or draw one output's panel on ``ax`` and return that.

    Of many outputs and none chosen, the figure is inputs × outputs.

    Raises
    ------
    InputError
        Several questions, an unknown output, nothing to draw, or ``ax`` with several outputs and
        none chosen.
    """
    question = the_question(results)
    if output is not None and output not in question.outputs:
        names = outputs_named(question.outputs)
        raise InputError(f"plot: expected one of the outputs {names}; got {output!r}")
    if ax is None:
        many = output is None and over_outputs(results) is not None
        kind: ReportFigure = Outputs() if many else Importance(output)
        figure = kind.drawn(results)
        if isinstance(figure, Omitted):
            raise InputError(f"plot: expected results to draw; {figure.reason}")
        return figure
    outputs = shown_outputs(headline_shares(results), question, "share")
    outputs = [o for o in outputs if output in (None, o)]
    if len(outputs) != 1:
        named = outputs_named(outputs) or "none with shares of importance"
        raise InputError(f"plot: expected one output for ax; got {named}; choose with output=")
    draw_on(ax, results, outputs[0])
    return ax
