"""All findings of one question, in the order of what to know first."""

from collections.abc import Iterator

import pandas as pd

from sensbench.findings.accuracy import accurate
from sensbench.findings.agreement import agreed, pairs_of, without_shares
from sensbench.findings.consensus import (
    headline_shares,
    same_question,
    shown_outputs,
    the_question,
)
from sensbench.findings.contradictions import contradictions
from sensbench.findings.dependence import by_question, dependence, shuffled_and_drawn
from sensbench.findings.differences import inputs, prediction, slopes_and_variances
from sensbench.findings.finding import Cause, Finding, Findings
from sensbench.findings.inert import no_effect
from sensbench.findings.interactions import cancelling, interactions
from sensbench.findings.many_outputs import over_all
from sensbench.findings.order import exact_order, order
from sensbench.findings.over_outputs import MOST_OUTPUTS, in_detail, over_outputs
from sensbench.findings.planted import planted
from sensbench.findings.quality import model_first
from sensbench.findings.unsettled import unsettled
from sensbench.study.results import Results

# With more outputs than this, each one gets its order and agreement only.
_MOST_IN_FULL = 3


def find(results: Results) -> Findings:
    """Return what the results of one question say, the most important first."""
    return results.derived("findings", lambda of: Findings(_find(of)))


def _find(results: Results) -> Iterator[Finding]:
    question = the_question(results)
    frame = headline_shares(results)
    outputs = shown_outputs(frame, question)
    seen = set(outputs)
    if not outputs:
        yield Finding(Cause.NOTHING_COMPUTED, sure=True)
        yield from _not_computed(results)
        return
    yield from dependence(results)
    yield from model_first(results)
    over = over_outputs(results)
    pairs = pairs_of(in_detail(results, over))
    if over is not None:
        yield from over_all(results, over)
        outputs = list(over.chosen)
    elif len(outputs) > MOST_OUTPUTS:
        shared = shown_outputs(frame, question, "share")
        yield from _few_shares(len(outputs), shared)
        outputs = outputs[:MOST_OUTPUTS]
    in_full = len(outputs) <= _MOST_IN_FULL and over is None
    for output in outputs:
        rows = frame[frame["output"] == output]
        yield from _of_output(results, output, rows, pairs[pairs["output"] == output], in_full)
    for output in question.outputs:
        if output not in seen:
            yield Finding(Cause.UNRANKED_OUTPUT, output, sure=True)
    yield from _not_computed(results)


def _of_output(
    results: Results, output: str, rows: pd.DataFrame, pairs: pd.DataFrame, in_full: bool
) -> Iterator[Finding]:
    comparable = same_question(rows, results)
    yield from order(comparable, output, rows["estimator"].nunique())
    if in_full:
        yield from by_question(results, output, rows)
        yield from shuffled_and_drawn(results, output)
    yield from exact_order(results, output)
    if in_full:
        yield from unsettled(rows, output)
        yield from contradictions(results, output)
    methods = comparable["estimator"]
    ranking = rows.loc[rows["rank"].notna(), "estimator"].nunique()
    both = pairs["first"].isin(methods) & pairs["second"].isin(methods)
    yield from agreed(pairs[both], comparable, output, ranking)
    if not in_full:
        return
    yield from without_shares(results, output, rows)
    yield from planted(results, output)
    yield from slopes_and_variances(results, output, rows)
    yield from prediction(results, output, rows)
    yield from interactions(results, output)
    yield from cancelling(results, output)
    yield from inputs(results, output, rows)
    yield from no_effect(results, output)
    yield from accurate(results, output)


def _few_shares(ranked: int, shared: list[str]) -> Iterator[Finding]:
    """Yield each output that has shares, of many with ranks; or that none has."""
    evidence = {"outputs with ranks": ranked, "outputs with shares": len(shared)}
    for output in shared or [""]:
        yield Finding(Cause.FEW_SHARES, output, evidence=evidence)


_NOT_OK = ("failed", "timeout", "out_of_memory", "crashed", "skipped", "missing")


def _not_computed(results: Results) -> Iterator[Finding]:
    for status in _NOT_OK:
        cells = results.cells[results.cells["status"] == status]
        for method, of_method in cells.groupby("estimator", sort=False):
            evidence: dict[str, float | str] = {
                "status": status,
                "cells": len(of_method),
                "reason": str(of_method["reason"].iloc[0]),
            }
            yield Finding(Cause.NOT_COMPUTED, "", (), (str(method),), evidence, True)
