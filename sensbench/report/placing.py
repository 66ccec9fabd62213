"""Names next to points, none on top of another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, BboxBase

from sensbench.report.style import INK

# Where a name may go, in points from its mark: the nearest places first, to the right first.
_ANGLES = np.deg2rad([0, 30, -30, 180, 150, -150, 90, -90, 60, -60, 120, -120])
_DISTANCES = (6, 14, 24, 36, 50, 66)
_NEAR = 10


def place_names(
    figure: Figure,
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    lines: Sequence[np.ndarray] = (),
) -> None:
    """Annotate points in order of importance, each at the nearest place that is free.

    A name that had to move away is tied to its point by a thin line; where nothing is free the
    name is left out, which is better than two names that nobody can read. Names keep off
    ``lines``, given by two points each, where they can; elsewhere a white rim sets them apart.
    The figure must have been laid out: call its ``draw_without_rendering`` first.
    """
    frame = ax.get_window_extent()
    dots = ax.transData.transform(np.column_stack([x, y]))
    size = 4 * figure.dpi / 72
    taken: list[BboxBase] = [
        Bbox.from_bounds(px - size, py - size, 2 * size, 2 * size) for px, py in dots
    ]
    taken += [text.get_window_extent() for text in ax.texts]
    strokes = [ax.transData.transform(line) for line in lines]
    for at, name in zip(zip(x, y, strict=True), names, strict=True):
        text = ax.annotate(
            name, at, xytext=(0, 0), textcoords="offset points", fontsize=8.25, color=INK,
            va="center", zorder=5, path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip
        box = _free_place(ax, text, frame, taken, strokes)
        if box is None and strokes:
            box = _free_place(ax, text, frame, taken, ())
        if box is None:
            text.remove()
        else:
            taken.append(box)


def _free_place(
    ax: Axes,
    text: Annotation,
    frame: BboxBase,
    taken: Sequence[BboxBase],
    strokes: Sequence[np.ndarray],
) -> Bbox | None:
    for distance in _DISTANCES:
        for angle in _ANGLES:
            dx, dy = distance * np.cos(angle), distance * np.sin(angle)
            text.set_horizontalalignment("left" if dx > 1 else "right" if dx < -1 else "center")
            text.set_position((dx, dy))
            box = Bbox(text.get_window_extent().get_points()).expanded(1.02, 1.05)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
            free = not any(box.overlaps(other) for other in taken)
            start = ax.transData.transform(text.xy)
            free = free and not any(_passes(start, box, other) for other in taken)
            if inside and free and not any(_crosses(box, stroke) for stroke in strokes):
                if distance > _NEAR:
                    ax.annotate(
                        "", text.xy, xytext=(dx, dy), textcoords="offset points",
                        arrowprops={"arrowstyle": "-", "color": "#999999", "linewidth": 0.6},
                        zorder=2,
                    )  # fmt: skip
                return box
    return None


def _passes(start: np.ndarray, end: BboxBase, box: BboxBase) -> bool:
    """Return whether the line from a point to its name runs through something else's box."""
    if box.contains(*start):
        return False
    corners = np.array([[end.x0, end.y0], [end.x1, end.y1]])
    path = np.linspace(start, np.clip(start, *corners), 20)
    return any(box.contains(*point) for point in path)


def _crosses(box: BboxBase, stroke: np.ndarray) -> bool:
    """Return whether the line through two points, taken as endless, has corners on both sides."""
    along = stroke[1] - stroke[0]
    away = np.asarray(box.corners()) - stroke[0]
    side = np.sign(along[0] * away[:, 1] - along[1] * away[:, 0])
    return bool(side.min() != side.max())
