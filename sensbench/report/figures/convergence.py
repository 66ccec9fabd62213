"""How the error against a measure's own exact values falls with the rows spent."""

from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from sensbench.findings.accuracy import errors, headline_errors
from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import (
    label_left,
    legend_above,
    mark,
    marker_size,
    note_below,
    panels,
    title_panels,
)
from sensbench.report.style import INK, MUTED, MethodStyle, house_style, method_styles
from sensbench.report.text import in_figure, listed, number
from sensbench.study.results import Method, Question, Results

ROWS = "rows through the model, forward and backward"
# Ticks of budgets that are nearer than this factor would overlap.
_APART = 1.6


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
    ax.annotate(
        "slope −½", (ends[1], level / np.sqrt(ends[1])), xytext=(-2, -2),
        textcoords="offset points", ha="right", va="top", fontsize=8.25, color=MUTED,
    )  # fmt: skip
    ax.margins(0.08)
    ax.set_ylim(bottom=0.3 * level / np.sqrt(ends[1]))


def log_rows(ax: Axes, table: pd.DataFrame) -> None:
    """Put the ticks of a logarithmic axis of rows where the budgets are."""
    ax.set_xscale("log")
    ticks: list[float] = []
    for rows in sorted(table.groupby("budget")["rows"].max().tolist()):
        if not ticks or rows >= _APART * ticks[-1]:
            ticks.append(rows)
    ax.set_xticks(ticks, [f"{rows:,.0f}" for rows in ticks])
    ax.xaxis.set_minor_locator(NullLocator())


def _errors_axis(ax: Axes) -> None:
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda error, _: number(error, 1)))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _lines(ax: Axes, one: pd.DataFrame, style: MethodStyle) -> None:
    """Draw the mean over replicates, and from the smallest to the largest of them."""
    by_budget = one.groupby("budget")[["rows", "relative_error"]]
    means, least, most = by_budget.mean(), by_budget.min(), by_budget.max()
    ax.fill_between(
        means["rows"], least["relative_error"], most["relative_error"], color=style.colour,
        alpha=0.16, linewidth=0, zorder=1.5,
    )  # fmt: skip
    ax.plot(
        means["rows"], means["relative_error"], linewidth=1.5, marker=style.marker,
        markersize=marker_size(style.marker) + 1, color=style.colour, markeredgecolor="white",
        markeredgewidth=0.5, zorder=3,
    )  # fmt: skip


def _not_shown(results: Results, table: pd.DataFrame) -> list[str]:
    """Name the methods that have no line, and the budgets at which a line has no mark."""
    question, lines = the_question(results), []
    known = {k.measure for k in question.reference or question.truth}
    every = errors(results)
    for label, method in results.methods.items():
        cells = results.cells[results.cells["estimator"] == label]
        if cells.empty:
            continue
        there = set(table.loc[table["estimator"] == label, "budget"])
        gone = {str(c.status) for c in cells.itertuples() if c.status != "ok"}
        missing = sorted(set(cells["budget"]) - there)
        if not missing:
            continue
        of_method = every[(every["estimator"] == label) & (every["measure"] == method.ranks_by)]
        zero = len(of_method) and (of_method["relative_error"] == 0).any()
        why = (
            listed(sorted(gone)) if gone
            else f"no known values of {method.headline.symbol}" if method.ranks_by not in known
            else "error 0" if zero
            else "no value"
        )  # fmt: skip
        at = f" at {listed(f'{b:,}' for b in missing)}" if there else ""
        lines.append(f"{in_figure(label)}{at}: {why}")
    return lines


class Convergence(ReportFigure):
    """How the error against a measure's own known values falls with the rows spent."""

    name, section, order = "convergence", "accuracy", 10
    narrow = True
    needs = "known values, and more than one budget"
    title = "Convergence"
    caption = (
        "Relative error of each method's own measure against that measure's known values. Lines: "
        "means over replicates; bands: from the smallest to the largest of them; dotted: the slope "
        "−½ of independent draws. Errors of different measures are on one axis but are not of one "
        "quantity. For a network, these are its own values, from a large sample; a dashed line is "
        "how far they are from the function's, where those are known: an error that more rows do "
        "not remove."
    )

    def applies(self, results: Results) -> Omitted | None:
        question = the_question(results)
        if not (question.reference or question.truth):
            return Omitted(
                "no exact values are known for this problem, so there is no error to show",
                is_expected=True,
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
                    _lines(ax, rows[rows["estimator"] == method], styles[method])
                    _networks_own(
                        ax, question, results.methods[method], output, styles[method].colour
                    )
                log_rows(ax, rows)
                ax.set_yscale("log")
                _guide(ax, rows)
                _errors_axis(ax)
            title_panels(axes, outputs, len(question.outputs))
            gone = _not_shown(results, table)
            note = "\n".join(wrap(f"not shown: {'; '.join(gone)}", 70)) if gone else ""
            note_below(figure, ROWS, note)
            label_left(figure, "relative error")
            symbols = {m: results.methods[m].headline.symbol for m in methods}
            handles = [mark(styles[m], f"{in_figure(m)} ({symbols[m]})") for m in methods]
            if question.reference and question.truth:
                line = Line2D([], [], color=INK, linestyle="--", linewidth=1)
                line.set_label("the network's own error, by measure")
                handles.append(line)
            legend_above(figure, handles)
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return headline_errors(results)

    def alt(self, results: Results) -> str:
        table = headline_errors(results)
        texts = []
        for (output, method), rows in table.groupby(["output", "estimator"], sort=False):
            means = rows.groupby("budget")[["rows", "relative_error"]].mean()
            steps = zip(means["relative_error"], means["rows"], strict=True)
            numbers = listed(f"{number(e, 2)} at {number(r)} rows" for e, r in steps)
            texts.append(f"{output}, {method}: {numbers}")
        return f"Relative error against exact values by rows spent. {'; '.join(texts)}."
