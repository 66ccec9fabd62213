"""From method to method: the rank of every input, what is tied and what may change places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.findings.laws import asked_by, depends, foremost
from sensbench.metrics.rank_intervals import rank_intervals
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import (
    label_width,
    marker_size,
    note_below,
    panels,
    title_panels,
)
from sensbench.report.style import (
    FLOOR,
    INK,
    MUTED,
    MethodStyle,
    house_style,
    method_styles,
    target_width,
)
from sensbench.report.text import count, in_figure, listed, short_names
from sensbench.report.wording_dependence import beside
from sensbench.study.results import Results

# More lines than this are no chart.
_MOST_INPUTS = 12
# inches: a column of methods at least, where lines are named on both sides; a rank alone
_LEAST_COLUMN, _NUMBER = 0.5, 0.25
_PLAIN = "#8A9098"
_AS_THEY_VARY = "as inputs vary"
# Neighbouring ranks' bars stand side by side, in so many places, so far from each other.
_PLACES, _STEP = 4, 0.085


@dataclass(frozen=True)
class _Chart:
    """One output's places from above: features × methods, one for each of tied inputs.

    ``clear``: inputs that two methods put in places whose intervals do not meet.
    """

    place: pd.DataFrame
    best: pd.DataFrame
    worst: pd.DataFrame
    rank: pd.DataFrame
    clear: frozenset[str]


def _groups(results: Results, methods: Sequence[str]) -> dict[str, list[str]]:
    """Return the methods by what they ask of inputs that move together; one group of others."""
    question = the_question(results)
    if not depends(question):
        return {"": list(methods)}
    asked = {method: asked_by(results.methods[method], question) for method in methods}
    first = foremost(asked.values(), question)
    of: dict[str, list[str]] = {}
    for method in sorted(methods, key=lambda m: asked[m] != first):
        of.setdefault(beside(results, method) or _AS_THEY_VARY, []).append(method)
    return of


def _chart(rows: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> _Chart:
    """Return the places of the leading inputs; others keep theirs free."""
    methods = [method for several in groups.values() for method in several]
    order = [str(f) for f in mean_shares(rows).index]
    rows = rows.assign(mean_order=rows["feature"].map({f: k for k, f in enumerate(order)}))
    rows = rows[rows["rank"].notna()].sort_values(["rank", "mean_order"], kind="stable")
    rows["place"] = rows.groupby("estimator").cumcount() + 1
    rows[["best", "worst"]] = rank_intervals(rows)
    ranks_all = rows.groupby("estimator")["feature"].transform("nunique") == len(order)
    judges = rows[ranks_all] if ranks_all.any() else rows
    clear: set[str] = set()
    for several in groups.values():
        of = judges[judges["estimator"].isin(several)].groupby("feature")
        apart = of["best"].max() > of["worst"].min()
        clear |= set(map(str, apart[apart].index))
    for _, one in rows.groupby("estimator", sort=False):
        # an input that a method cannot rank keeps the place it has by the mean of the others
        scored = set(one["feature"])
        free = [k for k, feature in enumerate(order, 1) if feature in scored]
        at = dict(enumerate(free, 1))
        for column in ("place", "best", "worst"):
            rows.loc[one.index, column] = one[column].map(at)
    shown = order[:_MOST_INPUTS]
    tables = {
        column: rows.pivot(index="feature", columns="estimator", values=column)
        .reindex(index=shown, columns=list(methods))
        .astype(float)
        for column in ("place", "best", "worst", "rank")
    }
    return _Chart(**tables, clear=frozenset(clear))


class Ranks(ReportFigure):
    """Rank of every input by every method, with what is tied and what may change places."""

    name, section, order = "ranks", "importance", 50
    narrow = True
    title = "Ranks"
    caption = (
        "Rank of each input by each method, 1 on top; a line is an input. Bars: the ranks that the "
        "method's own intervals allow; without one, the method gives no interval. Grey behind "
        "marks: equal values, which share the rank. Strong lines: inputs that two methods, of "
        "those that rank all and ask the same, put in places whose bars do not meet. A gap: the "
        "method cannot rank that input, and ranks the others among themselves. Where inputs move "
        "together and methods ask different questions of them, dashes part those, named on top."
    )

    def applies(self, results: Results) -> Omitted | None:
        if shown_outputs(headline_shares(results), the_question(results)):
            return None
        return Omitted("no method ranked the inputs")

    def draw(self, results: Results) -> Figure:
        """Return ranks from method to method, a panel per output, in the order of mean shares."""
        question = the_question(results)
        frame = headline_shares(results)
        outputs = shown_outputs(frame, question)
        methods = in_method_order(results, frame.loc[frame["rank"].notna(), "estimator"])
        styles = method_styles(results.methods)
        groups = _groups(results, methods)
        methods = [method for several in groups.values() for method in several]
        charts = {o: _chart(frame[frame["output"] == o], groups) for o in outputs}
        with house_style():
            names = short_names(question.features, 18)
            shown = {f for chart in charts.values() for f in chart.place.index}
            margin = label_width([names[f] for f in shown]) + 0.2
            lowest = int(max(np.nanmax(c.place.to_numpy()) for c in charts.values()))
            heads = short_names(methods, 16)
            column = max(
                0.85 if len(groups) > 1 else 0.7, label_width(list(heads.values())) - 0.05
            )  # fmt: skip
            target = target_width()
            least = 2 * margin + _LEAST_COLUMN * len(methods)
            # names on both sides, where they leave the columns room
            right = margin if target is None or target >= least else _NUMBER
            sides = margin + right
            figure, axes = panels(
                len(outputs), sides + column * len(methods), 0.5 + 0.27 * lowest,
                most_columns=2, narrowest=least,
            )  # fmt: skip
            for ax, output in zip(axes, outputs, strict=True):
                _draw(ax, charts[output], methods, styles, names, right == margin)
                ax.set_ylim(lowest + 0.5, 0.5)
                _head(ax, [in_figure(heads[m]) for m in methods], target is not None)
                if len(groups) > 1:
                    each = column if target is None else (target - sides) / len(methods)
                    _part(ax, groups, each, 16 if target is None else 46)
            title_panels(axes, outputs, len(question.outputs))
            if len(groups) > 1:
                for ax in axes:
                    ax.set_title(ax.get_title(), pad=30)
            rest = len(question.features) - _MOST_INPUTS
            note = f"{count(rest, 'input')} of the least mean share not shown" if rest > 0 else ""
            if note:
                note_below(figure, note)
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        frame = headline_shares(results)
        return frame.assign(**rank_intervals(frame).rename(columns="rank_{}".format))

    def alt(self, results: Results) -> str:
        frame = headline_shares(results)
        frame[["best", "worst"]] = rank_intervals(frame)
        texts = []
        for output in shown_outputs(frame, the_question(results)):
            rows = frame[frame["output"] == output]
            for feature in list(mean_shares(rows).index)[:3]:
                row = rows[(rows["feature"] == feature) & rows["rank"].notna()]
                said = (
                    f"{r['estimator']} {r['rank']:.0f}{_range(r['best'], r['worst'])}"
                    for r in row.to_dict("records")
                )
                texts.append(f"{output}, {feature}: {listed(said)}")
        return "Rank of each input by each method. " + "; ".join(texts) + "."


def _range(best: float, worst: float) -> str:
    return "" if np.isnan(best) else f" ({best:.0f} to {worst:.0f})"


def _draw(
    ax: Axes,
    chart: _Chart,
    methods: Sequence[str],
    styles: Mapping[str, MethodStyle],
    names: Mapping[str, str],
    twice: bool,
) -> None:
    """Draw the lines and name them, ``twice``: at both ends."""
    columns = np.arange(len(methods), dtype=float)
    for feature in chart.place.index:
        place = chart.place.loc[feature].to_numpy()
        clear = feature in chart.clear
        at = columns + _dodge(place)
        ax.plot(
            at, place, color=INK if clear else _PLAIN, linewidth=1.6 if clear else 1.0, zorder=2,
        )  # fmt: skip
        ends = [chart.best.loc[feature].to_numpy(), chart.worst.loc[feature].to_numpy()]
        for k, method in enumerate(methods):
            style = styles[method]
            tied = chart.place[method][chart.rank[method] == chart.rank.loc[feature, method]]
            if len(tied) < 2 or ends[0][k] < tied.min() or ends[1][k] > tied.max():
                # of tied inputs, the grey behind them says it
                ax.plot([at[k]] * 2, [end[k] for end in ends], color=style.colour, linewidth=1.2,
                        solid_capstyle="butt", zorder=3)  # fmt: skip
            ax.plot(at[k], place[k], marker=style.marker, color=style.colour, linestyle="none",
                    markersize=marker_size(style.marker) + 1.5, markeredgecolor="white",
                    markeredgewidth=0.5, zorder=4)  # fmt: skip
    _ties(ax, chart)
    _name_lines(ax, chart, names, twice)
    ax.set_xlim(-0.35, len(methods) - 0.65)
    ax.grid(False)
    for side in ("top", "bottom", "left", "right"):
        ax.spines[side].set_visible(False)


def _head(ax: Axes, names: Sequence[str], is_narrow: bool) -> None:
    """Name the columns above them."""
    turned: dict[str, Any] = (
        {"rotation": 40, "ha": "left", "rotation_mode": "anchor"} if is_narrow else {}
    )
    ax.xaxis.tick_top()
    ax.set_xticks(range(len(names)), names, **turned)
    ax.tick_params(axis="x", length=0)


def _part(ax: Axes, groups: Mapping[str, Sequence[str]], column: float, above: float) -> None:
    """Part the methods that ask different questions, and name these above the columns' heads.

    ``column``: inches from method to method; ``above``: points from the axes to the names.
    """
    start, where = -0.5, ax.get_xaxis_transform()
    for asked, several in groups.items():
        if start > 0:
            ax.axvline(start, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
        fit = max(6, int(column * len(several) / 0.075))
        ax.annotate(
            "\n".join(wrap(asked, fit, break_long_words=False)), (start + len(several) / 2, 1),
            xycoords=where, xytext=(0, above), textcoords="offset points", ha="center", va="bottom",
            fontsize=8.25, color=MUTED, annotation_clip=False,
        )  # fmt: skip
        start += len(several)


def _dodge(place: np.ndarray) -> np.ndarray:
    """Return by how much marks stand beside the middle, so that neighbours' bars do not meet."""
    return (np.nan_to_num(place) % _PLACES - (_PLACES - 1) / 2) * _STEP


