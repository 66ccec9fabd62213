"""The first lines of a page: every question in a row, and the inputs of one."""

from collections.abc import Mapping

import pandas as pd

from sensbench.findings.consensus import (
    headline_shares,
    mean_shares,
    same_question,
    shown_outputs,
    the_question,
)
from sensbench.findings.finding import Cause
from sensbench.findings.order import verdict_lines
from sensbench.findings.over_outputs import over_outputs
from sensbench.findings.settled import Settled
from sensbench.problem.planting import planted_as
from sensbench.report.text import count, listed, quality_said
from sensbench.study.results import Question, Results

# The inputs that an overview names in their order, and of those whose order is open.
_FIRST, _MOST_OPEN = 3, 4


def facts_of(results: Results) -> list[str]:
    """Return what was asked of how much, in a line: problems, inputs, methods, budgets, seed."""
    questions = results.questions
    if not questions:
        return []
    facts = []
    problems = dict.fromkeys(problem for problem, _ in questions)
    if len(questions) == 1:
        question = next(iter(questions.values()))
        facts += [count(len(question.features), "input"), count(len(question.outputs), "output")]
    else:
        models = dict.fromkeys(model for problem, model in questions if model != problem)
        facts.append(count(len(problems), "problem"))
        facts += [f"models: {listed(models)}"] if models else []
    facts.append(count(len(results.methods), "method"))
    budgets = [f"{budget:,}" for budget in sorted(set(results.cells["budget"].tolist()))]
    if budgets:
        facts.append(f"budget {listed(budgets)} rows")
    replicates = int(results.cells["replicate"].nunique())
    if replicates > 1:
        facts.append(count(replicates, "replicate"))
    seed = results.provenance.get("seed")
    return facts if seed is None else [*facts, f"seed {seed}"]


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
            leaders(same_question(frame[frame["output"] == output], part))
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


def leaders(frame: pd.DataFrame) -> str:
    """Return the first inputs of one output as far as their order is settled, and what is open."""
    order = [str(f) for f in mean_shares(frame).index]
    if frame["share"].isna().all():
        return "none visible"
    settled = Settled(frame, order)
    if not settled.features:
        return "none above the noise"
    lines = verdict_lines(frame, str(frame["output"].iloc[0]), settled)
    contradicted = {f for line in lines if line.cause == Cause.FIRST_BY for f in line.features}
    if contradicted:
        return f"{' or '.join(f for f in order if f in contradicted)} (methods differ)"
    chain = settled.in_order()[:_FIRST]
    behind = settled.next_open(chain) if len(chain) < _FIRST else []
    if len(behind) < 2:
        return " > ".join(chain)
    more = "" if len(behind) <= _MOST_OPEN else f" and {len(behind) - _MOST_OPEN} more"
    left = f"{', '.join(behind[:_MOST_OPEN])}{more} (order open)"
    return " > ".join([*chain, left])
