"""The first lines of a page: every question in a row, and the inputs of one."""

from collections.abc import Mapping

import pandas as pd

from sensbench.findings.consensus import (
    common_first,
    first_places,
    headline_shares,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.findings.over_outputs import over_outputs
from sensbench.problem.planting import planted_as
from sensbench.report.text import count, quality_said
from sensbench.study.results import Question, Results


def input_rows(question: Question) -> list[tuple[str, str, str]]:
    """Return name, distribution and unit of every input."""
    inputs: Mapping[str, str] = question.inputs
    planted = {f: f"planted {planted_as(of)}: " for f, of in question.planted.items()}
    return [
        (f, planted.get(f, "") + inputs.get(f, ""), question.units.get(f, ""))
        for f in question.features
    ]


def overview_rows(results: Results) -> list[tuple[str, str, str, str]]:
    """Return, per question: name, first inputs by output, runs that succeeded, and worst fit."""
    rows = []
    for problem, model in results.questions:
        part = results.of(problem, model)
        frame = headline_shares(part)
        over = over_outputs(part)
        tops = "; ".join(
            _leaders(frame[frame["output"] == output])
            for output in shown_outputs(frame, the_question(part))[:3]
        )
        if over is not None:
            tops = f"{' > '.join(over.profiles.columns[:3])} (over {len(over.profiles):,} outputs)"
        done = int((part.cells["status"] == "ok").sum())
        qualities = the_question(part).quality.values()
        worst = min(qualities, key=lambda quality: quality.r2, default=None)
        fits = quality_said(worst.r2, worst.gradient_error) if worst else ""
        rows.append((problem, tops or "n/a", f"{done} of {count(len(part.cells), 'run')}", fits))
    return rows


def _leaders(frame: pd.DataFrame) -> str:
    """Return the first inputs of one output in order; where methods differ, all the candidates."""
    order = list(mean_shares(frame).index)
    if frame["share"].isna().all():
        return "none visible"
    if common_first(frame) is None:
        named = {f for best in first_places(frame).values() for f in best}
        return f"{' or '.join(f for f in order if f in named)} (methods differ)"
    return " > ".join(order[:3])
