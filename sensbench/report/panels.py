"""Panels: figures without any state of pyplot's, and what all of them share."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import wrap
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from sensbench.errors import InputError
from sensbench.report.style import (
    EXACT_COLOUR,
    INK,
    HouseFigure,
    MethodStyle,
    target_width,
)
from sensbench.report.text import MOST_FEATURES as MOST_FEATURES
from sensbench.report.text import in_figure, plain_symbol, short_names

MOST_COLUMNS = 4
# inches of a panel in a figure of a given width
_NARROWEST = 1.3
# What a page shows without scrolling, from 768 pixels on.
WIDEST = 7.6
# Triangles and stars cover less than a circle of the same size.
_SIZES = {
    "^": 5.6,
    "v": 5.6,
    "<": 5.6,
    ">": 5.6,
    "*": 7.0,
    "D": 4.2,
    "d": 5.6,
    "p": 5.2,
    "P": 5.6,
    "X": 5.4,
}
_FORMULA = re.compile(r"\$[^$]*\$")
_given: ContextVar[Axes | None] = ContextVar("axes of a caller's figure", default=None)


@contextmanager
def drawn_on(ax: Axes) -> Iterator[None]:
    """Draw on these axes what is drawn in the block, which must be one panel."""
    token = _given.set(ax)
    try:
        yield
    finally:
        _given.reset(token)


def panels(
    n: int,
    width: float,
    height: float,
    margin: float = 0.0,
    share_y: bool = False,
    *,
    most_columns: int = MOST_COLUMNS,
    narrowest: float = _NARROWEST,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``n`` panels of that size in inches, no row much shorter than others.

    Inside :func:`drawn_on`, the caller's axes.

    Parameters
    ----------
    margin
        Room for labels on the left of all panels.
    share_y
        Only the first panel of a row has labels.
    most_columns
        Panels side by side, at most.
    narrowest
        Width of a panel in a figure of a given width, at least.

    Raises
    ------
    InputError
        The caller gave axes for one panel, and there are several.
    """
    given = _given.get()
    if given is not None:
        if n != 1:
            raise InputError(
                f"plot: expected a figure of one panel for ax; got {n} panels; choose with "
                f"output=, where it has one per output, or leave ax out"
            )
        return cast(Figure, given.get_figure(root=True)), [given]
    target = target_width()
    most = max(1, min(most_columns, int((WIDEST - margin) / width + 1e-9)))
    if target is not None:
        most = most_columns
        most = min(most, max(1, int((target - margin) / min(width, narrowest))))
    rows = math.ceil(n / most)
    columns = math.ceil(n / rows)
    across = margin + columns * width if target is None else target
    figure = HouseFigure(figsize=(across, rows * height + 0.5), layout="constrained")
    grid = figure.add_gridspec(rows, columns)
    axes: list[Axes] = []
    for k in range(n):
        first = axes[0] if axes and share_y else None
        ax = figure.add_subplot(grid[k // columns, k % columns], sharey=first)
        if share_y and k % columns:
            ax.tick_params(labelleft=False)
        axes.append(ax)
    return figure, axes


def label_width(labels: Sequence[str]) -> float:
    """Return about how many inches the longest label takes on an axis."""
    return 0.075 * max(map(len, labels), default=0) + 0.1


def title_panels(axes: Sequence[Axes], outputs: Sequence[str], all_outputs: int) -> None:
    """Name each panel's output, where the model has several."""
    if all_outputs > 1:
        names = short_names(outputs, 24)
        for ax, output in zip(axes, outputs, strict=True):
            ax.set_title(in_figure(names[output]))


def feature_axis(ax: Axes, features: Sequence[str], width: int = 28) -> None:
    """Put the features on the y axis, the first one on top."""
    names = short_names(features, width)
    ax.set_yticks(range(len(features)), [in_figure(names[f]) for f in features])
    ax.set_ylim(len(features) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")


def marker_size(marker: str) -> float:
    """Return the size in points at which markers look equally large."""
    return _SIZES.get(marker, 4.5)


def mark(style: MethodStyle, label: str) -> Line2D:
    """Return a legend entry of a method: its marker on its interval's line."""
    return Line2D(
        [],
        [],
        color=style.colour,
        marker=style.marker,
        markersize=marker_size(style.marker) + 0.5,
        linewidth=1.4,
        label=label,
    )


def exact_mark(label: str) -> Line2D:
    """Return the legend entry of exact values."""
    return Line2D(
        [],
        [],
        color=EXACT_COLOUR,
        marker="|",
        markersize=10,
        markeredgewidth=1.8,
        linestyle="none",
        label=label,
    )


def legend_above(figure: Figure, handles: Sequence[Line2D]) -> None:
    """Put the legend above all panels, in as many columns as fit; the figure grows by its rows.

    A caller's figure keeps its size: there it stands below the axes.
    """
    given = _given.get()
    if given is not None:
        below = given.transAxes + ScaledTranslation(0, -36 / 72, figure.dpi_scale_trans)
        given.legend(
            handles=list(handles), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2,
            bbox_transform=below, frameon=False, fontsize=8.5,
        )  # fmt: skip
        return
    width, height = figure.get_size_inches()
    longest = max(len(plain_symbol(str(handle.get_label()))) for handle in handles)
    columns = min(len(handles), max(1, int(width / (0.068 * longest + 0.5))))
    rows = math.ceil(len(handles) / columns)
    figure.set_size_inches(width, height + 0.2 * rows + 0.1)
    figure.legend(
        handles=list(handles),
        loc="outside upper center",
        # As even as possible: four entries as 2 + 2, not 3 + 1.
        ncols=math.ceil(len(handles) / rows),
        handlelength=1.6,
        columnspacing=1.4,
    )


def points(
    ax: Axes,
    at: np.ndarray,
    value: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    style: MethodStyle,
    *,
    hidden: np.ndarray | None = None,
) -> None:
    """Draw values with their intervals as horizontal lines; of ``hidden`` ones the lines alone."""
    ends = np.vstack([value - np.minimum(low, value), np.maximum(high, value) - value])
    seen = slice(None) if hidden is None else ~hidden
    ax.errorbar(
        value, at, xerr=np.nan_to_num(ends), fmt="none", ecolor=style.colour, elinewidth=1.3,
        capsize=0, zorder=3,
    )  # fmt: skip
    ax.plot(
        value[seen], at[seen], linestyle="none", marker=style.marker, color=style.colour,
        markersize=marker_size(style.marker), markeredgecolor="white", markeredgewidth=0.5,
        zorder=3.1,
    )  # fmt: skip


def exact_ticks(ax: Axes, at: np.ndarray, value: np.ndarray, size: float = 9.0) -> None:
    """Draw exact values as upright ticks, above the points."""
    ax.plot(
        value,
        at,
        linestyle="none",
        marker="|",
        markersize=size,
        markeredgewidth=1.6,
        color=EXACT_COLOUR,
        zorder=4,
    )


def note_below(figure: Figure, label: str, note: str = "") -> None:
    """Label the x axis of all panels, with a remark below it, in lines that the figure holds."""
    text = f"{label}\n{note}" if note else label
    text = "\n".join(_wrapped(line, int(figure.get_figwidth() / 0.07)) for line in text.split("\n"))
    given = _given.get()
    if given is not None:
        given.set_xlabel(text)
        return
    figure.supxlabel(text, fontsize="medium", color=INK)


def _wrapped(line: str, width: int) -> str:
    """Break a line at its blanks, but for those in formulas."""
    if len(plain_symbol(line)) <= width:
        return line
    kept = _FORMULA.sub(lambda found: found[0].replace(" ", "\0"), line)
    return "\n".join(wrap(kept, width, break_long_words=False)).replace("\0", " ")


def label_left(figure: Figure, label: str) -> None:
    """Label the y axis of all panels."""
    given = _given.get()
    if given is not None:
        given.set_ylabel(label)
        return
    figure.supylabel(label, fontsize="medium", color=INK)