def _ties(ax: Axes, chart: _Chart) -> None:
    """Draw a band behind inputs that share a rank."""
    for k, method in enumerate(chart.rank):
        for _, tied in chart.place[method].groupby(chart.rank[method]):
            if len(tied) > 1:
                ax.plot([k, k], [tied.min(), tied.max()], color=FLOOR, linewidth=20,
                        solid_capstyle="round", zorder=0)  # fmt: skip


def _name_lines(ax: Axes, chart: _Chart, names: Mapping[str, str], twice: bool) -> None:
    """Number every line at both ends with the rank there, and name it at the left one or both."""
    left, right = chart.place.columns[0], chart.place.columns[-1]
    for method, side in ((left, "left"), (right, "right")):
        place, rank = chart.place[method].dropna(), chart.rank[method]
        tied = rank.duplicated(keep=False)
        labels = []
        for feature in place.index:
            number = f"{rank[feature]:.0f}{'=' if tied[feature] else ''}"
            name = in_figure(names[feature])
            at_right = f"{number}  {name}" if twice else number
            labels.append(f"{name}  {number}" if side == "left" else at_right)
        axis = ax if side == "left" else ax.secondary_yaxis("right")
        axis.set_yticks(place.to_numpy(), labels)
        axis.tick_params(axis="y", length=0)
        if axis is not ax:
            axis.spines["right"].set_visible(False)
