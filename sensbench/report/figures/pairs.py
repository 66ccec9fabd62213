"""Inputs × inputs: how much of an output each pair moves together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from sensbench.findings.consensus import in_method_order, the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._own_model import in_page_order
from sensbench.report.panels import label_width, note_below, panels, title_panels
from sensbench.report.style import FLOOR, HEAT, INK, MUTED, house_style
from sensbench.report.text import count, in_figure, listed, number, plain_symbol, short_names
from sensbench.study.results import Results

# So many inputs a panel has: those in the pairs with the largest values.
_MOST_INPUTS = 12
# Of more inputs the numbers would not fit into their cells.
_MOST_WITH_NUMBERS = 8
_MOST_SAID = 5
# What is left of 0 by rounding.
_ROUNDING = 1e-9


class _Kind(NamedTuple):
    """Whose numbers a figure shows: a method's, of one of its measures of pairs."""

    method: str
    measure: str


def _kinds(results: Results) -> list[_Kind]:
    table = _of_pairs(results)
    return [
        _Kind(method, name)
        for method in in_method_order(results, table["estimator"])
        for name in dict.fromkeys(table.loc[table["estimator"] == method, "measure"].astype(str))
    ]


def _of_pairs(results: Results) -> pd.DataFrame:
    final = results.final()
    return final[final["partner"].astype(str).ne("") & final["value"].notna()]


@dataclass(frozen=True)
class Pairs(ReportFigure):
    """How much of an output each pair of inputs moves together; a figure per method."""

    name, section, order = "pairs", "measures", 15
    narrow = True
    caption = (
        "Each cell is a pair of inputs: what they do together beyond what each does alone; colour "
        "is its size. Bold numbers: the interval is clear of 0; of the others, the pair may do "
        "nothing together. Dots: no value. The inputs stand in the page's order; where there are "
        "many, those of the strongest pairs."
    )

    kind: _Kind | None = None
    number: int = 0  # of the figure, where there are several

    @property
    def title(self) -> str:
        return f"Pairs of inputs by {self.kind.method}" if self.kind else "Pairs of inputs"

    @property
    def slug(self) -> str:
        return f"pairs-{self.number}" if self.number else "pairs"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        """Return one for each measure of pairs; none where no method measured any."""
        kinds = _kinds(results)
        if len(kinds) < 2:
            return [Pairs(kinds[0])] if kinds else []
        return [Pairs(kind, k + 1) for k, kind in enumerate(kinds)]

    def applies(self, results: Results) -> Omitted | None:
        if len(_kinds(results)):
            return None
        asked = [m.label for m in results.methods.values() if "second_order" in m.params]
        how = f"; {listed(asked)} does with second_order=True" if asked else ""
        return Omitted(f"no method here measured pairs of inputs{how}")

    def draw(self, results: Results) -> Figure:
        """Return a panel per output: the pairs' values below the diagonal, with numbers if few."""
        question, table = the_question(results), self._table(results)
        outputs = self._outputs(results, table)
        orders = {output: self._inputs(results, table, output) for output in outputs}
        with house_style():
            d = max(map(len, orders.values()))
            names = short_names(question.features, 18)
            margin = label_width(list(names.values()))
            side = max(2.2, 0.42 * d) if d <= _MOST_WITH_NUMBERS else max(2.6, 0.28 * d)
            figure, axes = panels(len(outputs), margin + side + 0.2, side + margin + 0.25, 0.2)
            scale = Normalize(0.0, max(1e-12, float(table["value"].abs().max())))
            for ax, output in zip(axes, outputs, strict=True):
                rows = table[table["output"] == output]
                _panel(ax, rows, orders[output], [in_figure(names[f]) for f in orders[output]],
                       scale)  # fmt: skip
            title_panels(axes, outputs, len(question.outputs))
            self._scale(figure, axes, scale, results)
            rest = len(question.features) - d
            if rest > 0:
                note_below(figure, f"{count(rest, 'input')} in weaker pairs alone not shown")
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return self._table(results)

    def alt(self, results: Results) -> str:
        table, texts = self._table(results), []
        kind = self._kind(results)
        for output in self._outputs(results, table):
            rows = table[table["output"] == output]
            clear = rows[_clear(rows)]
            largest = clear["value"].abs().sort_values(ascending=False, kind="stable").index
            top = clear.loc[largest].head(_MOST_SAID)
            said = listed(
                f"{r['feature']} and {r['partner']} {number(r['value'], 2)}"
                for r in top.to_dict("records")
            )
            rest = f"{count(len(rows) - len(clear), 'pair')} not clear of 0"
            texts.append(f"{output}: {said}; {rest}" if said else f"{output}: {rest}")
        symbol = plain_symbol(results.measures[kind.measure].symbol)
        what = f"{symbol} of pairs by {kind.method}, of those clear of 0 the largest first"
        return f"{what}. {'; '.join(texts)}."

    def _kind(self, results: Results) -> _Kind:
        return self.kind or _kinds(results)[0]

    def _table(self, results: Results) -> pd.DataFrame:
        table, kind = _of_pairs(results), self._kind(results)
        mine = (table["estimator"] == kind.method) & (table["measure"] == kind.measure)
        return table[mine].reset_index(drop=True)

    def _outputs(self, results: Results, table: pd.DataFrame) -> list[str]:
        return [o for o in the_question(results).outputs if (table["output"] == o).any()]

    def _inputs(self, results: Results, table: pd.DataFrame, output: str) -> list[str]:
        """Return the inputs of one panel: all, or those in the strongest pairs."""
        rows = table[table["output"] == output]
        rows = rows.loc[rows["value"].abs().sort_values(ascending=False, kind="stable").index]
        order = in_page_order(results, the_question(results).features, output)
        named: dict[str, None] = {}
        for pair in rows[["feature", "partner"]].itertuples(index=False, name=None):
            if len(named.keys() | set(pair)) > _MOST_INPUTS:
                break
            named.update(dict.fromkeys(pair))
        return [f for f in order if f in named]

    def _scale(self, figure: Figure, axes: list[Axes], scale: Normalize, results: Results) -> None:
        colours = ScalarMappable(scale, sns.blend_palette(HEAT, as_cmap=True))
        bar = figure.colorbar(colours, ax=axes, aspect=20, pad=0.02, fraction=0.05)
        bar.outline.set_visible(False)
        measure = results.measures[self._kind(results).measure]
        bar.set_label(measure.symbol)


