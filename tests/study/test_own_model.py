"""A user's own model, from a file, as a model of a study."""

import os

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sensbench.errors import StudyError
from sensbench.report import write_report
from sensbench.study.config import load_study
from sensbench.study.runner import run_study

NET = """
import os
from pathlib import Path
import torch
from torch import nn

with open(Path(__file__).with_name("ran in"), "a") as file:
    file.write(f"{os.getpid()} ")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)

def formula(x):
    return 3 * x[:, 0] + x[:, 1] ** 2

def broken(x):
    raise ZeroDivisionError("by design")
"""
STUDY = """
name: own
problems:
  - {name: space, inputs: {a: [0, 1], b: {normal: [0, 2]}}}
  - {name: table, path: rows.csv, target: price}
models:
  - {file: net.py:Net, weights: net.safetensors, name: mine}
  - file: net.py:formula
  - {file: net.py:broken}
estimators: [gradient, sobol]
budgets: [400]
"""


@pytest.fixture
def folder(tmp_path, rng):
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "study.yaml").write_text(STUDY)
    with_weights(tmp_path, 2.0)
    X = rng.normal(size=(60, 2))
    rows = np.column_stack([X, X @ [2.0, 1.0] + 0.5])
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b,price", comments="")
    return tmp_path


def with_weights(folder, slope):
    state = {"layer.weight": torch.tensor([[slope, 1.0]]), "layer.bias": torch.tensor([0.5])}
    nn.Linear(2, 1).load_state_dict({key[6:]: value for key, value in state.items()})
    save_file(state, folder / "net.safetensors")


def slopes(results, problem, model):
    frame = results.frame.query("measure == 'derivative_mean' and estimator == 'gradient'")
    return frame[(frame["problem"] == problem) & (frame["model"] == model)]["value"].tolist()


@pytest.mark.slow
def test_it_is_explained_on_a_space_and_on_a_table_and_runs_in_workers_alone(folder):
    study = load_study(folder / "study.yaml")
    results, tally = run_study(study, folder, workers=1)
    assert tally.counts == {"ok": 8, "failed": 4}
    assert str(os.getpid()) not in (folder / "ran in").read_text().split()
    for problem in ("space", "rows"):
        assert slopes(results, problem, "mine") == pytest.approx([2.0, 1.0], rel=1e-5)
        assert slopes(results, problem, "formula")[0] == pytest.approx(3.0, rel=1e-5)
    assert results.questions["rows", "mine"].r2("price") == pytest.approx(1.0, abs=1e-6)
    assert results.questions["rows", "formula"].r2("price") < 0.9
    broken = results.cells.query("model == 'broken'")
    assert broken["reason"].str.contains("by design").all()
    page = write_report(results, folder / "index.html", files=False).read_text()
    assert "mine" in page

    # the same files elsewhere are the same model; other weights, or another line, are not
    _, tally = run_study(study, folder)
    assert (tally.counts.total(), tally.kept) == (0, 12)
    with_weights(folder, 5.0)
    results, tally = run_study(study, folder)
    assert (tally.counts, tally.kept) == ({"ok": 4}, 8)
    assert slopes(results, "space", "mine") == pytest.approx([5.0, 1.0], rel=1e-5)
    (folder / "net.py").write_text(NET + "\n# another line\n")
    _, tally = run_study(study, folder)
    assert tally.counts == {"ok": 8, "failed": 4}


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("net.py:Net", "nett.py:Net", r"models\[0\]: file: expected a file that can be read"),
        ("net.py:Net", "net.pt", r"models\[0\]: file: expected FILE.py:NAME"),
        ("file: net.py:Net, ", "", r"models\[0\]: weights: expected file"),
        ("name: mine", "hidden: 3", r"expected file, weights, .* and limits; got hidden"),
        ("name: mine", "name: function", "name: expected another name"),
        ("net.safetensors", "other.safetensors", r"models\[0\]: weights: expected a file"),
        ("{normal: [0, 2]}", "{normal: 2}", r"problems\[0\]: space: expected \[low, high\], "),
        ("{normal: [0, 2]}", "{normal: [0, 0]}", r"problems\[0\]: space: expected"),
        ("file: net.py:formula", "mlp", None),
    ],
)
def test_mistakes_are_told_before_anything_runs(folder, was, now, message):
    (folder / "study.yaml").write_text(STUDY.replace(was, now))
    if message is None:  # a network learns from the table, and the space has nothing to teach
        only = STUDY.replace("  - {file: net.py:Net, weights: net.safetensors, name: mine}\n", "")
        only = only.replace("  - {file: net.py:broken}\n", "").replace(
            "file: net.py:formula", "mlp"
        )
        (folder / "study.yaml").write_text(only)
        message = r"problems\[0\]: expected a model for 'space', .*add {file: net.py:Net}"
    with pytest.raises(StudyError, match=message):
        run_study(load_study(folder / "study.yaml"), folder)
    assert not (folder / "ran in").exists()


def test_every_way_to_write_an_input(folder):
    study = STUDY.replace(
        "{a: [0, 1], b: {normal: [0, 2]}}",
        "{a: {values: [1, 2, 4]}, b: {probabilities: {0: 0.5, 2: 0.5}}}",
    )
    (folder / "study.yaml").write_text(study)
    results, _ = run_study(load_study(folder / "study.yaml"), folder)
    assert results.questions["space", "mine"].inputs.keys() == {"a", "b"}
    used = results.cells.query("problem == 'space' and model == 'mine'").set_index("estimator")
    assert used["status"]["sobol"] == "ok"
    assert used["status"]["gradient"] == "skipped"
