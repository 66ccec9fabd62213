"""That the benchmark runs, and that it does not report a time for a wrong number."""

import importlib.util
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sensbench as sb
from experiments.speed import __main__ as program
from experiments.speed import page, profiling, run, targets, worker
from experiments.speed.case import Case, Disagreement, same
from experiments.speed.cases import full, quick, smallest
from experiments.speed.sobol import same_within_noise

JOBS = [(plan.case, peer) for plan in smallest() for peer in plan.peers]
MODULES = {"scikit-learn": "sklearn"}


def job(case, peer, **changes):
    plain = {"memory": False, "threads": 1, "budget": 0.0, "pairs": 1, "most_bytes": 1e9}
    return {"case": asdict(case), "peer": peer, **plain, **changes}


@pytest.mark.slow
@pytest.mark.parametrize(("case", "peer"), JOBS, ids=lambda x: getattr(x, "family", x))
def test_every_contender_gives_the_same_numbers(case, peer):
    found = worker.answer(job(case, peer))
    (contender,) = (p for p in worker.family(case.family).PEERS if p.name == peer)
    missing = [n for n in contender.needs if not importlib.util.find_spec(MODULES.get(n, n))]
    there = case.family in (*sb.estimators.names(), *worker.CALLS) and not missing
    assert found["status"] == ("ok" if there else "absent"), found
    if there:
        assert found["ratio"] > 0
    else:
        assert "is not" in found["detail"]


def test_what_has_a_target_is_measured():
    """An estimator that is there, or one of the calls: none is passed over as absent."""
    measured = {target.where["family"] for target in targets.targets()}
    assert measured <= {*sb.estimators.names(), *worker.CALLS}
    assert {plan.case.family for plan in quick()} >= measured


def test_a_wrong_number_is_an_error_and_no_time(monkeypatch, tmp_path):
    sobol = worker.family("sobol")
    right = sobol.ours

    def wrong(case):
        def run():
            numbers = dict(right(case)())
            numbers["total_order"] = numbers["total_order"] + 1e-3
            return numbers

        return run

    monkeypatch.setattr(sobol, "ours", wrong)
    found = worker.answer(job(Case("sobol", 3, 64), "SALib"))
    assert found["status"] == "disagrees"
    assert "seconds" not in found
    monkeypatch.setattr(
        run, "_job", lambda case, peer, memory, effort: worker.answer(job(case, peer))
    )
    monkeypatch.setattr(run, "_processor_seconds", lambda command, told: 0.1)
    monkeypatch.setattr(run, "WHAT", {})
    monkeypatch.setattr(targets, "STARTS", targets.STARTS[:4])
    monkeypatch.setattr(program, "measure", run.measure)
    monkeypatch.setattr(program, "smallest", lambda: [run.Plan(Case("sobol", 3, 64), ("SALib",))])
    done = CliRunner().invoke(program.main, ["--smallest", "--out", str(tmp_path)])
    assert done.exit_code == 1
    assert "disagrees" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("theirs", [[1.0, np.nan], [1.0, 2.1], [1.0], [np.nan, np.nan]])
def test_numbers_that_differ_or_are_not_there_disagree(theirs):
    with pytest.raises(Disagreement):
        same(Case("sobol", 2, 8), {"S": np.array([1.0, 2.0])}, {"S": np.array(theirs)})


def test_noise_is_no_excuse_for_another_number():
    half = {"first_order ±": np.full((1, 2), 0.02), "total_order ±": np.full((1, 2), 0.02)}
    ours = {name: np.array([[0.5, 0.5]]) for name in ("first_order", "total_order")} | half
    near = ours | {"total_order": np.array([[0.5, 0.55]])}
    far = ours | {"total_order": np.array([[0.5, 0.75]])}
    assert "standard errors" in same_within_noise(Case("sobol", 2, 8), ours, near)
    with pytest.raises(Disagreement):
        same_within_noise(Case("sobol", 2, 8), ours, far)


