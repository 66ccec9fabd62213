"""Slopes: the derivative at every row, a swarm per input, coloured by the input's value."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from scipy.stats import rankdata

from sensbench.effects.slopes import Slopes as Computed
from sensbench.errors import InputError, require
from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._own_model import effects_of, in_page_order, rows_said, wrapped
from sensbench.report.panels import (
    MOST_FEATURES,
    WIDEST,
    feature_axis,
    label_width,
    note_below,
    panels,
    title_panels,
)
from sensbench.report.style import GRID, INK, house_style
from sensbench.report.text import count, in_figure, listed, number, percent, short_names
from sensbench.study.results import Results

AXIS = r"$\partial y/\partial x\cdot\sigma_x/\sigma_y$ at each row"
# From a low to a high value of the input: apart for every kind of colour vision, and from white.
LOW_TO_HIGH = ("#0A58A3", "#8E7FA8", "#CF5200")
# Places across the axis: marks in one place stand above each other.
_PLACES = 120
_HALF = 0.4  # of a row's height
_MOST_VECTOR_MARKS = 2000
# Slopes beyond these parts of an input's rows may be left to the edge.
_ENDS = (0.005, 0.995)
_WORTH_CUTTING = 1.6


def swarm(x: Float[np.ndarray, " n"], low: float, high: float) -> Float[np.ndarray, " n"]:
    """Return how far above or below its line each mark stands, so that dense places are wide.

    Marks in one of the places between ``low`` and ``high`` are stacked on both sides of the line;
    the densest place has the whole height, from -1 to 1.
    """
    place = np.clip((_PLACES * (x - low) / max(high - low, 1e-300)).astype(int), 0, _PLACES - 1)
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place, minlength=_PLACES)
    starts = np.cumsum(counts) - counts
    nth = np.empty(len(x))
    nth[order] = np.arange(len(x)) - starts[place[order]]
    centred = nth - (counts[place] - 1) / 2
    return centred / max((counts.max() - 1) / 2, 4.0)


@dataclass(frozen=True)
class Slopes(ReportFigure):
    """The derivative at every row, a swarm per input, coloured by the input's value."""

    name, section, order = "slopes", "effects", 10
    asks_model = True
    narrow = True
    title = "Slopes at the rows"
    caption = (
        "One mark per row and input: the derivative there, in standard deviations of the output "
        "per standard deviation of the input. Right of 0 the output rises with the input, left of "
        "it, it falls. Colour is the input's value in that row, low to high: where colours part, "
        "the slope changes along the input; where they mix, other inputs change it. A triangle at "
        "an edge, with a number: so many slopes beyond it."
    )

    max_display: int = MOST_FEATURES

    def __post_init__(self) -> None:
        whole = isinstance(self.max_display, int) and not isinstance(self.max_display, bool)
        require(
            whole and self.max_display >= 1, self.name, "max_display of 1 or more", self.max_display
        )

    def applies(self, results: Results) -> Omitted | None:
        found = self._computed(results)
        return found if isinstance(found, Omitted) else None

    def draw(self, results: Results) -> Figure:
        """Return a panel per output with a row per input, the inputs in the page's order."""
        question, slopes = the_question(results), self._slopes(results)
        outputs = self._outputs(results, slopes)
        shown = self._shown(results, slopes)
        numbers, ranks = _numbers(slopes, shown), _ranks(slopes, shown)
        ends = _limits(numbers[:, [slopes.outputs.index(o) for o in outputs]])
        with house_style():
            colours = sns.blend_palette(LOW_TO_HIGH, as_cmap=True)
            n = len(outputs)
            margin = label_width(list(short_names(shown).values()))
            width = {1: 5.6, 2: min(3.3, (WIDEST - margin) / 2), 3: 2.6}.get(n, 2.3)
            height = max(1.6, 0.5 + 0.36 * len(shown))
            figure, axes = panels(n, width, height, margin, share_y=True)
            for ax, output in zip(axes, outputs, strict=True):
                k = slopes.outputs.index(output)
                _panel(ax, numbers[:, k], ranks, ends, colours)
                feature_axis(ax, shown)
            title_panels(axes, outputs, len(question.outputs))
            _colour_bar(figure, axes, colours)
            note_below(figure, AXIS, wrapped(figure, self._note(slopes, shown)))
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        slopes = self._slopes(results)
        shown, parts = self._shown(results, slopes), []
        numbers = _numbers(slopes, shown)
        for output in self._outputs(results, slopes):
            k = slopes.outputs.index(output)
            for i, feature in enumerate(shown):
                at = slopes.features.index(feature)
                parts.append(
                    pd.DataFrame(
                        {
                            "output": output,
                            "feature": feature,
                            "row": np.arange(len(numbers)),
                            "value": slopes.X[:, at],
                            "slope": slopes.slope[:, k, at],
                            "slope_standardised": numbers[:, k, i],
                        }
                    )
                )
        return pd.concat(parts, ignore_index=True)

    def alt(self, results: Results) -> str:
        slopes = self._slopes(results)
        shown, texts = self._shown(results, slopes), []
        numbers = _numbers(slopes, shown)
        for output in self._outputs(results, slopes):
            k = slopes.outputs.index(output)
            said = [_said(f, numbers[:, k, i]) for i, f in enumerate(shown[:6])]
            more = f"; {count(len(shown) - 6, 'more input')}" if len(shown) > 6 else ""
            texts.append(f"{output}: {'; '.join(said)}{more}.")
        where = rows_said(len(slopes.X), slopes.of_rows)
        return f"Standardised slopes at {where}. {' '.join(texts)}"

    def _computed(self, results: Results) -> Computed | Omitted:
        effects = effects_of(results)
        if isinstance(effects, Omitted):
            return effects
        found = effects.slopes
        if not isinstance(found, Computed):
            return Omitted(str(found))
        if not self._outputs(results, found):
            return Omitted("no output varies over the rows")
        return found

    def _slopes(self, results: Results) -> Computed:
        found = self._computed(results)
        if isinstance(found, Omitted):
            raise InputError(f"slopes: expected results with slopes; {found.reason}")
        return found

    def _outputs(self, results: Results, slopes: Computed) -> list[str]:
        varying = dict(zip(slopes.outputs, slopes.sigma_y.tolist(), strict=True))
        return [o for o in the_question(results).outputs if varying[o] > 0]

    def _shown(self, results: Results, slopes: Computed) -> list[str]:
        return in_page_order(results, slopes.features, None)[: self.max_display]

    def _note(self, slopes: Computed, shown: list[str]) -> list[str]:
        spent = slopes.n_forward + slopes.n_backward
        lines = [f"{rows_said(len(slopes.X), slopes.of_rows)}: {spent:,} rows through the model"]
        rest = len(slopes.features) - len(shown)
        if rest:
            lines.append(f"{count(rest, 'more input')} of a smaller mean share not shown")
        if slopes.without:
            named = listed(short_names(list(slopes.without)).values(), 4)
            lines.append(f"no derivative: {in_figure(named)}")
        return lines


