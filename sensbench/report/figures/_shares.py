"""What the figures of importance share: a panel of one output's shares, and its legend."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from sensbench.findings.consensus import in_method_order, mean_shares, same_question, the_question
from sensbench.findings.settled import Settled
from sensbench.report.panels import exact_mark, exact_ticks, feature_axis, mark, points
from sensbench.report.style import FLOOR, GRID, INK, MUTED, MethodStyle, method_styles
from sensbench.report.text import in_figure, listed, short_names
from sensbench.report.wording_dependence import beside
from sensbench.study.results import Results

AXIS = "share of importance"
# A share lies in [0, 1]; an interval that leaves this range is cut, with an arrow head.
_RANGE = (-0.3, 1.3)
# 11 pixels on a screen, the least that a page shows
SMALL = 8.25
FLOOR_LABEL = "what an ignored input scores, at most"


def with_shares(results: Results, frame: pd.DataFrame) -> list[str]:
    """Return the methods that give shares, in the study's order."""
    return in_method_order(results, frame.loc[frame["share"].notna(), "estimator"])


def handles(results: Results, frame: pd.DataFrame) -> list[Line2D]:
    """Return the legend of the methods that give shares, and of exact values."""
    styles, question = method_styles(results.methods), the_question(results)
    handles = [
        mark(styles[m], f"{in_figure(m)} ({_asked(results, m)})")
        for m in with_shares(results, frame)
    ]
    if question.noise_floor:
        handles.append(Line2D([], [], color=FLOOR, linewidth=6, label=FLOOR_LABEL))
    if frame["exact_share"].notna().any():
        handles.append(exact_mark(in_figure(question.truth_of or "exact")))
    return handles


def _asked(results: Results, method: str) -> str:
    other = beside(results, method)
    return results.methods[method].headline.symbol + (f", {other}" if other else "")


def row_height(n_methods: int, remarks: bool = False) -> float:
    """Return inches of an input's row: marks of all methods apart, room for a remark."""
    return max(0.36 if remarks else 0.26, 0.10 + 0.074 * n_methods)


def draw_panel(
    ax: Axes,
    frame: pd.DataFrame,
    features: Sequence[str],
    methods: Sequence[str],
    styles: Mapping[str, MethodStyle],
    limits: tuple[float, float],
    *,
    ranks: Mapping[str, str] | None = None,
) -> None:
    """Draw one output's shares on ``ax``, intervals cut at the limits.

    Under an input stands which methods have no share of it. ``ranks``: what stands at the right.
    """
    low, high = limits
    if "noise_share" in frame:
        floor = frame["noise_share"].max()
        if np.isfinite(floor):
            ax.axvspan(0.0, min(float(floor), high), color=FLOOR, zorder=-1)
    _draw_rows(ax, frame, features, methods, styles, limits)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    pad = 0.02 * (high - low)
    ax.set_xlim(low - pad, high + pad)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    _label_rows(ax, features, not_by(frame, features, methods), ranks)


def draw_log_panel(
    ax: Axes,
    frame: pd.DataFrame,
    features: Sequence[str],
    methods: Sequence[str],
    styles: Mapping[str, MethodStyle],
    limits: tuple[float, float],
    *,
    ranks: Mapping[str, str] | None = None,
) -> None:
    """Draw one output's shares on a logarithmic axis; at its left end what is no larger."""
    ax.set_xscale("log")
    ends = ["share", "share_low", "share_high"]
    # an exact 0 has no place on the axis
    frame = frame.assign(exact_share=frame["exact_share"].where(frame["exact_share"] > limits[0]))
    _draw_rows(ax, frame.assign(**{c: frame[c].clip(lower=limits[0]) for c in ends}), features,
               methods, styles, limits, at_edge=True)  # fmt: skip
    ax.set_xlim(limits[0] / 1.3, limits[1] * 1.1)
    _label_rows(ax, features, not_by(frame, features, methods), ranks)


