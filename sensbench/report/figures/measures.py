"""Every measure in its own unit, a panel each, with all methods that give it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sensbench.findings.consensus import headline_shares, in_method_order, mean_shares, the_question
from sensbench.findings.laws import known_for
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import (
    MOST_FEATURES,
    exact_mark,
    exact_ticks,
    feature_axis,
    label_width,
    legend_above,
    mark,
    note_below,
    panels,
    points,
)
from sensbench.report.style import GRID, INK, house_style, method_styles, target_width
from sensbench.report.text import count, in_figure, listed, number, plain_symbol, short_names
from sensbench.study.results import Question, Results

# More panels than this are no overview; the numbers of all are in the tables.
_MOST_PANELS = 12
# In one column of a journal.
_FEW_PANELS, _NARROW = 6, 5.0


def shown_measures(results: Results, output: str) -> dict[str, list[str]]:
    """Return each measure of the panels with the methods that give it.

    First what methods rank by, in the study's order. Left out are measures in units that differ
    from input to input, whose values have no common axis.
    """
    question = the_question(results)
    frame = results.final()
    frame = frame[(frame["output"] == output) & frame["value"].notna()]
    frame = frame[(frame["partner"] == "") & (frame["feature"] != "")]
    given = frame.groupby("measure")["estimator"].agg(set).to_dict()
    methods = in_method_order(results, frame["estimator"])
    names = [results.methods[m].ranks_by for m in methods]
    names += [name for name in results.measures if name in given]
    floors = {measure.floor for measure in results.measures.values() if measure.floor}
    return {
        name: [m for m in methods if m in given[name]]
        for name in dict.fromkeys(names)
        if name in given
        and name not in floors
        and _has_an_axis(question, results.measures[name].unit)
    }


def _has_an_axis(question: Question, unit: str) -> bool:
    units = {question.units.get(feature, "") for feature in question.features}
    return "{x}" not in unit or (len(units) == 1 and "" not in units)


def unit_label(question: Question, template: str, output: str) -> str:
    """Return the unit of a measure over all features: "N per m", or ""."""
    x = question.units.get(question.features[0], "")
    return template.format(y=question.units.get(output) or "y", x=x)


def _scale(ax: Axes, values: np.ndarray) -> None:
    """Leave some room beside the numbers, and show a range even where all are 0."""
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.margins(x=0.08)
    if not np.nanmax(np.abs(values), initial=0.0) > 0:
        ax.set_xlim(-1, 1)


@dataclass(frozen=True)
class Measures(ReportFigure):
    """Every measure in its own unit, a panel each, methods overlaid; a figure per output."""

    name, section, order = "measures", "measures", 10
    narrow = True
    caption = (
        "A panel per measure, with every method that gives it; first those that methods rank by. "
        "Inputs in the order of their mean share. Lines: the methods' intervals; black ticks: "
        "exact values. Derivatives in units that differ from input to input have no common axis; "
        "they are in the table."
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
        return Omitted(f"no method gave a value of an input for output {output}")

    def draw(self, results: Results) -> Figure:
        """Return one panel per measure, with intervals and exact values, over the features."""
        question = the_question(results)
        output = self._output(question)
        measures = shown_measures(results, output)
        is_narrow = (target_width() or _NARROW) < _NARROW
        drawn = dict(list(measures.items())[: _FEW_PANELS if is_narrow else _MOST_PANELS])
        order = list(mean_shares(headline_shares(results), output).index)
        features = (order or list(question.features))[:MOST_FEATURES]
        styles = method_styles(results.methods)
        with house_style():
            margin = label_width(list(short_names(features).values()))
            most = max(map(len, drawn.values()))
            height = max(
                1.3, 0.65 + max(0.17 if is_narrow else 0.2, 0.05 + 0.08 * most) * len(features)
            )
            figure, axes = panels(len(drawn), 1.95, height, margin, share_y=True)
            has_exact = False
            for ax, name in zip(axes, drawn, strict=True):
                has_exact |= _panel(ax, results, output, name, drawn[name], features)
            methods = in_method_order(
                results, pd.Series([m for several in drawn.values() for m in several])
            )
            handles = [mark(styles[m], in_figure(m)) for m in methods]
            if has_exact:
                handles.append(exact_mark(in_figure(question.truth_of or "exact")))
            legend_above(figure, handles)
            rest = len(measures) - len(drawn)
            if rest > 0:
                note_below(figure, f"{count(rest, 'more measure')} in the tables")
        return figure

    def alt(self, results: Results) -> str:
        output = self._output(the_question(results))
        final: pd.DataFrame = results.final()
        final = final[(final["output"] == output) & final["value"].notna()]
        texts = []
        for name, methods in list(shown_measures(results, output).items())[:_MOST_PANELS]:
            for method in methods:
                rows = final[(final["estimator"] == method) & (final["measure"] == name)]
                by_size = rows["value"].abs().sort_values(ascending=False, kind="stable")
                top = rows.reindex(by_size.index).head(3)
                pairs = zip(top["feature"], top["value"], strict=True)
                numbers = listed(f"{f} {number(v)}" for f, v in pairs)
                symbol = plain_symbol(results.measures[name].symbol)
                texts.append(f"{symbol} by {method}: {numbers}")
        return f"All measures for output {output}, the three largest of each. {'; '.join(texts)}."

    def _output(self, question: Question) -> str:
        return question.outputs[0] if self.output is None else self.output


def _panel(
    ax: Axes,
    results: Results,
    output: str,
    name: str,
    methods: Sequence[str],
    features: Sequence[str],
) -> bool:
    """Draw one measure by all methods that give it; return whether exact values are there."""
    question, styles = the_question(results), method_styles(results.methods)
    final = results.final()
    final = final[(final["output"] == output) & (final["measure"] == name)]
    rows = np.arange(len(features), dtype=float)
    step = 0.72 / max(len(methods), 2)
    drawn = [np.zeros(1)]
    for k, method in enumerate(methods):
        numbers = final[final["estimator"] == method].set_index("feature").reindex(list(features))
        at = rows + (k - (len(methods) - 1) / 2) * step
        columns = [numbers[c].to_numpy(dtype=float) for c in ("value", "low", "high")]
        value, low, high = columns
        points(ax, at, value, low, high, styles[method])
        drawn += columns
    exact = question.true_values(name, output).reindex(list(features)).to_numpy(dtype=float)
    known = any(known_for(results.methods[m], question) for m in methods)
    has_exact = known and bool(np.isfinite(exact).any())
    if has_exact:
        exact_ticks(ax, rows, exact, size=7 + 3.5 * len(methods))
    _scale(ax, np.concatenate(drawn))
    for edge in rows[:-1] + 0.5 if len(methods) > 1 else ():
        ax.axhline(edge, color=GRID, linewidth=0.8, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    feature_axis(ax, features)
    ax.set_title(results.measures[name].symbol, fontweight="normal")
    ax.set_xlabel(in_figure(unit_label(question, results.measures[name].unit, output)))
    return has_exact
