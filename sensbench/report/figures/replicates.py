"""Every run's interval, replicate by replicate, with the true value and how many hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sensbench.findings.consensus import in_method_order, the_question
from sensbench.findings.laws import known_for
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._own_model import in_page_order
from sensbench.report.panels import feature_axis, label_width, legend_above, note_below, panels
from sensbench.report.style import EXACT_COLOUR, GRID, INK, MethodStyle, house_style, method_styles
from sensbench.report.text import count, in_figure, listed, number, short_names
from sensbench.study.results import Question, Results

# More inputs or more replicates would leave no room between the intervals.
_MOST_INPUTS, _MOST_DRAWN = 10, 40
_FEWEST = 2
_HALF = 0.36  # of an input's band
# Of an axis: beyond so many times the reach of most intervals, they are cut.
_REACH = 0.02


class _Strip(NamedTuple):
    """One input's intervals by one method, in the order of the replicates."""

    low: Float[np.ndarray, " r"]
    value: Float[np.ndarray, " r"]
    high: Float[np.ndarray, " r"]
    known: float

    @property
    def holds(self) -> Bool[np.ndarray, " r"]:
        """Which intervals hold the known value; none where it is not known."""
        return (self.low <= self.known) & (self.known <= self.high)


@dataclass(frozen=True)
class Replicates(ReportFigure):
    """Every replicate's interval for each input, a panel per method; a figure per output."""

    name, section, order = "replicates", "replicates", 10
    narrow = True
    caption = (
        "Each line is the interval of one run, the first replicate on top. Upright and black: the "
        "known value of the very measure (of a network: its own). Dark and thick: an interval that "
        "misses it. On the right, how many hold it, of the runs that gave an interval. At a level "
        "of 95 %, about 1 of 20 should miss; many more on one side are a bias, on both sides "
        "intervals that are too short."
    )

    output: str | None = None
    number: int = 0  # of the output, where there are several

    @property
    def title(self) -> str:
        where = f", output {self.output}" if self.number else ""
        return f"Intervals over replicates{where}"

    @property
    def slug(self) -> str:
        return f"replicates-{self.number}" if self.number else "replicates"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        outputs = the_question(results).outputs
        if len(outputs) == 1:
            return [Replicates(outputs[0])]
        return [Replicates(output, k + 1) for k, output in enumerate(outputs)]

    def applies(self, results: Results) -> Omitted | None:
        if self._methods(results):
            return None
        if int(results.cells["replicate"].nunique()) < _FEWEST:
            return Omitted("it needs replicates; there is one run of each method")
        return Omitted(f"no method gave intervals in two replicates for output {self._of(results)}")

    def draw(self, results: Results) -> Figure:
        """Return a panel per method, its inputs below each other, a line per replicate."""
        question, methods = the_question(results), self._methods(results)
        shown = self._inputs(results)
        styles = method_styles(results.methods)
        with house_style():
            margin = label_width(list(short_names(shown).values()))
            runs = min(_MOST_DRAWN, max(len(s.low) for m in methods for s in m[1].values()))
            band = max(0.34, 0.025 * runs + 0.1)
            figure, axes = panels(len(methods), 2.6, 0.9 + band * len(shown), margin, share_y=True)
            for ax, (method, strips) in zip(axes, methods, strict=True):
                symbol = results.methods[method].headline.symbol
                ax.set_title(f"{in_figure(short_names([method], 20)[method])}\n{symbol}")
                _panel(ax, [strips.get(f) for f in shown], styles[method])
                feature_axis(ax, shown)
            rest = len(question.features) - len(shown)
            lines = (
                [f"{count(rest, 'more input')} of a smaller mean share not shown"] if rest else []
            )
            most = max(len(s.low) for m in methods for s in m[1].values())
            if most > _MOST_DRAWN:
                lines.append(f"the first {_MOST_DRAWN} of {most} replicates are drawn, all counted")
            note_below(figure, "value of the method's own measure", "\n".join(lines))
            legend_above(figure, _legend(question, methods))
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        """Return one row per run and input: method, measure, replicate, ends, known, holds."""
        table = _last(results, self._of(results))
        table["known"] = np.nan
        for method in dict.fromkeys(table["estimator"]):
            known = _known(results, str(method), self._of(results))
            mine = table["estimator"] == method
            table.loc[mine, "known"] = table.loc[mine, "feature"].map(known).astype(float)
        inside = (table["low"] <= table["known"]) & (table["known"] <= table["high"])
        table["holds"] = inside.astype(object).where(table["known"].notna())
        columns = ["output", "estimator", "measure", "feature", "budget", "replicate", "value",
                   "low", "high", "known", "holds"]  # fmt: skip
        return table[columns].reset_index(drop=True)

    def alt(self, results: Results) -> str:
        texts, shown = [], self._inputs(results)
        for method, strips in self._methods(results):
            said = [_said(f, strips[f]) for f in shown if f in strips]
            texts.append(f"{method}: {listed(said, 6)}")
        where = f" for output {self._of(results)}" if self.number else ""
        return f"Intervals of every replicate{where}. {'; '.join(texts)}."

    def _of(self, results: Results) -> str:
        return self.output or the_question(results).outputs[0]

    def _inputs(self, results: Results) -> list[str]:
        features = the_question(results).features
        return in_page_order(results, features, self._of(results))[:_MOST_INPUTS]

    def _methods(self, results: Results) -> list[tuple[str, dict[str, _Strip]]]:
        """Return the methods with intervals in two replicates or more, and those by input."""
        table, found = _last(results, self._of(results)), []
        for method in in_method_order(results, table["estimator"]):
            known = _known(results, method, self._of(results))
            mine = table[table["estimator"] == method]
            strips = {}
            for feature, rows in mine.groupby("feature", sort=False):
                low, value, high = (rows[c].to_numpy(float) for c in ("low", "value", "high"))
                own = float(known.get(str(feature), np.nan))
                strips[str(feature)] = _Strip(low, value, high, own)
            if any(len(strip.low) >= _FEWEST for strip in strips.values()):
                found.append((method, strips))
        return found


