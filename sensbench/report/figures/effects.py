"""Effects: how the output and its derivative go along each of the first inputs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sensbench.effects.curves import SPREAD, Curve, Kind, SlopesAlong, slopes_along
from sensbench.effects.effects import MOST_CURVES
from sensbench.effects.effects import Effects as Computed
from sensbench.effects.slopes import Slopes
from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._own_model import (
    effects_of,
    in_page_order,
    moves_with_others,
    required,
    with_unit,
    wrapped,
)
from sensbench.report.panels import legend_above, note_below
from sensbench.report.style import INK, HouseFigure, family_colour, house_style, target_width
from sensbench.report.text import count, in_figure, listed, number, short_names
from sensbench.study.results import Question, Results

_COLUMNS = 3
# inches
_WIDTH, _HEIGHT = 2.6, 2.5
_NARROWEST = 1.45
# Characters of an input's name that fit above a panel.
_NAME, _NAME_NARROW = 18, 10
_SHORT = {Kind.PARTIAL: "PD", Kind.ACCUMULATED: "ALE"}
_DASHES: Any = {Kind.PARTIAL: "-", Kind.ACCUMULATED: (0, (4, 1.2))}
_BAND = 0.22
# A longer name of the output has a line of its own.
_SHORT_NAME = 6
# Powers of ten that ticks are written out for.
_PLAIN = (-3, 4)
_MIDDLE = f"{100 * (SPREAD[1] - SPREAD[0]):.0f} %"


class _Along(NamedTuple):
    """What is drawn of one input: its effect, and its slopes where it has any."""

    curve: Curve
    slopes: SlopesAlong | None


@dataclass(frozen=True)
class _Drawn:
    """What is drawn for one output, by input; and why others are not."""

    shown: dict[str, _Along]
    reasons: dict[str, str]
    n_rest: int


@dataclass(frozen=True)
class Effects(ReportFigure):
    """How the output and its derivative go along each of the first inputs."""

    name, section, order = "effects", "effects", 20
    asks_model = True
    narrow = True
    caption = (
        "Above: the output's change along an input, less its mean. PD, partial dependence: each "
        f"row with other values of this input (band: the middle {_MIDDLE} of the rows' own "
        "curves; they part where inputs act together). ALE, accumulated local effects: for an "
        "input that moves with others, as PD would ask the model about rows that do not occur. "
        f"Below: the derivative, its mean and the middle {_MIDDLE} of the rows. Points stand "
        "closer where rows are dense, and end where 1 % of the rows lie beyond."
    )

    output: str | None = None
    number: int = 0  # of the output, where there are several

    @property
    def title(self) -> str:
        return f"Effects on {self.output}" if self.number else "Effects"

    @property
    def slug(self) -> str:
        return f"effects-{self.number}" if self.number else "effects"

    def each(self, results: Results) -> Sequence[ReportFigure]:
        outputs = the_question(results).outputs
        if len(outputs) == 1:
            return [type(self)(outputs[0])]
        return [type(self)(output, k + 1) for k, output in enumerate(outputs)]

    def applies(self, results: Results) -> Omitted | None:
        effects = effects_of(results)
        if isinstance(effects, Omitted):
            return effects
        drawn = self._drawn(results, effects)
        if drawn.shown:
            return None
        return Omitted(listed(dict.fromkeys(drawn.reasons.values()), 2) or "there is no input")

    def draw(self, results: Results) -> Figure:
        """Return two panels per input: the effect above, the derivative below."""
        question, effects = the_question(results), required(effects_of(results), "effects")
        drawn, k = self._drawn(results, effects), self._place(results, effects)
        with house_style():
            figure, pairs = _grid(len(drawn.shown))
            width = _NAME if target_width() is None else _NAME_NARROW
            names = short_names(list(drawn.shown), width)
            ends = _ends([along.curve for along in drawn.shown.values()], k)
            for (feature, along), (upper, lower) in zip(drawn.shown.items(), pairs, strict=True):
                _effect(upper, along.curve, k, ends)
                upper.set_title(f"{in_figure(names[feature])} · {_SHORT[along.curve.kind]}")
                _derivative(lower, along, k)
                lower.set_xlabel(with_unit(question, feature, names[feature]))
            self._label(figure, pairs, question)
            note_below(figure, wrapped(figure, self._note(effects, drawn)))
            legend_above(figure, _legend(drawn))
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        effects = required(effects_of(results), "effects")
        k, parts = self._place(results, effects), []
        for feature, (curve, slopes) in self._drawn(results, effects).shown.items():
            parts.append(_frame(self._output(results), feature, str(curve.kind), curve.at,
                                (curve.value, curve.low, curve.high), k))  # fmt: skip
            if slopes is not None:
                parts.append(_frame(self._output(results), feature, "derivative", slopes.at,
                                    (slopes.mean, slopes.low, slopes.high), k))  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def alt(self, results: Results) -> str:
        effects = required(effects_of(results), "effects")
        k, texts = self._place(results, effects), []
        for feature, (curve, slopes) in self._drawn(results, effects).shown.items():
            y = curve.value[:, k]
            said = (
                f"{feature} ({curve.kind}): from {number(y[0], 2)} at {number(curve.at[0])} to "
                f"{number(y[-1], 2)} at {number(curve.at[-1])}"
            )
            if min(y[0], y[-1]) - y.min() > 0.1 * np.ptp(y):
                said += f", lowest {number(y.min(), 2)} at {number(curve.at[y.argmin()])}"
            if y.max() - max(y[0], y[-1]) > 0.1 * np.ptp(y):
                said += f", highest {number(y.max(), 2)} at {number(curve.at[y.argmax()])}"
            if slopes is not None:
                ends = (number(v, 2) for v in (slopes.mean[:, k].min(), slopes.mean[:, k].max()))
                said += f"; mean derivative from {' to '.join(ends)}"
            texts.append(said)
        return f"Effects on {self._output(results)}, less their means. {'. '.join(texts)}."

    def _output(self, results: Results) -> str:
        return self.output or the_question(results).outputs[0]

    def _place(self, results: Results, effects: Computed) -> int:
        return effects.outputs.index(self._output(results))

    def _drawn(self, results: Results, effects: Computed) -> _Drawn:
        question = the_question(results)
        order = in_page_order(results, question.features, self._output(results))
        shown: dict[str, _Along] = {}
        reasons: dict[str, str] = {}
        slopes = effects.slopes
        for feature in order:
            if len(shown) == MOST_CURVES:
                break
            curve = effects.curve(feature, moves_with_others(question, feature))
            if not isinstance(curve, Curve):
                reasons[feature] = str(curve)
                continue
            along = None
            if isinstance(slopes, Slopes) and feature in slopes.features:
                along = slopes_along(slopes, feature)
            shown[feature] = _Along(curve, along)
        return _Drawn(shown, reasons, len(order) - len(shown) - len(reasons))

    def _label(self, figure: Figure, pairs: list[tuple[Axes, Axes]], question: Question) -> None:
        output = self.output or question.outputs[0]
        short = short_names([output], 16)[output]
        unit = question.units.get(output, "")
        y = in_figure(f"{short} ({unit})" if unit else short)
        columns = _columns(len(pairs))
        gap = " " if len(y) <= _SHORT_NAME else "\n"
        for upper, lower in pairs[::columns]:
            upper.set_ylabel(f"change of{gap}{y}")
            lower.set_ylabel("derivative")

    def _note(self, effects: Computed, drawn: _Drawn) -> list[str]:
        curves = [along.curve for along in drawn.shown.values()]
        rows = sorted({curve.rows for curve in curves})
        between = f"{rows[0]:,}" if len(rows) == 1 else f"{rows[0]:,} to {rows[-1]:,}"
        spent = sum(curve.n_forward for curve in curves)
        of = f" of {effects.of_rows:,}" if effects.of_rows else ""
        lines = [f"effects from {between}{of} rows: {spent:,} rows through the model"]
        if drawn.n_rest:
            lines.append(f"{count(drawn.n_rest, 'more input')} of a smaller share not shown")
        if drawn.reasons:
            named = listed(short_names(list(drawn.reasons)).values(), 4)
            lines.append(f"without a curve: {in_figure(named)}")
        return lines


def _columns(n: int) -> int:
    target = target_width()
    most = _COLUMNS if target is None else max(1, min(_COLUMNS, int(target / _NARROWEST)))
    return math.ceil(n / math.ceil(n / most))


def _grid(n: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Return a figure with a pair of panels per input, one above the other."""
    columns, target = _columns(n), target_width()
    rows = math.ceil(n / columns)
    width = target or 0.5 + columns * _WIDTH
    figure = HouseFigure(figsize=(width, rows * _HEIGHT + 0.6), layout="constrained")
    # one grid for all: columns of a width, whatever the ticks beside them
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=(1.35, 1.0) * rows)
    pairs: list[tuple[Axes, Axes]] = []
    for j in range(n):
        row, column = 2 * (j // columns), j % columns
        upper = figure.add_subplot(grid[row, column], sharey=pairs[0][0] if pairs else None)
        lower = figure.add_subplot(grid[row + 1, column], sharex=upper)
        upper.tick_params(labelbottom=False, labelleft=j % columns == 0)
        pairs.append((upper, lower))
    return figure, pairs


def _ends(curves: Sequence[Curve], k: int) -> tuple[float, float]:
    """Return the common ends of the effects' axes: of all means, and of bands near them."""
    means = np.concatenate([c.value[:, k] for c in curves])
    low, high = float(means.min()), float(means.max())
    bands = [b[:, k] for c in curves for b in (c.low, c.high) if np.isfinite(b[:, k]).all()]
    if bands:
        reach = high - low
        low = max(low - reach, min(low, *(float(b.min()) for b in bands)))
        high = min(high + reach, max(high, *(float(b.max()) for b in bands)))
    pad = 0.06 * (high - low) or 1.0
    return low - pad, high + pad


def _effect(ax: Axes, curve: Curve, k: int, ends: tuple[float, float]) -> None:
    x, y, low, high = curve.at, curve.value[:, k], curve.low[:, k], curve.high[:, k]
    colour, has_band = INK, bool(np.isfinite(low).all())
    ax.axhline(0, color="#8A9098", linewidth=0.8, zorder=1)
    if curve.separate:
        bars = [np.maximum(y - low, 0), np.maximum(high - y, 0)]
        ax.errorbar(x, y, yerr=bars, fmt="o", markersize=3.5, color=colour, elinewidth=1.2)
    else:
        if has_band:
            ax.fill_between(x, low, high, color=colour, alpha=_BAND, linewidth=0, zorder=2)
        ax.plot(x, y, color=colour, linestyle=_DASHES[curve.kind], linewidth=1.4, zorder=3)
        ax.plot(x, y, color=colour, linestyle="none", marker="o", markersize=2.2, zorder=4)
    ax.set_ylim(*ends)
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.ticklabel_format(axis="y", scilimits=_PLAIN)
    if curve.separate and len(x) <= 8:
        ax.set_xticks(x)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))


