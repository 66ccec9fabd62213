"""Every method's own measure in its own unit, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sensbench.findings.consensus import headline_shares, in_method_order, mean_shares, the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import (
    MOST_FEATURES,
    exact_mark,
    exact_ticks,
    feature_axis,
    label_width,
    legend_above,
    mark,
    panels,
    points,
)
from sensbench.report.style import INK, house_style, method_styles
from sensbench.report.text import in_figure, listed, number, plain_symbol, short_names
from sensbench.study.results import Question, Results

# Shown beside the measure a method ranks by: the direction of an effect, on a scale that all
# inputs share, and what an input does alone.
BESIDES = ("derivative_mean_standardised", "first_order")


def shown_measures(results: Results, output: str) -> list[tuple[str, str]]:
    """Return (method, measure) of the panels, in the study's order."""
    frame = results.final()
    frame = frame[(frame["output"] == output) & frame["value"].notna() & (frame["partner"] == "")]
    pairs = []
    for method in in_method_order(results, frame["estimator"]):
        computed = set(frame.loc[frame["estimator"] == method, "measure"])
        wanted = (*BESIDES, results.methods[method].ranks_by)
        pairs += [(method, name) for name in dict.fromkeys(wanted) if name in computed]
    return pairs


def unit_label(question: Question, template: str, output: str, features: list[str]) -> str:
    """Return the unit of a measure over all features: "N per unit of input", or ""."""
    if not template:
        return ""
    y = question.units.get(output) or "y"
    shared = {question.units.get(feature, "") for feature in features}
    x = shared.pop() if len(shared) == 1 else ""
    return template.format(y=y, x=x or "unit of x")


def _scale(ax: Axes, value: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Leave some room beside the numbers, and show a range even where all are 0."""
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.margins(x=0.08)
    if not np.nanmax(np.abs(np.concatenate([value, low, high]))) > 0:
        ax.set_xlim(-1, 1)


@dataclass(frozen=True)
class Measures(ReportFigure):
    """Every method's own measure in its own unit, side by side; a figure per output."""

    name, section, order = "measures", "measures", 10
    caption = (
        "The measure each method ranks by, with the mean derivative (signed, in standard "
        "deviations of the output per standard deviation of the input) and the first-order "
        "index where they were computed. Derivatives in their units are in the table above."
    )

    output: str | None = None
    number: int = 0  # of the output, where there are several

    @property
    def title(self) -> str:
        return f"All measures, output {self.output}" if self.number else "All measures"

    @property
    def slug(self) -> str:
        return f"measures-{self.number}" if self.number else "measures"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        outputs = the_question(results).outputs
        if len(outputs) == 1:
            return [Measures(outputs[0])]
        return [Measures(output, k + 1) for k, output in enumerate(outputs)]

    def applies(self, results: Results) -> Omitted | None:
        output = self._output(the_question(results))
        if shown_measures(results, output):
            return None
        return Omitted(f"no method gave a value of the measure it ranks by for output {output}")

    def draw(self, results: Results) -> Figure:
        """Return one panel per measure, with intervals and exact values, over the features."""
        question = the_question(results)
        output = self._output(question)
        columns = shown_measures(results, output)
        final = results.final()
        final = final[(final["output"] == output) & (final["partner"] == "")]
        shared = headline_shares(results)
        order = list(mean_shares(shared, output).index) or list(question.features)
        features = order[:MOST_FEATURES]
        styles = method_styles(results.methods)
        with house_style():
            names = list(short_names(features).values())
            height = max(1.5, 0.7 + 0.22 * len(features))
            figure, axes = panels(len(columns), 1.95, height, label_width(names), share_y=True)
            has_exact = False
            for ax, (method, name) in zip(axes, columns, strict=True):
                numbers = final[(final["estimator"] == method) & (final["measure"] == name)]
                exact = question.true_values(name, output)
                has_exact |= len(exact) > 0
                at = np.arange(len(features), dtype=float)
                row = numbers.set_index("feature").reindex(features)
                value, low, high = (row[c].to_numpy(dtype=float) for c in ("value", "low", "high"))
                points(ax, at, value, low, high, styles[method])
                exact_ticks(ax, at, exact.reindex(features).to_numpy(dtype=float), size=11)
                _scale(ax, value, low, high)
                ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
                feature_axis(ax, features)
                ax.set_title(results.measures[name].symbol, fontweight="normal")
                ax.set_xlabel(
                    in_figure(unit_label(question, results.measures[name].unit, output, features))
                )
            handles = [mark(styles[m], in_figure(m)) for m in dict.fromkeys(m for m, _ in columns)]
            if has_exact:
                handles.append(exact_mark(in_figure(question.truth_of or "exact")))
            legend_above(figure, handles)
        return figure

    def alt(self, results: Results) -> str:
        output = self._output(the_question(results))
        final: pd.DataFrame = results.final()
        texts = []
        for method, name in shown_measures(results, output):
            of_measure = final[
                (final["output"] == output)
                & (final["estimator"] == method)
                & (final["measure"] == name)
            ]
            top = of_measure.reindex(
                of_measure["value"].abs().sort_values(ascending=False).index
            ).head(3)
            pairs = zip(top["feature"], top["value"], strict=True)
            numbers = listed(f"{f} {number(v)}" for f, v in pairs)
            texts.append(f"{method}, {plain_symbol(results.measures[name].symbol)}: {numbers}")
        return f"All measures for output {output}, the three largest of each. {'; '.join(texts)}."

    def _output(self, question: Question) -> str:
        return question.outputs[0] if self.output is None else self.output
