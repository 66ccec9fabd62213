"""What ``sensbench new`` writes is what the pages for authors show, and it passes its own tests."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensbench.cli import main

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def new(*words):
    return CliRunner().invoke(main, ["new", *map(str, words)])


@pytest.mark.parametrize(
    ("kind", "name", "page", "entry"),
    [
        ("estimator", "jansen", "add-an-estimator.md", "yourpackage.jansen:Jansen"),
        ("problem", "ramp", "add-a-problem.md", "yourpackage.ramp:ramp"),
        ("figure", "mean_rank", "add-a-figure.md", "yourpackage.mean_rank:MeanRank"),
    ],
)
def test_it_writes_the_example_of_the_page_and_names_the_entry_point(
    kind, name, page, entry, tmp_path
):
    done = new(kind, name, "--out", tmp_path / "deep" / "er")
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (tmp_path / "deep/er").iterdir()) == [
        f"{name}.py", f"test_{name}.py"
    ]  # fmt: skip
    written = (tmp_path / "deep/er" / f"{name}.py").read_text()
    shown = _BLOCK.search((ROOT / "docs" / page).read_text())[1]
    assert written.split("\n\n", 1)[1] == shown
    assert f'[project.entry-points."sensbench.{kind}s"]\n{name} = "{entry}"\n' in done.output


@pytest.mark.slow
def test_what_it_writes_passes_its_own_tests_and_the_linter(tmp_path):
    for kind, name in (("estimator", "first_try"), ("problem", "bowl"), ("figure", "mine_2")):
        assert new(kind, name, "--out", tmp_path).exit_code == 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SENSBENCH_CACHE": str(tmp_path / "c")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-W", "error", "-p", "no:cacheprovider",
         "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "100",
         "--select", "E,F,B", *tmp_path.glob("*.py")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert ruff.returncode == 0, ruff.stdout + ruff.stderr


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "test_bowl.py").write_text("mine")
    done = new("problem", "bowl", "--out", tmp_path)
    assert done.exit_code == 2
    assert "test_bowl.py; choose another name or another folder" in done.output
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("test_bowl.py", "mine")]


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("problem", "1x", "cannot be the name"),
        ("problem", "../x", "cannot be the name"),
        ("problem", "Bowl", "cannot be the name"),
        ("problem", "bowl\n", "cannot be the name"),
        ("problem", "schüssel", "cannot be the name"),
        ("problem", "", "cannot be the name"),
        ("problem", "class", "word of Python's"),
        ("problem", "print", "word of Python's"),
        ("estimator", "random", "a module that other files import"),
        ("estimator", "numpy", "a module that other files import"),
        ("problem", "norm", "uses for something else"),
        ("figure", "figure", "uses for something else"),
        ("estimator", "pawn", "which is an estimator already"),
        ("problem", "flood", "which is a problem already"),
        ("figure", "convergence", "which is a figure already"),
    ],
)
def test_names_that_would_not_work_are_refused_and_nothing_is_written(kind, name, why, tmp_path):
    done = new(kind, name, "--out", tmp_path / "new")
    assert done.exit_code == 2
    assert why in " ".join(done.output.split())
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    done = new("problem", "bowl", "--out", tmp_path / "file" / "below")
    assert done.exit_code == 2
    assert "choose another with --out" in " ".join(done.output.split())
