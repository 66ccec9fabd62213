"""A run for those who watch it: JSON lines, a callback; and what damage it finds first."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError
from sensbench.study.config import check_study
from sensbench.study.runner import RESULTS_FILE, run_study

STUDY = "name: e\nproblems: [ishigami]\nestimators: [gradient, morris]\nbudgets: [100, 10]\n"


def test_events_are_json_lines(tmp_path):
    (tmp_path / "s.yaml").write_text(STUDY)
    line = ["run", str(tmp_path / "s.yaml"), "--out", str(tmp_path), "--workers", "0"]
    done = CliRunner().invoke(main, [*line, "--no-report", "--events", "-"], catch_exceptions=False)
    events = [json.loads(text) for text in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["begin", *["cell"] * 4, "end"]
    assert events[0]["cells"] == 4
    assert sorted(event["status"] for event in events[1:5]) == ["ok", "ok", "ok", "skipped"]
    assert events[-1]["computed"] == {"ok": 3, "skipped": 1}
    CliRunner().invoke(main, [*line, "--no-report", "--events", str(tmp_path / "e.jsonl")])
    again = [json.loads(text) for text in (tmp_path / "e.jsonl").read_text().splitlines()]
    assert (again[0]["kept"], again[-1]["event"]) == (4, "end")


def test_a_comparison_tells_of_each_method(capsys):
    told = []
    problem = sb.problems.load("ishigami")
    options = {"estimators": ["gradient", "sobol"], "budget": 200}
    sb.compare(problem, progress=lambda *facts: told.append(facts), **options)
    assert told == [("gradient", 1, 2), ("sobol", 2, 2)]
    sb.compare(problem, progress=True, **options)
    assert capsys.readouterr().err.split() == ["[1/2]", "gradient", "[2/2]", "sobol"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flip", "cut"])
def test_damage_is_found_before_the_first_write(tmp_path, kind):
    """A run on a damaged file: one sentence and the file as it was, or the right numbers."""
    study = {"name": "k", "problems": ["ishigami"], "estimators": ["gradient"], "budgets": [100]}
    run_study(check_study(study, "test"), tmp_path)
    path = tmp_path / RESULTS_FILE
    whole, expected = path.read_bytes(), sb.load(path).to_frame()
    rng = np.random.default_rng(1)
    refused = 0
    for place in rng.integers(0, len(whole), 40).tolist():
        flipped = bytes([whole[place] ^ (1 << int(rng.integers(8)))])
        end = flipped + whole[place + 1 :] if kind == "flip" else b""
        path.write_bytes(whole[:place] + end)
        damaged = path.read_bytes()
        error = None
        try:
            results, _ = run_study(check_study({**study, "budgets": [100, 200]}, "test"), tmp_path)
        except InputError as raised:
            error = raised
        if error is not None:
            assert "\n" not in str(error)
            assert path.read_bytes() == damaged
            refused += 1
        else:
            numbers = ["measure", "feature", "value", "low", "high"]
            frame = results.frame[results.frame["budget"] == 100].reset_index(drop=True)
            assert frame[numbers].equals(expected[numbers])
        for log in ("-wal", "-shm", "-journal"):
            Path(f"{path}{log}").unlink(missing_ok=True)
    assert refused == 40 if kind == "cut" else refused > 0


def test_a_log_keeps_every_line_of_every_run(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from sensbench.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "name: s\nproblems: [ishigami]\nestimators: [gradient, sobol]\nbudgets: [4, 100]\n"
    )
    for _ in range(2):
        assert CliRunner().invoke(main, ["run", "s.yaml", "--no-report"]).exit_code == 0
    lines = (tmp_path / "reports" / "s" / "run.log").read_text("utf-8").splitlines()
    assert all(line[:2] == "20" and "+00:00 " in line for line in lines)
    assert sum("gradient budget 100 replicate 0: " in line for line in lines) == 1
    assert sum("skipped: ishigami/function sobol budget 4" in line for line in lines) == 1
    assert sum("4 cells" in line for line in lines) == 2


def test_a_log_that_cannot_be_written_does_not_end_a_run(tmp_path):
    from sensbench.cli.progress import Progress

    with Progress("s", log=tmp_path / "nowhere" / "run.log") as progress:
        progress.begin(3, 0)
