"""Names next to points, none on top of another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, BboxBase

from sensbench.report.style import INK

# Where a name may go, in points from its mark: the nearest places first, to the right first.
_ANGLES = np.deg2rad([0, 30, -30, 180, 150, -150, 90, -90, 60, -60, 120, -120])
_DISTANCES = (6, 14, 24, 36, 50, 66)
_NEAR = 10


def place_names(
    figure: Figure, ax: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str]
) -> None:
    """Annotate points in order of importance, each at the nearest place that is free.

    A name that had to move away is tied to its point by a thin line; where nothing is free the
    name is left out, which is better than two names that nobody can read. The figure must have
    been laid out: call its ``draw_without_rendering`` first.
    """
    frame = ax.get_window_extent()
    dots = ax.transData.transform(np.column_stack([x, y]))
    size = 4 * figure.dpi / 72
    taken: list[BboxBase] = [
        Bbox.from_bounds(px - size, py - size, 2 * size, 2 * size) for px, py in dots
    ]
    taken += [text.get_window_extent() for text in ax.texts]
    for at, name in zip(zip(x, y, strict=True), names, strict=True):
        text = ax.annotate(
            name, at, xytext=(0, 0), textcoords="offset points", fontsize=8, color=INK,
            va="center", zorder=5,
        )  # fmt: skip
        box = _free_place(ax, text, frame, taken)
        if box is None:
            text.remove()
        else:
            taken.append(box)


def _free_place(
    ax: Axes, text: Annotation, frame: BboxBase, taken: Sequence[BboxBase]
) -> Bbox | None:
    for distance in _DISTANCES:
        for angle in _ANGLES:
            dx, dy = distance * np.cos(angle), distance * np.sin(angle)
            text.set_horizontalalignment("left" if dx > 1 else "right" if dx < -1 else "center")
            text.set_position((dx, dy))
            box = Bbox(text.get_window_extent().get_points()).expanded(1.02, 1.05)
            inside = frame.x0 <= box.x0 and box.x1 <= frame.x1
            inside = inside and frame.y0 <= box.y0 and box.y1 <= frame.y1
            if inside and not any(box.overlaps(other) for other in taken):
                if distance > _NEAR:
                    ax.annotate(
                        "", text.xy, xytext=(dx, dy), textcoords="offset points",
                        arrowprops={"arrowstyle": "-", "color": "#999999", "linewidth": 0.6},
                        zorder=2,
                    )  # fmt: skip
                return box
    return None