def _clear(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whose interval is on one side of 0, beyond rounding."""
    return (rows["low"] > _ROUNDING) | (rows["high"] < -_ROUNDING)


def _panel(
    ax: Axes, rows: pd.DataFrame, order: list[str], names: list[str], scale: Normalize
) -> None:
    d = len(order)
    at = {feature: k for k, feature in enumerate(order)}
    value, settled = np.full((d, d), np.nan), np.full((d, d), False)
    for r in rows.assign(clear=_clear(rows)).to_dict("records"):
        if r["feature"] in at and r["partner"] in at:
            i, j = sorted((at[r["feature"]], at[r["partner"]]), reverse=True)
            value[i, j], settled[i, j] = r["value"], r["clear"]
    shown = np.ma.masked_invalid(np.abs(value[1:, :-1]))
    ax.pcolormesh(
        shown, cmap=sns.blend_palette(HEAT, as_cmap=True), norm=scale, edgecolor="white",
        linewidth=1.0,
    )  # fmt: skip
    for i in range(1, d):
        for j in range(i):
            here = value[i, j]
            if np.isnan(here):
                ax.text(j + 0.5, i - 0.5, "·", ha="center", va="center", color=MUTED)
            elif d <= _MOST_WITH_NUMBERS:
                # adding 0.0 turns a rounded -0.0 into 0.0
                text = f"{round(here, 2) + 0.0:.2f}".replace("-", "−")
                ax.text(
                    j + 0.5, i - 0.5, text, ha="center", va="center",
                    fontsize=8.25, color=INK,
                    fontweight="bold" if settled[i, j] else "normal",
                )  # fmt: skip
    ax.set_facecolor("white")
    ax.set_yticks(np.arange(d - 1) + 0.5, names[1:])
    ax.set_xticks(np.arange(d - 1) + 0.5, names[:-1], rotation=45, ha="right",
                  rotation_mode="anchor")  # fmt: skip
    ax.set(xlim=(0, d - 1), ylim=(d - 1, 0))
    ax.tick_params(length=0)
    ax.grid(False)
    for i in range(1, d - 1):  # above the diagonal there is nothing
        ax.fill_between([i, d - 1], i - 1, i, color=FLOOR, linewidth=0)
