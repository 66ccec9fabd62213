"""Did the budget suffice: each method's own values and intervals against the rows spent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    the_question,
)
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures.convergence import ROWS, log_rows
from sensbench.report.panels import label_width, marker_size, note_below, panels
from sensbench.report.style import INK, MethodStyle, house_style, method_styles
from sensbench.report.text import in_figure, interval, listed, plain_symbol, short_names
from sensbench.study.results import Results

# More lines than this cannot be named at their ends.
_MOST_INPUTS = 5
# Points of the same budget stand side by side: a factor on the rows.
_BESIDE = 1.035
_LEAD = "#999999"


def by_budget(results: Results) -> pd.DataFrame:
    """Return the headline numbers at every budget, replicates pooled, with the rows they cost."""
    return results.derived("headline_by_budget", _by_budget).copy()


def _by_budget(results: Results) -> pd.DataFrame:
    budgets = sorted(results.frame["budget"].unique().tolist())
    of_each = (
        replace(results, frame=results.frame[results.frame["budget"] == budget]).headline()
        for budget in budgets
    )
    done = results.cells[results.cells["status"] == "ok"]
    cost = (done["n_forward"] + done["n_backward"]).groupby([done["estimator"], done["budget"]])
    rows = cost.mean().rename("rows").reset_index()
    table = pd.concat(list(of_each), ignore_index=True) if budgets else results.headline()
    table = table[table["partner"] == ""]
    return table.merge(rows, on=["estimator", "budget"], how="left")


@dataclass(frozen=True)
class Budget(ReportFigure):
    """Each method's own values and intervals against the rows spent: did the budget suffice."""

    name, section, order = "budget", "budget", 10
    narrow = True
    needs = "more than one budget, as a study has"
    caption = (
        "Each method's own measure of the leading inputs against the rows it spent, means over "
        "replicates with their intervals. Where values move by more than the intervals from one "
        "budget to the next, or lines still cross, the budget did not suffice. Black dashes: exact "
        "values. Methods of given rows have no more than there are, whatever the budget."
    )

    output: str | None = None
    number: int = 0  # of the output, where there are several

    @property
    def title(self) -> str:
        return f"Values by budget, output {self.output}" if self.number else "Values by budget"

    @property
    def slug(self) -> str:
        return f"budget-{self.number}" if self.number else "budget"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        """Return one for each output; none where there is one budget, as in a comparison."""
        outputs = the_question(results).outputs
        if self.applies(results) is not None:
            return []
        if len(outputs) == 1:
            return [Budget(outputs[0])]
        return [Budget(output, k + 1) for k, output in enumerate(outputs)]

    def applies(self, results: Results) -> Omitted | None:
        counts = results.frame.groupby("estimator")["budget"].nunique()
        if len(counts) and counts.max() > 1:
            return None
        return Omitted(
            "it needs more than one budget, and a comparison has one; a study has a list of them "
            "(budgets: [1000, 4000])"
        )

    def draw(self, results: Results) -> Figure:
        """Return a panel per method: values and intervals of the leading inputs by budget."""
        output = self._output(results)
        table = by_budget(results)
        table = table[(table["output"] == output) & table["value"].notna()]
        features = self._leading(results, output)
        methods = in_method_order(results, table["estimator"])
        styles = method_styles(results.methods)
        with house_style():
            names = short_names(features, 16)
            room = label_width(list(names.values()))
            figure, axes = panels(
                len(methods), 2.1 + room, 2.1, 0.3, most_columns=3, narrowest=1.2 + room
            )
            for ax, method in zip(axes, methods, strict=True):
                rows = table[table["estimator"] == method]
                _panel(ax, rows, features, styles[method])
                self._exact(ax, results, output, method, features)
                log_rows(ax, rows)
                _name_ends(ax, rows, {f: in_figure(names[f]) for f in features})
                symbol = results.methods[method].headline.symbol
                ax.set_title(f"{in_figure(method)} ({symbol})", fontweight="normal")
            note_below(figure, ROWS)
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return by_budget(results)

    def alt(self, results: Results) -> str:
        output = self._output(results)
        table = by_budget(results)
        table = table[(table["output"] == output) & table["value"].notna()]
        texts = []
        for method in in_method_order(results, table["estimator"]):
            symbol = plain_symbol(results.methods[method].headline.symbol)
            for feature in self._leading(results, output)[:3]:
                here = (table["estimator"] == method) & (table["feature"] == feature)
                steps = listed(
                    f"{interval(r['value'], r['low'], r['high'])} at {r['rows']:,.0f}"
                    for r in table[here].sort_values("rows").to_dict("records")
                )
                if steps:
                    texts.append(f"{symbol} of {feature} by {method}: {steps}")
        return f"Values with intervals by rows spent, output {output}. {'; '.join(texts)}."

    def _output(self, results: Results) -> str:
        return the_question(results).outputs[0] if self.output is None else self.output

    @staticmethod
    def _leading(results: Results, output: str) -> list[str]:
        order = [str(f) for f in mean_shares(headline_shares(results), output).index]
        return (order or list(the_question(results).features))[:_MOST_INPUTS]

    @staticmethod
    def _exact(
        ax: Axes, results: Results, output: str, method: str, features: Sequence[str]
    ) -> None:
        question = the_question(results)
        exact = question.reference_values(results.methods[method].ranks_by, output)
        for value in exact.reindex(list(features)).dropna():
            ax.axhline(value, color=INK, linewidth=0.8, linestyle=(0, (4, 4)), zorder=1)


def _panel(ax: Axes, rows: pd.DataFrame, features: Sequence[str], style: MethodStyle) -> None:
    for k, feature in enumerate(features):
        one = rows[rows["feature"] == feature].sort_values("rows")
        value, low, high = (one[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
        at = one["rows"].to_numpy(dtype=float) * _BESIDE ** (k - (len(features) - 1) / 2)
        ends = np.vstack([value - np.minimum(low, value), np.maximum(high, value) - value])
        ax.errorbar(
            at, value, yerr=np.nan_to_num(ends), color=style.colour, marker=style.marker,
            markersize=marker_size(style.marker), markeredgecolor="white", markeredgewidth=0.5,
            linewidth=0.9, elinewidth=1.3, capsize=0, zorder=3,
        )  # fmt: skip
    ax.margins(x=0.06)


def _name_ends(ax: Axes, rows: pd.DataFrame, names: dict[str, str]) -> None:
    """Name the lines at their right ends, each as near as the others let it."""
    last = rows[rows["budget"] == rows["budget"].max()].set_index("feature")["value"]
    ends = last.reindex(list(names)).dropna().sort_values()
    low, high = ax.get_ylim()
    # a line of text, of the panel's height
    apart = 0.105 * (high - low)
    steps = apart * np.arange(len(ends))
    # the least squares of what they are moved by, under the distance between neighbours
    at = isotonic_regression(ends.to_numpy(dtype=float) - steps).x
    at = np.clip(at, low, max(low, high - (steps[-1] if len(steps) else 0.0))) + steps
    right = float(rows["rows"].max())
    for feature, place in zip(ends.index, at, strict=True):
        ax.annotate(
            names[str(feature)], (right, ends[feature]), xytext=(1.04, place),
            textcoords=ax.get_yaxis_transform(), va="center", fontsize=8.5, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": _LEAD, "linewidth": 0.6, "shrinkB": 4},
        )  # fmt: skip
    ax.set_ylim(low, high)
