"""The figure: how each method divides importance among the inputs, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
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
    title_panels,
)
from sensbench.report.style import INK, MethodStyle, house_style, method_styles
from sensbench.report.text import count, in_figure, listed, number, short_names
from sensbench.study.results import Results

AXIS = "share of importance"
# A share lies in [0, 1]; an interval that leaves this range is cut, with an arrow head.
_RANGE = (-0.3, 1.3)


def draw_on(ax: Axes, results: Results, output: str) -> None:
    """Draw one output's panel, with its legend below, on axes of the caller's figure."""
    frame = headline_shares(results)
    frame = frame[frame["output"] == output]
    features = list(mean_shares(frame).index)[:MOST_FEATURES]
    methods = _with_shares(results, frame)
    with house_style():
        draw_panel(
            ax, frame, features, methods, method_styles(results.methods), share_limits(frame)
        )
        ax.set_xlabel(AXIS)
        ax.legend(
            handles=_handles(results, frame), loc="upper center", bbox_to_anchor=(0.5, -0.16),
            ncols=2, frameon=False,
        )  # fmt: skip


def _with_shares(results: Results, frame: pd.DataFrame) -> list[str]:
    return in_method_order(results, frame.loc[frame["share"].notna(), "estimator"])


def _handles(results: Results, frame: pd.DataFrame) -> list[Line2D]:
    styles, question = method_styles(results.methods), the_question(results)
    handles = [
        mark(styles[m], f"{in_figure(m)} ({results.methods[m].headline.symbol})")
        for m in _with_shares(results, frame)
    ]
    if frame["exact_share"].notna().any():
        handles.append(exact_mark(in_figure(question.truth_of or "exact")))
    return handles


def draw_panel(
    ax: Axes,
    frame: pd.DataFrame,
    features: Sequence[str],
    methods: Sequence[str],
    styles: Mapping[str, MethodStyle],
    limits: tuple[float, float],
) -> None:
    """Draw one output's shares on ``ax``, intervals cut at the limits."""
    rows = np.arange(len(features), dtype=float)
    step = 0.76 / max(1, len(methods))
    low, high = limits
    for k, method in enumerate(methods):
        of_method = frame[frame["estimator"] == method].set_index("feature").reindex(list(features))
        at = rows + (k - (len(methods) - 1) / 2) * step
        value = of_method["share"].to_numpy(dtype=float)
        ends = [of_method[c].to_numpy(dtype=float) for c in ("share_low", "share_high")]
        points(ax, at, value, np.maximum(ends[0], low), np.minimum(ends[1], high), styles[method])
        for cut, edge, head in ((ends[0] < low, low, "<"), (ends[1] > high, high, ">")):
            if cut.any():
                ax.plot(
                    np.full(cut.sum(), edge),
                    at[cut],
                    linestyle="none",
                    marker=head,
                    markersize=4,
                    color=styles[method].colour,
                    clip_on=False,
                    zorder=5,
                )
        exact_ticks(ax, at, of_method["exact_share"].to_numpy(dtype=float))
    for edge in rows[:-1] + 0.5:
        ax.axhline(edge, color="#E4E4E4", linewidth=0.8, zorder=0)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    feature_axis(ax, features)
    pad = 0.02 * (high - low)
    ax.set_xlim(low - pad, high + pad)


def share_limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the range of all points, and of their intervals as far as they make sense."""
    value = pd.concat([frame["share"], frame["exact_share"]])
    ends = frame[["share_low", "share_high"]].clip(*_RANGE)
    low = min(0.0, float(value.min()), float(ends["share_low"].min()))
    return low, max(float(value.max()), float(ends["share_high"].max()))


def _left_out(results: Results, frame: pd.DataFrame, order: Sequence[str]) -> str:
    lines = []
    rest = list(order[MOST_FEATURES:])
    if rest:
        largest = frame.loc[frame["feature"].isin(rest), "share"].max()
        lines.append(
            f"{count(len(rest), 'more input')} with shares of at most {number(largest, 2)} "
            f"{'is' if len(rest) == 1 else 'are'} not shown"
        )
    with_shares = _with_shares(results, frame)
    ranked = in_method_order(results, frame.loc[frame["rank"].notna(), "estimator"])
    without = [in_figure(method) for method in ranked if method not in with_shares]
    if without:
        lines.append(f"no visible importance: {listed(without)}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Importance(ReportFigure):
    """How each method divides importance among the inputs, on one scale."""

    name, section, order = "importance", "importance", 10
    title = "Importance"
    caption = (
        "How each method divides importance among the inputs. Every method's own measure is put on "
        "the scale of the total-order index, where theory has one, and divided by its sum over the "
        "inputs; lines are the methods' intervals. Black ticks, if any: exact values of the "
        "method's own measure. Methods that measure different things may differ and both be right."
    )

    output: str | None = None

    def applies(self, results: Results) -> Omitted | None:
        if self._outputs(results, headline_shares(results)):
            return None
        where = "" if self.output is None else f" for output {self.output}"
        return Omitted(f"no method gave a share of importance{where}")

    def draw(self, results: Results) -> Figure:
        """Return each method's shares with intervals, and exact shares of the same measure.

        One panel per output; the inputs by their mean share over methods and outputs.
        """
        question = the_question(results)
        frame = headline_shares(results)
        outputs = self._outputs(results, frame)
        frame = frame[frame["output"].isin(outputs)]
        order = list(mean_shares(frame).index)
        shown = order[:MOST_FEATURES]
        methods = _with_shares(results, frame)
        with house_style():
            names = list(short_names(shown).values())
            n = len(outputs)
            height = min(9.0, max(1.6, 0.5 + len(shown) * (0.12 + 0.08 * len(methods))))
            width = {1: 5.6, 2: 3.3, 3: 2.6}.get(n, 2.3)
            figure, axes = panels(n, width, height, label_width(names), share_y=True)
            styles = method_styles(results.methods)
            limits = share_limits(frame)
            for ax, name in zip(axes, outputs, strict=True):
                draw_panel(ax, frame[frame["output"] == name], shown, methods, styles, limits)
            title_panels(axes, outputs, len(question.outputs))
            note_below(figure, AXIS, _left_out(results, frame, order))
            legend_above(figure, _handles(results, frame))
        return figure

    def alt(self, results: Results) -> str:
        frame = headline_shares(results)
        texts = []
        for output in self._outputs(results, frame):
            rows = frame[frame["output"] == output]
            tops = []
            for method in in_method_order(results, rows["estimator"]):
                share = rows[rows["estimator"] == method].set_index("feature")["share"].dropna()
                top = share.sort_values(ascending=False, kind="stable").head(3)
                if len(top):
                    tops.append(
                        f"{method}: {listed(f'{f} {number(v, 2)}' for f, v in top.items())}"
                    )
            texts.append(f"Output {output}: {'; '.join(tops)}.")
        return "Share of importance by method, the largest first. " + " ".join(texts)

    def _outputs(self, results: Results, frame: pd.DataFrame) -> list[str]:
        outputs = shown_outputs(frame, the_question(results), "share")
        return [output for output in outputs if self.output in (None, output)]