def _last(results: Results, output: str) -> pd.DataFrame:
    """Return every replicate's headline numbers that have intervals, at the largest budgets."""
    frame = results.frame[(results.frame["output"] == output) & (results.frame["partner"] == "")]
    ranks_by = frame["estimator"].map({m.label: m.ranks_by for m in results.methods.values()})
    frame = frame[(frame["measure"] == ranks_by) & (frame["feature"] != "")]
    frame = frame[frame["low"].notna() & frame["high"].notna() & frame["value"].notna()]
    largest = frame.groupby("estimator")["budget"].transform("max")
    return frame[frame["budget"] == largest].sort_values("replicate", kind="stable").copy()


def _known(results: Results, method: str, output: str) -> "pd.Series[float]":
    question, of = the_question(results), results.methods[method]
    if not known_for(of, question):
        return pd.Series(dtype=float)
    return question.reference_values(of.ranks_by, output)


def _panel(ax: Axes, strips: Sequence[_Strip | None], style: MethodStyle) -> None:
    ends = [np.concatenate([s.low, s.high, [s.known]]) for s in strips if s is not None]
    low, high = _ends(np.concatenate(ends))
    for i, strip in enumerate(strips):
        if i:
            ax.axhline(i - 0.5, color=GRID, linewidth=0.8, zorder=0)
        if strip is None:
            continue
        n = min(len(strip.low), _MOST_DRAWN)
        at = i + _HALF * np.linspace(-1, 1, n) if n > 1 else np.array([float(i)])
        missed = ~strip.holds[:n] & np.isfinite(strip.known)
        for which, colour, width in ((~missed, style.colour, 0.9), (missed, INK, 2.0)):
            ax.hlines(
                at[which], np.clip(strip.low[:n][which], low, high),
                np.clip(strip.high[:n][which], low, high), color=colour, linewidth=width, zorder=2,
            )  # fmt: skip
        inside = (strip.value[:n] >= low) & (strip.value[:n] <= high)
        ax.plot(strip.value[:n][inside], at[inside], linestyle="none", marker="|", markersize=2.6,
                color=INK, markeredgewidth=0.7, zorder=3)  # fmt: skip
        if np.isfinite(strip.known):
            ax.plot([strip.known] * 2, [i - 0.46, i + 0.46], color=EXACT_COLOUR, linewidth=1.3,
                    zorder=4)  # fmt: skip
            ax.annotate(
                f"{int(strip.holds.sum())}/{len(strip.low)}", (1.0, i), xytext=(4, 0),
                xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                fontsize=8.25, color=INK, annotation_clip=False,
            )  # fmt: skip
    ax.set_xlim(low, high)
    ax.xaxis.set_major_locator(MaxNLocator(4))


def _ends(numbers: Float[np.ndarray, " k"]) -> tuple[float, float]:
    """Return the axis's ends: of all intervals, but for a few that are much longer."""
    numbers = numbers[np.isfinite(numbers)]
    inner_low, inner_high = np.quantile(numbers, [_REACH, 1 - _REACH])
    reach = inner_high - inner_low
    low, high = max(numbers.min(), inner_low - reach), min(numbers.max(), inner_high + reach)
    pad = 0.04 * (high - low) or 1.0
    return float(low - pad), float(high + pad)


def _legend(question: Question, methods: list[tuple[str, dict[str, _Strip]]]) -> list[Line2D]:
    known = any(np.isfinite(s.known) for _, strips in methods for s in strips.values())
    entries = [
        Line2D([], [], color=INK, linewidth=0.9, label="interval of one run (colour: method)")
    ]
    if known:
        own = "the network's own value" if question.reference else question.truth_of or "known"
        entries += [
            Line2D([], [], color=INK, linewidth=2.0, label="interval that misses"),
            Line2D([], [], color=EXACT_COLOUR, marker="|", markersize=10, markeredgewidth=1.4,
                   linestyle="none", label=in_figure(own)),
        ]  # fmt: skip
    return entries


def _said(feature: str, strip: _Strip) -> str:
    ends = f"{number(strip.low.min(), 2)} to {number(strip.high.max(), 2)}"
    if not np.isfinite(strip.known):
        return f"{feature} {count(len(strip.low), 'interval')} within {ends}"
    held = f"{int(strip.holds.sum())} of {len(strip.low)}"
    return f"{feature} {held} hold {number(strip.known, 3)}"
