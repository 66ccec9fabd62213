"""The coverage experiment: that it counts right, goes on where it was, and a small part of it."""

import json

import numpy as np
import pytest

from experiments.coverage import cases, judged, measured
from experiments.coverage.page import page

TRUTH = np.array([0.5, 0.2])
# Intervals hold the truth in .95 of the runs, less where squares are skewed; in standard errors.
ALLOWED = 4
RUNS = 40


def normal(half, runs=4000, rng=None):
    value = np.array([0.5, 0.2]) + 0.01 * rng.normal(size=(runs, 2))
    return {"value": value, "low": value - half, "high": value + half}


def test_coverage_and_width_of_normal_estimates(rng):
    found = judged.judged(normal(0.0196, rng=rng), "total_order", TRUTH)
    assert found["coverage"] == pytest.approx(0.95, abs=4 * found["coverage_se"])
    assert found["coverage_se"] == pytest.approx(np.sqrt(0.95 * 0.05 / 8000), rel=0.1)
    assert found["width"] == pytest.approx(1, abs=4 * found["width_se"])
    assert found["misses"] == ""


@pytest.mark.parametrize(
    ("half", "misses"), [(0.012, "too low, worst input"), (0.05, "too high, too wide")]
)
def test_what_misses_its_target_is_marked(half, misses, rng):
    assert judged.judged(normal(half, rng=rng), "total_order", TRUTH)["misses"] == misses


def test_a_bias_of_one_input_is_the_worst_inputs(rng):
    ends = normal(0.0196, rng=rng)
    for values in ends.values():
        values[:, 1] += 0.1
    found = judged.judged(ends, "total_order", TRUTH)
    assert found["worst"] == 0
    assert found["coverage"] == pytest.approx(0.475, abs=0.02)


def test_runs_without_an_interval_are_counted_apart(rng):
    ends = normal(0.0196, rng=rng)
    ends["low"][:1000] = ends["high"][:1000] = np.nan
    found = judged.judged(ends, "total_order", TRUTH)
    assert found["with interval"] == pytest.approx(0.75)
    assert found["coverage"] == pytest.approx(0.95, abs=0.02)
    assert found["wrong"] == pytest.approx(0.05 * 0.75, abs=0.02)


def test_exact_values_have_no_width():
    exact = np.tile([0.5, 0.2], (30, 1))
    found = judged.judged(dict.fromkeys(("value", "low", "high"), exact), "total_order", TRUTH)
    assert found["coverage"] == 1
    assert np.isnan(found["width"])


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(measured, "CASES", cases.CASES[:1])
    monkeypatch.setattr(measured, "METHODS", (("sobol", "sobol", {}, (32, 64)),))
    monkeypatch.setattr(measured, "PART", 2)


def test_a_killed_run_goes_on_and_gives_the_same(few, tmp_path):
    whole, halved = tmp_path / "whole.jsonl", tmp_path / "halved.jsonl"
    assert len(list(measured.run(whole, 3))) == 4
    lines = whole.read_text().splitlines(keepends=True)
    assert len(lines) == 8
    halved.write_text("".join(lines[:4]) + lines[4][:30])  # two parts, and half a line
    assert len(list(measured.run(halved, 3))) == 2
    assert measured.read(halved) == [json.loads(line) for line in lines]
    assert list(measured.run(whole, 3)) == []
    frame = judged.table(measured.read(whole), 3)
    assert frame["runs"].tolist() == [3] * 4
    assert "How often 95 % intervals hold the truth" in page(frame, "")


def test_truths_of_the_cases_of_its_own():
    """The exponential's and the table's closed forms, against large samples of the functions."""
    for make in (cases.exponential, cases.ties):
        problem = make()
        sampled = cases.sb.reference(problem, points=2**12, scrambles=8)
        for name in ("first_order", "total_order"):
            error = 5 * sampled[name].standard_error + 1e-9
            assert (np.abs(problem.truth[name].value - sampled[name].value) <= error).all(), name


@pytest.mark.parametrize(
    ("problem", "method", "size", "measures"),
    [
        ("Ishigami", "sobol", 64, ("first_order", "total_order")),
        ("G (8)", "sobol", 64, ("total_order",)),
        ("ties", "sobol", 64, ("first_order", "total_order")),
        ("linear Gaussian", "permutation", 100, ("permutation_mse", "permutation_total_order")),
        ("Ishigami", "gradient", 200, ("dgsm", "derivative_abs")),
    ],
)
def test_intervals_hold_the_truth_in_a_small_part_of_it(problem, method, size, measures):
    made = next(case.problem for case in cases.CASES if case.name == problem)()
    lines = measured.measured(measured.Part(problem, method, size, 0, RUNS), made)
    frame = judged.table(lines, RUNS).set_index("measure")
    for name in measures:
        row = frame.loc[name]
        assert row["coverage"] >= 0.93 - ALLOWED * row["coverage_se"], row
        assert row["worst"] >= judged.WORST - ALLOWED * row["worst_se"], row
        most = judged.WIDTH_OF_NETS if method == "sobol" else judged.WIDTH
        assert row["width"] <= most + ALLOWED * row["width_se"], row


def test_what_gave_no_interval_is_not_run_again(monkeypatch, tmp_path):
    monkeypatch.setattr(measured, "CASES", cases.CASES[:1])
    monkeypatch.setattr(measured, "METHODS", (("pawn", "pawn", {}, (64, 128)),))
    monkeypatch.setattr(measured, "PART", 2)
    file = tmp_path / "measured.jsonl"
    assert len(list(measured.run(file, 6))) == 2
    assert list(measured.run(file, 6)) == []
    frame = judged.table(measured.read(file), 6)
    assert frame["reason"].tolist() == ["no measure with an interval"] * 2