def test_what_does_not_fit_or_is_not_installed_is_a_row_that_says_so(monkeypatch):
    found = worker.answer(job(Case("sobol", 100, 4096), "SALib", most_bytes=1e6))
    assert found["status"] == "too large"
    monkeypatch.setattr(worker, "version", _absent)
    found = worker.answer(job(Case("sobol", 3, 64), "SALib"))
    assert found == {"status": "absent", "detail": "SALib is not installed"}


def _absent(package):
    raise worker.PackageNotFoundError(package)


@pytest.mark.slow
def test_a_process_of_its_own_measures_time_and_memory_and_a_stopped_run_goes_on(tmp_path):
    plans = [run.Plan(Case("gradient", 20, 4000), ("torch.func jacrev",), memory=True)]
    lines, effort, path = [], run.Effort(1, 0.0, 1, 300.0), tmp_path / "measured.jsonl"
    frame = run.measure(plans, effort, lines.append, run.Kept(path, effort, "torch 2"))
    (row,) = frame.to_dict("records")
    assert row["status"] == "ok", row["detail"]
    assert len(lines) == 1
    # the Jacobian alone, in float32
    assert row["peer_megabytes"] > 4000 * 2 * 20 * 4 / 2**20 / 2

    with path.open("a") as file:
        file.write('\n{"told": "cut off')
    again = run.measure(plans, effort, lines.append, run.Kept(path, effort, "torch 2"))
    assert len(lines) == 1
    pd.testing.assert_frame_equal(again, frame)
    # what other versions or another effort measured is no part of it
    assert len(run.Kept(path, effort, "torch 2")) == 1
    assert len(run.Kept(path, effort, "torch 3")) == 0
    assert len(run.Kept(path, replace(effort, threads=2), "torch 2")) == 0


def test_verdicts_follow_from_the_ratios():
    frame = pd.DataFrame(
        [
            ("sobol", 10, 8192, "bare forward", 1.4), ("sobol", 10, 8192, "SALib", 9.0),
            ("permutation", 10, 2000, "scikit-learn", 1.6),
            ("permutation", 4, 200, "scikit-learn", 0.9),
        ],
        columns=["family", "d", "n", "peer", "ratio"],
    ).assign(o=2, hidden="64-64", second_order=False, status="ok", detail="", pairs=3,
             ratio_low=0.5, ratio_high=20.0)  # fmt: skip
    starts = {"sb.Model above torch": 0.31, "sb.compare above torch": 0.3,
              "sensbench --help": 0.1, "sensbench list": 0.1,
              "analyze": 5.1, "cell": 0.0009, "page": 7.0}  # fmt: skip
    verdicts, seconds = targets.judged(frame), targets.waited(starts)
    said = dict(zip(seconds["what"], seconds["verdict"], strict=True))
    assert said == {
        "import sensbench as sb; sb.Model, above import torch": "not met",
        "import sensbench as sb; sb.compare, above import torch": "met",
        "sensbench --help": "met",
        "sensbench list estimators": "met",
        "sensbench analyze, ten inputs and its page, from a cold start": "not met",
        "a cell of a study beside its estimate, one process": "met",
        "the page of a study of 1,000 cells": "met",
    }
    assert targets.answer(verdicts, seconds) == (
        "A whole Sobol' estimate costs 1.4 times the model's own passes and is 9 times as "
        "fast as SALib by hand (10 inputs, 8,192 base rows). 7 of 11 targets are met."
    )
    said = dict(zip(verdicts["what"], verdicts["verdict"], strict=True))
    expected = {
        "Sobol' S₁ and S_T, 100 resamples ÷ bare forward; d = 10, N = 8,192": "met",
        "SALib by hand ÷ Sobol' S₁ and S_T, 100 resamples; d = 10, N = 8,192": "not met",
        "SALib by hand ÷ Sobol' S₁ and S_T, 100 resamples; d = 30, N = 4,096": (
            "not measured in this run"
        ),
        "scikit-learn ÷ permutation, 10 repeats; d = 10, n = 2,000": "met",
        "scikit-learn ÷ permutation, 10 repeats; the worst of all sizes": "not met",
    }
    assert {what: said[what] for what in expected} == expected


