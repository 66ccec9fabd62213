"""The shares of all inputs on a logarithmic axis, where a linear one has many of them on 0."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.findings.consensus import (
    headline_shares,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.metrics.ranks import least_share
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.figures._shares import (
    AXIS,
    SMALL,
    draw_log_panel,
    largest_shares,
    rank_ranges,
    share_limits,
    with_shares,
)
from sensbench.report.figures.importance import (
    draw_outputs,
    leading,
)
from sensbench.report.style import FLOOR, MUTED, method_styles
from sensbench.report.text import listed, number
from sensbench.study.results import Results

# On a page of A4 they can still be read.
_MOST_INPUTS = 40
# The axis does not go further down: below are rounding and noise.
_LOWEST = 1e-6


class ImportanceLog(ReportFigure):
    """Shares of all inputs on a logarithmic axis, the small ones apart."""

    name, section, order = "importance_log", "importance", 12
    narrow = True
    title = "Importance of all inputs, logarithmic"
    caption = (
        "As above, with a logarithmic axis for the small shares. Grey: below a thousandth of the "
        "importance (of more than 100 inputs, a tenth of an even part) no input is ranked. Arrow "
        "heads: shares at the axis's end or below, 0 and what is not told from it among them."
    )

    def each(self, results: Results) -> Sequence[ReportFigure]:
        """Return it where the linear axis leaves inputs out."""
        frame = headline_shares(results)
        outputs = shown_outputs(frame, the_question(results), "share")
        frame = frame[frame["output"].isin(outputs)]
        right = share_limits(frame)[1] if outputs else 1.0
        parts = [frame[frame["output"] == output] for output in outputs]
        cut = any(len(leading(rows, right)) < rows["feature"].nunique() for rows in parts)
        return [self] if cut else []

    def applies(self, results: Results) -> Omitted | None:
        if shown_outputs(headline_shares(results), the_question(results), "share"):
            return None
        return Omitted("no method gave a share of importance")

    def draw(self, results: Results) -> Figure:
        """Return each method's shares with intervals, a panel per output, all inputs."""
        question = the_question(results)
        frame = headline_shares(results)
        outputs = shown_outputs(frame, question, "share")
        frame = frame[frame["output"].isin(outputs)]
        methods, styles = with_shares(results, frame), method_styles(results.methods)
        by_output = {o: frame[frame["output"] == o] for o in outputs}
        limits, least = _limits(frame), least_share(len(question.features))
        shown = {o: _above(rows, limits[0]) for o, rows in by_output.items()}

        def draw(ax: Axes, output: str) -> None:
            rows, ranks = by_output[output], rank_ranges(by_output[output], results)
            draw_log_panel(ax, rows, shown[output], methods, styles, limits, ranks=ranks)
            _floor(ax, limits, least)

        return draw_outputs(results, by_output, shown, draw, f"{AXIS}, logarithmic")

    def data(self, results: Results) -> pd.DataFrame:
        return headline_shares(results)

    def alt(self, results: Results) -> str:
        frame = headline_shares(results)
        texts = []
        for output in shown_outputs(frame, the_question(results), "share"):
            rows = frame[frame["output"] == output]
            largest = largest_shares(rows)
            order = [str(f) for f in mean_shares(rows).index]
            numbers = listed((f"{f} {number(float(largest[f]), 2)}" for f in order), 20)
            texts.append(f"Output {output}: {numbers}.")
        return f"Largest share of each input by any method. {' '.join(texts)}"


def _limits(frame: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the axis: the decade below the smallest share, down to a millionth."""
    shares = frame.loc[frame["share"] > _LOWEST, "share"]
    smallest = min(1e-3, float(shares.min()) if len(shares) else 1e-3)
    low = 10 ** float(np.floor(np.log10(smallest)))
    return min(low, 1e-4), share_limits(frame)[1]


def _above(rows: pd.DataFrame, low: float) -> list[str]:
    """Return the inputs with a share above the axis's lower end, in their order; at least one."""
    largest = largest_shares(rows)
    order = [str(f) for f in mean_shares(rows).index]
    return [f for f in order if largest[f] > low][:_MOST_INPUTS] or order[:1]


def _floor(ax: Axes, limits: tuple[float, float], least: float) -> None:
    ax.axvspan(limits[0] / 10, least, color=FLOOR, linewidth=0, zorder=-1)
    ax.annotate(
        "not\nranked", (least, 1), xycoords=ax.get_xaxis_transform(), xytext=(-3, -4),
        textcoords="offset points", ha="right", va="top", fontsize=SMALL, color=MUTED,
        annotation_clip=False,
    )  # fmt: skip