def _draw_rows(
    ax: Axes,
    frame: pd.DataFrame,
    features: Sequence[str],
    methods: Sequence[str],
    styles: Mapping[str, MethodStyle],
    limits: tuple[float, float],
    *,
    at_edge: bool = False,
) -> None:
    """Draw values and intervals; ``at_edge``: those at the lower limit are heads of arrows."""
    rows = np.arange(len(features), dtype=float)
    step = 0.78 / max(1, len(methods))
    low, high = limits
    for k, method in enumerate(methods):
        of_method = frame[frame["estimator"] == method].set_index("feature").reindex(list(features))
        at = rows + (k - (len(methods) - 1) / 2) * step
        value = of_method["share"].to_numpy(dtype=float)
        ends = [of_method[c].to_numpy(dtype=float) for c in ("share_low", "share_high")]
        below = value <= low if at_edge else np.zeros(len(value), dtype=bool)
        first, last = np.maximum(ends[0], low), np.minimum(ends[1], high)
        points(ax, at, value, first, last, styles[method], hidden=below)
        cut_low, cut_high = (ends[0] < low) | below, ends[1] > high
        for cut, edge, head in ((cut_low, low, "<"), (cut_high, high, ">")):
            if cut.any():
                ax.plot(
                    np.full(cut.sum(), edge), at[cut], linestyle="none", marker=head, markersize=4,
                    color=styles[method].colour, clip_on=False, zorder=5,
                )  # fmt: skip
        exact_ticks(ax, at, of_method["exact_share"].to_numpy(dtype=float))
    for edge in rows[:-1] + 0.5:
        ax.axhline(edge, color=GRID, linewidth=0.8, zorder=0)


def not_by(
    frame: pd.DataFrame, features: Sequence[str], methods: Sequence[str]
) -> dict[str, list[str]]:
    """Return which methods, of those with shares, have none of an input."""
    scored = frame[frame["share"].notna()].groupby("feature")["estimator"].agg(set).to_dict()
    missing = {f: [m for m in methods if m not in scored.get(f, ())] for f in features}
    return {f: absent for f, absent in missing.items() if absent}


def _label_rows(
    ax: Axes,
    features: Sequence[str],
    missing: Mapping[str, list[str]],
    ranks: Mapping[str, str] | None,
) -> None:
    feature_axis(ax, features)
    names = short_names(features)
    labels = [in_figure(names[f]) + ("\n" if f in missing else "") for f in features]
    ax.set_yticks(range(len(features)), labels)
    beside_axis = ax.get_yaxis_transform()
    for row, feature in enumerate(features):
        if feature in missing:
            ax.annotate(
                in_figure(f"not by {listed(missing[feature], 3)}"), (0, row), xycoords=beside_axis,
                xytext=(-3.5, -1), textcoords="offset points", ha="right", va="top",
                fontsize=SMALL, color=MUTED, annotation_clip=False,
            )  # fmt: skip
    if not ranks:
        return
    top = blended_transform_factory(ax.transAxes, ax.transAxes)
    for text, at, where in [
        *((ranks.get(f, ""), (1, row), beside_axis) for row, f in enumerate(features)),
        ("rank", (1, 1), top),
    ]:
        ax.annotate(
            text, at, xycoords=where, xytext=(4, 3 if where is top else 0),
            textcoords="offset points", ha="left", va="bottom" if where is top else "center",
            fontsize=SMALL, color=MUTED, annotation_clip=False,
        )  # fmt: skip


def rank_ranges(frame: pd.DataFrame, results: Results) -> dict[str, str]:
    """Return the ranks that an input of one output may have, of those above the noise.

    What most methods' intervals say and none denies: the order that the verdict states.
    """
    frame = same_question(frame, results)
    settled = Settled(frame, [str(f) for f in mean_shares(frame).index])
    return {
        feature: f"{best}" if best == worst else f"{best}–{worst}"
        for feature, (best, worst) in settled.ranges().items()
    }


def share_limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the range of all points, and of their intervals as far as they make sense."""
    value = pd.concat([frame["share"], frame["exact_share"]])
    ends = frame[["share_low", "share_high"]].clip(*_RANGE)
    low = min(0.0, float(value.min()), float(ends["share_low"].min()))
    return low, max(float(value.max()), float(ends["share_high"].max()))


def largest_shares(frame: pd.DataFrame) -> "pd.Series[float]":
    """Return the largest share that any method, or an exact value, gives an input."""
    largest = frame[["share", "exact_share"]].max(axis=1)
    return largest.groupby(frame["feature"]).max().fillna(0.0)