def _numbers(slopes: Computed, shown: list[str]) -> Float[np.ndarray, "n o m"]:
    return slopes.standardised[:, :, [slopes.features.index(f) for f in shown]]


def _ranks(slopes: Computed, shown: list[str]) -> Float[np.ndarray, "n m"]:
    """Return the place of each input's value among the rows, from 0 to 1."""
    X = slopes.X[:, [slopes.features.index(f) for f in shown]]
    return (rankdata(X, axis=0) - 1) / max(1, len(X) - 1)


def _limits(numbers: Float[np.ndarray, "n o m"]) -> tuple[float, float]:
    """Return the axis's ends: those of all slopes, unless a few make it much longer."""
    whole = min(0.0, float(numbers.min())), max(0.0, float(numbers.max()))
    inner = np.quantile(numbers, _ENDS, axis=0)
    low, high = min(0.0, float(inner[0].min())), max(0.0, float(inner[1].max()))
    if whole[1] - whole[0] <= _WORTH_CUTTING * (high - low):
        low, high = whole
    return (low, high) if high > low else (-1.0, 1.0)


def _panel(
    ax: Axes,
    numbers: Float[np.ndarray, "n m"],
    ranks: Float[np.ndarray, "n m"],
    ends: tuple[float, float],
    colours: Any,
) -> None:
    low, high = ends
    rasterized = numbers.size > _MOST_VECTOR_MARKS
    for i in range(numbers.shape[1]):
        x = numbers[:, i]
        inside = (x >= low) & (x <= high)
        at = i - _HALF * swarm(np.clip(x, low, high), low, high)
        ax.scatter(
            x[inside], at[inside], s=7, c=ranks[inside, i], cmap=colours, vmin=0, vmax=1,
            linewidth=0, zorder=3, rasterized=rasterized,
        )  # fmt: skip
        for beyond, edge, head in ((x < low, low, "<"), (x > high, high, ">")):
            if beyond.any():
                ax.scatter(
                    np.full(beyond.sum(), edge), np.full(beyond.sum(), float(i)), s=26,
                    c=ranks[beyond, i], cmap=colours, vmin=0, vmax=1, marker=head, linewidth=0,
                    clip_on=False, zorder=4, rasterized=rasterized,
                )  # fmt: skip
                ax.annotate(
                    f"{beyond.sum()}", (edge, i), xytext=(0, 5), textcoords="offset points",
                    ha="right" if head == ">" else "left", fontsize=8.25, color=INK,
                )  # fmt: skip
        if i:
            ax.axhline(i - 0.5, color=GRID, linewidth=0.8, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    pad = 0.03 * (high - low)
    ax.set_xlim(low - pad, high + pad)


def _colour_bar(figure: Figure, axes: list[Axes], colours: Any) -> None:
    bar = figure.colorbar(ScalarMappable(cmap=colours), ax=axes, aspect=30, pad=0.02, fraction=0.04)
    bar.set_ticks([0.0, 1.0], labels=["low", "high"])
    # beside the ends, which it meets where the bar is short
    bar.set_label("the input's value (rank)", labelpad=2)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)


def _said(feature: str, x: Float[np.ndarray, " n"]) -> str:
    low, median, high = np.quantile(x, [0, 0.5, 1])
    return (
        f"{feature} from {number(low, 2)} to {number(high, 2)}, median {number(median, 2)}, below "
        f"0 in {percent(float((x < 0).mean()))} of the rows"
    )
