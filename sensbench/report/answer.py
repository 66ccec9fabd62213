"""The answer on one screen: per output the verdict, a small figure, and what qualifies it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from sensbench.findings.consensus import headline_shares, the_question
from sensbench.findings.over_outputs import MOST_OUTPUTS
from sensbench.findings.verdict import verdict
from sensbench.report.answer_said import Row, in_question, output_rows, shared_rows
from sensbench.report.drawings import Drawing
from sensbench.report.figures._shares import (
    AXIS,
    draw_panel,
    handles,
    not_by,
    rank_ranges,
    row_height,
    share_limits,
    with_shares,
)
from sensbench.report.figures.importance import Importance, leading, rest_row
from sensbench.report.panels import legend_above, note_below
from sensbench.report.style import HouseFigure, house_style, method_styles, target_width
from sensbench.report.text import one_line, quality_said
from sensbench.report.wording import words
from sensbench.study.results import Question, Results

_MOST_INPUTS = 6
_WIDTH = 5.45


@dataclass(frozen=True)
class Answer:
    """What is to be known first of one output.

    Attributes
    ----------
    fit
        How well the model predicts it, where that is known.
    drawing, alt
        The figure, in words too; none where no method gave a share.
    narrow
        The figure for a telephone.
    """

    output: str
    fit: str
    lines: Sequence[str]
    rows: Sequence[Row]
    drawing: Drawing | None = None
    alt: str = ""

    @property
    def narrow(self) -> Drawing | None:
        return None if self.drawing is None else self.drawing.narrow


@dataclass(frozen=True)
class Answers:
    """The answers of a question, and what holds for all of its outputs."""

    shared: Sequence[Row]
    outputs: Sequence[Answer]


def answers(results: Results) -> Answers:
    """Return the answers of one question; none where it has many outputs, or no result."""
    question = the_question(results)
    done = bool((results.cells["status"] == "ok").any())
    if not done or len(question.outputs) > MOST_OUTPUTS:
        return Answers((), ())
    return Answers(
        shared_rows(results), [_answer(results, question, output) for output in question.outputs]
    )


def _answer(results: Results, question: Question, output: str) -> Answer:
    of = verdict(results, output)
    rows, lines = output_rows(of, question), in_question(words(of.lines), question)
    quality = question.quality.get(of.output)
    fit = ""
    if quality is not None:
        fit = f"{quality_said(quality.r2, None)} on {question.judged_on}"
    if not _shares(results, of.output)["share"].notna().any():
        return Answer(of.output, fit, lines, rows)
    alt = one_line(Importance(of.output).alt(results))
    drawing = Drawing(answer_figure, (results, of.output), "the answer's figure")
    return Answer(of.output, fit, lines, rows, drawing, alt)


def _shares(results: Results, output: str) -> pd.DataFrame:
    frame = headline_shares(results)
    return frame[frame["output"] == output]


def answer_figure(results: Results, output: str) -> Figure:
    """Return the shares of the first inputs; some method gives one."""
    frame = _shares(results, output)
    shown = leading(frame, share_limits(frame)[1])[:_MOST_INPUTS]
    methods = with_shares(results, frame)
    with house_style():
        legend = handles(results, frame)
        n_rows = len(shown) + (len(shown) < frame["feature"].nunique())
        rows = n_rows * row_height(len(methods), remarks=bool(not_by(frame, shown, methods)))
        width = target_width() or _WIDTH
        figure = HouseFigure(figsize=(width, 0.85 + rows), layout="constrained")
        ax = figure.add_subplot()
        limits = share_limits(frame)
        styles = method_styles(results.methods)
        draw_panel(ax, frame, shown, methods, styles, limits, ranks=rank_ranges(frame, results))
        rest_row(ax, frame, shown)
        note_below(figure, AXIS)
        legend_above(figure, legend)
    return figure
