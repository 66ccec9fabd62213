"""The diagnosis experiment: that it judges right, and a small part of it."""

import json

import numpy as np
import pytest

from experiments.diagnosis import judged, measured
from experiments.diagnosis.cases import case
from experiments.diagnosis.claims import FACTS, OF_CAUSE, STATEMENTS, Claim
from experiments.diagnosis.page import page
from sensbench.findings import Cause

CASES = {one.name: one for one in measured.CASES}
FEW = (
    "a square", "a product", "a jump on a slope", "short waves", "one of ten outputs differs",
    "equal inputs", "rows of pure noise", "targets of pure noise", "a sum of four",
)  # fmt: skip


def unlike(name, seed=0):
    """Return what was said of a case and is false, and what was not said."""
    lines = [{"case": name, "seed": seed, "said": measured.claims_of(CASES[name], seed)}]
    frame = judged.judged(lines, measured.CASES)
    # how alike the orders are is tested where it is computed
    frame = frame[~frame["claim"].isin([Claim.ORDERS_DIFFER])]
    return frame[(frame["wrong"] > 0) | (frame["found"] < frame["planted"])]


@pytest.mark.parametrize("name", FEW)
def test_findings_say_what_was_planted(name):
    assert unlike(name).empty


@pytest.mark.slow
@pytest.mark.parametrize("name", [one.name for one in measured.CASES if one.control])
def test_no_cause_is_named_of_controls(name):
    for seed in range(3):
        false = unlike(name, 100 + seed)
        assert set(false.loc[false["wrong"] > 0, "claim"]) <= set(map(str, STATEMENTS)), false


def test_every_kind_of_finding_is_a_claim_or_a_number():
    assert set(Cause) == set(OF_CAUSE) | FACTS | {Cause.AGREEMENT}
    assert not set(OF_CAUSE) & FACTS


def test_every_claim_has_a_case_with_its_cause_and_one_without():
    """That no input is important at all is planted in no case: shares of one output sum to 1."""
    other = {Claim.NONE_IMPORTANT, Claim.RANKS_ONLY, Claim.ORDERS_DIFFER, Claim.ORDERS_ALIKE,
             Claim.ONE_METHOD, Claim.IN_ORDER, Claim.ORDER_OPEN}  # fmt: skip
    for claim in set(Claim) - other:
        asked = [one for one in measured.CASES if one.judged(claim)]
        assert any(claim in one.says for one in asked), claim
        assert any(not one.allowed(claim) for one in asked) or claim in STATEMENTS, claim


def test_cases_enough_controls_and_held_out():
    assert len(CASES) == len(measured.CASES) >= 60
    assert sum(one.control for one in measured.CASES) >= 12
    assert 3 * sum(one.held_out for one in measured.CASES) >= len(CASES)


def planted():
    return case("one", lambda rng: {}, {Claim.CANCELLING: "a b"}, order="a > b = c")


def test_what_is_right_wrong_and_missed_is_counted():
    said = {"signs cancel": ["a", "c"], "in order": ["a > b", "b > c"], "first place": ["a"],
            "interactions": ["*"]}  # fmt: skip
    frame = judged.judged([{"case": "one", "seed": 0, "said": said}], [planted()])
    by = frame.set_index("claim")
    assert by.loc["signs cancel", ["right", "wrong", "found", "planted"]].tolist() == [1, 1, 1, 2]
    assert by.loc["in order", ["right", "wrong"]].tolist() == [1, 1]
    assert by.loc["first place", ["right", "wrong"]].tolist() == [1, 0]
    assert by.loc["interactions", "said wrongly"] == "*"
    table = judged.by_claim(frame).set_index("claim")
    assert table.loc["signs cancel", ["precision", "recall"]].tolist() == [0.5, 0.5]
    (shown,) = judged.by_case(frame).to_dict("records")
    assert shown["missed"] == "signs cancel (1)"
    assert "<td>one</td>" in page(judged.by_claim(frame), judged.by_case(frame), frame[:0], 1)


def test_wilsons_interval():
    """Published: Newcombe 1998, Statistics in Medicine 17:857-872, table I."""
    assert judged.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert judged.wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert np.isnan(judged.wilson(0, 0)).all()


def test_a_killed_run_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(measured, "CASES", (CASES["equal inputs"],))
    file = tmp_path / "said.jsonl"
    assert len(list(measured.run(file, 1))) == 1
    assert len(list(measured.run(file, 2))) == 1
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["seed"] for line in lines] == [0, 1]
