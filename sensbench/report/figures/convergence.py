"""How the error against a measure's own exact values falls with the rows spent."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sensbench.findings.accuracy import errors, headline_errors
from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import legend_above, mark, panels, title_panels
from sensbench.report.style import INK, house_style, method_styles
from sensbench.report.text import in_figure, listed, number
from sensbench.study.results import Method, Question, Results

# Beyond this many marks a vector file is slow to open.
_MOST_VECTOR_MARKS = 2000


def _why_none(results: Results) -> str:
    """Say why no method has an error to show, where values of some measures are known."""
    table, question = errors(results), the_question(results)
    ranks_by = table["estimator"].map({m.label: m.ranks_by for m in results.methods.values()})
    own = table[table["measure"] == ranks_by]
    if len(own):
        if (own["relative_error"] == 0).all():
            return "every error is exactly 0, which has no place on a logarithmic axis"
        return "every relative error is 0 or undefined: the exact values are 0, or no estimate"
    values = question.reference or question.truth
    partly = {k.measure for k in values} & set(results.headline()["measure"])
    if partly:
        return "the values of the measures that methods rank by are not known for every input"
    return "no method with results ranks by a measure whose exact values are known"


def _networks_own(ax: Axes, question: Question, method: Method, output: str, colour: str) -> None:
    """Draw how far a network's own values are from the function's: more rows do not help."""
    own = question.reference_values(method.ranks_by, output)
    true = question.true_values(method.ranks_by, output)
    complete = len(own) == len(true) == len(question.features)
    if question.reference and complete and float((true**2).sum()) > 0:
        level = float(((own - true) ** 2).sum() ** 0.5 / (true**2).sum() ** 0.5)
        ax.axhline(level, color=colour, linestyle="--", linewidth=1, zorder=2)


def _guide(ax: Axes, table: pd.DataFrame) -> None:
    """Draw the slope that independent draws have, below the points."""
    rows, error = table["rows"].to_numpy(dtype=float), table["relative_error"].to_numpy()
    ends = np.array([rows.min(), rows.max()])
    # Touches the lowest point of error * sqrt(rows), then moves down to stay clear of it.
    level = 0.6 * float((error * np.sqrt(rows)).min())
    ax.plot(ends, level / np.sqrt(ends), color="#999999", linewidth=1, linestyle=":", zorder=1)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if ends[1] < 100 * ends[0] else (1,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda rows, _: f"{rows:,.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.annotate(
        "slope −½", (ends[0], level / np.sqrt(ends[0])), xytext=(2, 3),
        textcoords="offset points", va="bottom", fontsize=7.5, color="#777777",
    )  # fmt: skip
    ax.margins(0.08)
    ax.set_ylim(bottom=0.45 * level / np.sqrt(ends[1]))


class Convergence(ReportFigure):
    """How the error against a measure's own known values falls with the rows spent."""

    name, section, order = "convergence", "accuracy", 10
    title = "Convergence"
    caption = (
        "Relative error of each method's own measure against that measure's known values. Lines: "
        "means over replicates; faint marks: single replicates; dotted: the slope −½ of "
        "independent draws. Errors of different measures are on one axis but are not of one "
        "quantity. For a network, these are its own values, from a large sample; a dashed line is "
        "how far they are from the function's, where those are known: an error that more rows do "
        "not remove."
    )

    def applies(self, results: Results) -> Omitted | None:
        question = the_question(results)
        if not (question.reference or question.truth):
            return Omitted(
                "no exact values are known for this problem, so there is no error to show"
            )
        table = headline_errors(results)
        if table.empty:
            return Omitted(_why_none(results))
        if table.groupby("estimator")["budget"].nunique().max() < 2:
            several_budgets = results.cells["budget"].nunique() > 1
            more = "; of those asked for, no method has an error above 0 at more than one"
            return Omitted(
                f"convergence needs more than one budget{more if several_budgets else ''}"
            )
        return None

    def draw(self, results: Results) -> Figure:
        """Return relative error against counted rows, per output, with a guide of slope -1/2.

        For a network with values of its own, a dashed line is how far these are from the
        function's.
        """
        question = the_question(results)
        table = headline_errors(results)
        outputs = [o for o in question.outputs if o in set(table["output"])]
        styles = method_styles(results.methods)
        methods = [m for m in results.methods if m in set(table["estimator"])]
        with house_style():
            side = 4.6 if len(outputs) == 1 else 3.0
            figure, axes = panels(len(outputs), side, side * 0.75, 0.5)
            for ax, output in zip(axes, outputs, strict=True):
                rows = table[table["output"] == output]
                for method in methods:
                    one = rows[rows["estimator"] == method]
                    ax.plot(
                        one["rows"], one["relative_error"], linestyle="none", markersize=3,
                        marker=styles[method].marker, color=styles[method].colour, alpha=0.4,
                        markeredgewidth=0, rasterized=len(rows) > _MOST_VECTOR_MARKS,
                    )  # fmt: skip
                    means = one.groupby("budget")[["rows", "relative_error"]].mean()
                    ax.plot(
                        means["rows"], means["relative_error"], linewidth=1.5, markersize=5,
                        marker=styles[method].marker, color=styles[method].colour, zorder=3,
                    )  # fmt: skip
                    _networks_own(
                        ax, question, results.methods[method], output, styles[method].colour
                    )
                _guide(ax, rows)
            title_panels(axes, outputs, len(question.outputs))
            figure.supxlabel("rows through the model, forward and backward", fontsize=9)
            figure.supylabel("relative error", fontsize=9)
            symbols = {m: results.methods[m].headline.symbol for m in methods}
            handles = [mark(styles[m], f"{in_figure(m)} ({symbols[m]})") for m in methods]
            if question.reference and question.truth:
                line = Line2D([], [], color=INK, linestyle="--", linewidth=1)
                line.set_label("the network's own error")
                handles.append(line)
            legend_above(figure, handles)
        return figure

    def alt(self, results: Results) -> str:
        table = headline_errors(results)
        texts = []
        for (output, method), rows in table.groupby(["output", "estimator"], sort=False):
            means = rows.groupby("budget")[["rows", "relative_error"]].mean()
            steps = zip(means["relative_error"], means["rows"], strict=True)
            numbers = listed(f"{number(e, 2)} at {number(r)} rows" for e, r in steps)
            texts.append(f"{output}, {method}: {numbers}")
        return f"Relative error against exact values by rows spent. {'; '.join(texts)}."
