"""What is found of the model, of the known values, and of cells without numbers."""

from dataclasses import replace

import pandas as pd
import pytest

from sensbench.findings import Cause, Finding, find
from sensbench.findings.accuracy import accurate
from sensbench.findings.planted import planted
from sensbench.findings.quality import model_first
from sensbench.model.quality import Quality
from sensbench.problem.planting import NOISE
from sensbench.report.wording import words

INDICES = {"sobol": {"total_order": {"a": 0.6, "b": 0.3}}}


def test_a_poor_model_is_told_with_its_fit(by_hand):
    fit, poor = model_first(by_hand(INDICES, r2=0.4))
    assert (fit.cause, fit.output, fit.number("r2")) == (Cause.MODEL_FIT, "y", 0.4)
    assert (fit.text("model"), fit.text("judged on")) == ("m", "rows")
    assert (poor.cause, poor.number("at least"), poor.sure) == (Cause.POOR_MODEL, 0.5, True)
    undefined = model_first(by_hand(INDICES, r2=float("nan")))[1]
    assert (undefined.cause, undefined.sure) == (Cause.POOR_MODEL, False)
    assert [f.cause for f in model_first(by_hand(INDICES, r2=0.5))] == [Cause.MODEL_FIT]


@pytest.mark.parametrize(("error", "sure"), [(0.0, True), (0.1, False)])
def test_the_networks_own_error(by_hand, error, sure):
    results = by_hand(
        INDICES,
        truth={"total_order": {"a": 0.8, "b": 0.6}},
        reference={"total_order": {"a": (0.9, error), "b": (0.6, error)}},
    )
    (found,) = model_first(results)
    assert (found.cause, found.output, found.methods) == (Cause.NETWORK_ERROR, "y", ("sobol",))
    assert found.number("relative error") == pytest.approx(0.1)  # 0.1 of a truth of size 1
    assert found.number("known to") == pytest.approx(2**0.5 * error)
    assert (found.text("measure"), found.sure) == ("total_order", sure)


def test_the_distance_from_known_values(by_hand):
    results = by_hand(INDICES, truth={"total_order": {"a": 0.8, "b": 0.6}})
    (found,) = accurate(results, "y")
    # sqrt(0.2² + 0.3²) of a truth of size 1
    assert found.number("relative error") == pytest.approx(0.13**0.5)
    assert (found.cause, found.methods, found.sure) == (Cause.ACCURACY, ("sobol",), True)
    assert (found.text("against"), found.number("budget")) == ("exact values", 100)
    sampled = by_hand(INDICES, truth={"total_order": {"a": (0.8, 0.01), "b": (0.6, 0.01)}})
    assert [f.sure for f in accurate(sampled, "y")] == [False]


def test_planted_noise_and_copies(by_hand):
    numbers = {
        "one": {"total_order": {"a": 0.5, "b": 0.1, "noise_1": 0.2, "a_copy": 0.2}},
        "two": {"total_order": {"a": 0.4, "b": 0.3, "noise_1": 0.0, "a_copy": 0.3}},
    }
    results = by_hand(numbers, planted={"noise_1": NOISE, "a_copy": "a"})
    above, below, *copies = planted(results, "y")
    assert (above.cause, above.methods, above.features) == (
        Cause.NOISE_ABOVE, ("one",), ("noise_1",),
    )  # fmt: skip
    assert above.number("real inputs not above noise") == 1
    assert above.number("real inputs") == 2
    assert (below.cause, below.methods) == (Cause.NOISE_BELOW, ("two",))
    assert [f.features for f in copies] == [("a", "a_copy")] * 2
    parts = [f.number("part of the copy") for f in copies]
    assert parts == pytest.approx([0.2 / 0.7, 0.3 / 0.7])


def test_cells_without_numbers_come_last_with_their_reason(by_hand):
    results = by_hand(INDICES)
    failed = results.cells.assign(status="failed", reason="sobol: no", budget=200)
    cells = pd.concat([results.cells, failed, failed], ignore_index=True)
    found = find(replace(results, cells=cells))[-1]
    assert (found.cause, found.methods) == (Cause.NOT_COMPUTED, ("sobol",))
    assert dict(found.evidence) == {"status": "failed", "cells": 2, "reason": "sobol: no"}


def test_many_outputs_are_told_by_the_range_of_their_fits(by_hand):
    results = by_hand(INDICES)
    (key, question), = results.questions.items()  # fmt: skip
    quality = {f"y{k}": Quality(0.9 + k / 100, 1.0) for k in range(7)}
    asked = {key: replace(question, quality=quality, judged_on="rows")}
    (found,) = model_first(replace(results, questions=asked))
    assert found.cause == Cause.MODEL_FIT_RANGE
    assert found.number("outputs") == 7
    assert (found.number("lowest r2"), found.text("lowest in")) == (0.9, "y0")
    assert (found.number("median r2"), found.number("highest r2")) == (0.93, 0.96)
    assert words([found]) == [
        "m predicts its 7 outputs with R² from 0.90 (y0) to 0.96, median 0.93, on rows."
    ]


def test_what_is_said_of_many_outputs_with_ranks_alone():
    blind = [Finding(Cause.RANKS_ONLY, f"y{k}", (), ("pawn",)) for k in (1, 2)]
    none = Finding(Cause.FEW_SHARES, evidence={"outputs with ranks": 8})
    few = [Finding(Cause.FEW_SHARES, o, evidence={"outputs with ranks": 8}) for o in ("y1", "y2")]
    assert words(blind, several=True) == [
        "pawn has ranks but no shares for 2 outputs: y1 and y2; it sees no importance there that "
        "is clear of noise."
    ]
    assert words([none]) == ["8 outputs have ranks, but shares of importance for none of them."]
    assert words(few) == ["8 outputs have ranks, but shares of importance only for y1 and y2."]