def _derivative(ax: Axes, along: _Along, k: int) -> None:
    if along.slopes is None:
        ax.plot([], [])
        why = "separate values:" if along.curve.separate else "not known:"
        ax.text(0.5, 0.5, f"{why}\nno derivative", transform=ax.transAxes, ha="center",
                va="center", fontsize=8.25, color="#575D65")  # fmt: skip
        ax.set_yticks([])
        ax.plot(along.curve.at[[0, -1]], [0, 0], linewidth=0)
        return
    slopes, colour = along.slopes, family_colour("derivative")
    ax.axhline(0, color="#8A9098", linewidth=0.8, zorder=1)
    low, high = slopes.low[:, k], slopes.high[:, k]
    ax.fill_between(slopes.at, low, high, color=colour, alpha=_BAND, linewidth=0, zorder=2)
    ax.plot(slopes.at, slopes.mean[:, k], color=colour, marker="o", markersize=2.2, linewidth=1.4,
            zorder=3)  # fmt: skip
    # a constant slope in the middle of an axis, not of its rounding
    size = float(np.abs([low, high]).max())
    if float(high.max() - low.min()) < 1e-6 * size:
        ax.set_ylim(*sorted((0.0, 2.0 * float(low.mean()))))
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.ticklabel_format(axis="y", scilimits=_PLAIN)


def _legend(drawn: _Drawn) -> list[Line2D]:
    curves = [along.curve for along in drawn.shown.values()]
    entries = []
    for kind, dashes in _DASHES.items():
        if any(curve.kind == kind for curve in curves):
            label = f"{_SHORT[kind]}: {kind}"
            entries.append(Line2D([], [], color=INK, linewidth=1.4, linestyle=dashes, label=label))
    if any(along.slopes is not None for along in drawn.shown.values()):
        colour = family_colour("derivative")
        entries.append(Line2D([], [], color=colour, linewidth=1.4, label="mean derivative"))
    label = f"middle {_MIDDLE} of the rows"
    return [*entries, Line2D([], [], color=INK, alpha=_BAND, linewidth=7, label=label)]


def _frame(
    output: str, feature: str, what: str, at: np.ndarray, curves: tuple[np.ndarray, ...], k: int
) -> pd.DataFrame:
    value, low, high = (curve[:, k] for curve in curves)
    return pd.DataFrame(
        {"output": output, "feature": feature, "curve": what, "at": at, "value": value,
         "low": low, "high": high}
    )  # fmt: skip
