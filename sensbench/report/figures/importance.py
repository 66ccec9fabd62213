"""The figure: how each method divides importance among the inputs, on one scale."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._shares import (
    AXIS,
    SMALL,
    draw_panel,
    handles,
    largest_shares,
    not_by,
    rank_ranges,
    row_height,
    share_limits,
    with_shares,
)
from sensbench.report.panels import (
    MOST_FEATURES,
    WIDEST,
    label_width,
    legend_above,
    note_below,
    panels,
    title_panels,
)
from sensbench.report.style import MUTED, house_style, method_styles
from sensbench.report.text import count, in_figure, listed, number, share, short_names
from sensbench.study.results import Results

# An input whose marks all stand within this part of the axis from 0 cannot be read there; if there
# are at least so many they are counted in one row.
_AT_ZERO = 0.02
_FEWEST_LEFT_OUT, _FEWEST_SHOWN = 3, 3


def leading(frame: pd.DataFrame, right: float) -> list[str]:
    """Return the inputs of one output that an axis from 0 to ``right`` can show, in their order."""
    order = [str(f) for f in mean_shares(frame).index]
    seen = (largest_shares(frame).reindex(order) > _AT_ZERO * right).to_numpy()
    needed = max(_FEWEST_SHOWN, 1 + int(seen.nonzero()[0].max(initial=0)))
    shown = len(order) if len(order) - needed < _FEWEST_LEFT_OUT else needed
    return order[: min(shown, MOST_FEATURES)]


def label_inches(frame: pd.DataFrame, features: Sequence[str], methods: Sequence[str]) -> float:
    """Return the room for the names of inputs and what stands under them."""
    remarks = [f"not by {listed(m, 3)}" for m in not_by(frame, features, methods).values()]
    smaller = [remark[: int(0.85 * len(remark))] for remark in remarks]
    return label_width([*short_names(features).values(), *smaller])


def rest_row(ax: Axes, frame: pd.DataFrame, shown: Sequence[str]) -> None:
    """Add the row that counts the inputs that are not shown, with the largest of their shares."""
    rest = [str(f) for f in mean_shares(frame).index if f not in shown]
    if not rest:
        return
    labels = [label.get_text() for label in ax.get_yticklabels()]
    ax.set_yticks(range(len(shown) + 1), [*labels, f"{len(rest)} more"])
    ax.get_yticklabels()[-1].set_color(MUTED)
    ax.annotate(
        at_most(frame, rest), (0, len(shown)), xycoords=ax.get_yaxis_transform(), xytext=(14, 0),
        textcoords="offset points", va="center", fontsize=SMALL, color=MUTED,
    )  # fmt: skip
    ax.set_ylim(len(shown) + 0.5, -0.5)


def at_most(frame: pd.DataFrame, rest: Sequence[str]) -> str:
    """Return how large the shares of some inputs are, by any method."""
    largest = share(float(largest_shares(frame).reindex(list(rest)).max()))
    if largest == "0":
        return "0 by every method"
    return f"{'each ' if len(rest) > 1 else ''}at most {largest}"


def draw_outputs(
    results: Results,
    by_output: Mapping[str, pd.DataFrame],
    shown: Mapping[str, Sequence[str]],
    draw: Callable[[Axes, str], None],
    axis: str,
) -> Figure:
    """Return a figure of a panel per output: its shown inputs, and how many others there are."""
    question, frame = the_question(results), pd.concat(by_output.values())
    methods, outputs, d = with_shares(results, frame), list(by_output), len(question.features)
    with house_style():
        margin = max(label_inches(by_output[o], shown[o], methods) for o in outputs)
        remarks = any(not_by(by_output[o], shown[o], methods) for o in outputs)
        n_rows = max(len(shown[o]) + (len(shown[o]) < d) for o in outputs)
        height = 0.55 + n_rows * row_height(len(methods), remarks)
        # two side by side, where what is left for the marks is enough
        width = margin + 4.6 if len(outputs) == 1 else max(margin + 2.0, WIDEST / 2)
        figure, axes = panels(len(outputs), width, height, most_columns=2, narrowest=margin + 1.3)
        for ax, output in zip(axes, outputs, strict=True):
            draw(ax, output)
            rest_row(ax, by_output[output], shown[output])
            ax.set_ylim(n_rows - 0.5, -0.5)
        title_panels(axes, outputs, len(question.outputs))
        note_below(figure, axis, without_shares(results, frame))
        legend_above(figure, handles(results, frame))
    return figure


@dataclass(frozen=True)
class Importance(ReportFigure):
    """How each method divides importance among the inputs, on one scale."""

    name, section, order = "importance", "importance", 10
    narrow = True
    title = "Importance"
    caption = (
        "How each method divides importance among the inputs. Every method's own measure is put on "
        "the scale of the total-order index, where theory has one, and divided by its sum over the "
        "inputs; lines are the methods' intervals. Black ticks, if any: exact values of the "
        "method's own measure. Rank: the places an input may have, by what most methods' intervals "
        "say and none denies; none below the noise. Methods that measure different things may "
        "differ and both be right."
    )

    output: str | None = None

    def applies(self, results: Results) -> Omitted | None:
        if self._outputs(results, headline_shares(results)):
            return None
        where = "" if self.output is None else f" for output {self.output}"
        return Omitted(f"no method gave a share of importance{where}")

    def draw(self, results: Results) -> Figure:
        """Return each method's shares with intervals, and exact shares of the same measure.

        One panel per output, each in the order of its own mean shares, as in the tables. Inputs
        whose marks would all stand on 0 are counted in the last row.
        """
        frame = headline_shares(results)
        outputs = self._outputs(results, frame)
        frame = frame[frame["output"].isin(outputs)]
        methods, styles = with_shares(results, frame), method_styles(results.methods)
        limits = share_limits(frame)
        by_output = {o: frame[frame["output"] == o] for o in outputs}
        shown = {o: leading(rows, limits[1]) for o, rows in by_output.items()}

        def draw(ax: Axes, output: str) -> None:
            rows, ranks = by_output[output], rank_ranges(by_output[output], results)
            draw_panel(ax, rows, shown[output], methods, styles, limits, ranks=ranks)

        return draw_outputs(results, by_output, shown, draw, AXIS)

    def data(self, results: Results) -> pd.DataFrame:
        frame = headline_shares(results)
        return frame if self.output is None else frame[frame["output"] == self.output]

    def alt(self, results: Results) -> str:
        frame = headline_shares(results)
        outputs = self._outputs(results, frame)
        right = share_limits(frame[frame["output"].isin(outputs)])[1]
        texts = []
        for output in outputs:
            rows = frame[frame["output"] == output]
            tops = []
            for method in in_method_order(results, rows["estimator"]):
                share = rows[rows["estimator"] == method].set_index("feature")["share"].dropna()
                top = share.sort_values(ascending=False, kind="stable").head(3)
                if len(top):
                    tops.append(
                        f"{method}: {listed(f'{f} {number(v, 2)}' for f, v in top.items())}"
                    )
            texts.append(
                f"Output {output}: {'; '.join(tops)}.{_rest_said(rows, leading(rows, right))}"
            )
        return "Share of importance by method, the largest first. " + " ".join(texts)

    def _outputs(self, results: Results, frame: pd.DataFrame) -> list[str]:
        outputs = shown_outputs(frame, the_question(results), "share")
        return [output for output in outputs if self.output in (None, output)]


def _rest_said(rows: pd.DataFrame, shown: Sequence[str]) -> str:
    rest = [str(f) for f in mean_shares(rows).index if f not in shown]
    return f" {count(len(rest), 'more input')}: {at_most(rows, rest)}." if rest else ""


def without_shares(results: Results, frame: pd.DataFrame) -> str:
    """Name the methods that rank and have no share to show."""
    ranked = in_method_order(results, frame.loc[frame["rank"].notna(), "estimator"])
    shared = with_shares(results, frame)
    without = [in_figure(method) for method in ranked if method not in shared]
    return f"no visible importance: {listed(without)}" if without else ""