def test_a_first_call_of_few_rows_is_judged_by_the_time_above_the_loop():
    frame = pd.DataFrame(
        [("first_jacobian", 100, 0.006, 0.0005, "ok"), ("jacobian", 100, 0.9, 0.1, "ok"),
         ("first_jacobian", 1000, 0.0049, 0.001, "ok")],
        columns=["family", "n", "seconds", "peer_seconds", "status"],
    )  # fmt: skip
    seconds = targets.waited(targets.above_the_loop(frame))
    assert seconds["verdict"].tolist() == ["not met", "met"]
    assert seconds["measured"].tolist() == ["0.0055 s", "0.0039 s"]


def test_every_target_has_its_cases_in_both_efforts():
    for plans in (quick(), full()):
        there = {
            (p.case.family, p.case.d, p.case.n, peer) for p in plans for peer in p.peers
        }  # fmt: skip
        for target in targets.targets():
            at = target.where
            if {"d", "n"} <= set(at):
                assert (at["family"], at["d"], at["n"], at["peer"]) in there, target.text


def test_the_page_stands_alone_and_shows_every_row(tmp_path):
    rows = [
        {"family": "sobol", "d": 10, "n": n, "o": 2, "hidden": "64-64", "second_order": False,
         "peer": peer, "threads": 1, "status": "ok", "detail": "", "agreement": "equal",
         "seconds": n / 1e5, "peer_seconds": n / 1e4, "first_seconds": 1.0, "ratio": 10.0,
         "ratio_low": 9.0, "ratio_high": 11.0, "pairs": 3, "megabytes": 5.0,
         "peer_megabytes": 50.0}
        for n in (1024, 4096, 16384) for peer in ("SALib", "bare forward")
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    verdicts = pd.DataFrame(
        [{"what": "w", "target": "≤ 1", "measured": "2", "range": "", "verdict": "not met"}]
    )
    seconds = verdicts.drop(columns="range")
    text = page.write(
        tmp_path, frame, verdicts, seconds, program.machine(2, "quick", (0.5, 0.6))
    ).read_text()
    assert text.count("N\u00a0=\u00a04,096, 2 outputs") == 2
    assert text.count("data:image/svg+xml;base64,") == 2
    assert "http://" not in text
    assert "0 of 2 targets are met." in text
    assert 'href="#sobol"' in text
    assert 'id="sobol"' in text
    assert "SALib 0.102 to 1.64 s" in text  # in words, for those who cannot see it
    assert 'src="data:' in text
    back = pd.read_csv(tmp_path / "results.csv")
    assert back["peer_seconds"].tolist() == pytest.approx(frame["peer_seconds"].tolist(), rel=1e-3)


def test_the_profile_tells_the_network_from_what_is_around_it(monkeypatch):
    monkeypatch.setattr(profiling, "_LEAST", 0.0)
    sobol = profiling.spent(Case("sobol", 3, 512, hidden=(256, 256)))
    assert sobol.backward == 0.0
    assert 0.0 < sobol.forward < 1.0
    gradient = profiling.spent(Case("gradient", 3, 2000), most=60)
    assert gradient.backward > 0.0
    assert 0.0 < gradient.around < 1.0
    assert any(name.startswith("aten::") and calls for name, _, calls in gradient.kernels)
    assert any(name.startswith("sensbench.") for name, _, _ in gradient.functions)
    (first, *_) = profiling.tables(Case("gradient", 3, 2000), gradient, 1)
    assert first.row_count == 3
