"""Importance as a unit test: a ranking that moved is an alarm, training again is not."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from torch import nn

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError, RankingMoved
from sensbench.metrics.moves import moves

# a cubic, so that the second input has an effect that no linear shortcut gives
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, x):
        return self.layer(x) + 0.1 * x[:, 1:2] ** 3
"""


class Linear(nn.Module):
    """y = Σ slopes·x: its shares are slopes², whatever the method."""

    def __init__(self, *slopes):
        super().__init__()
        self.slopes = torch.tensor(slopes)

    def forward(self, x):
        return (x * self.slopes).sum(dim=1)


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(200, 3))


@pytest.fixture
def baseline(X, tmp_path):
    def of(*slopes, name="baseline"):
        compared = sb.compare(Linear(*slopes), X, estimators=["gradient", "sobol"], budget=500)
        with pytest.warns(sb.errors.SaveWarning, match="the state of the model|makes alone"):
            return compared.save(tmp_path / f"{name}.sqlite")

    return of


def test_a_reversal_is_told_with_the_input_and_by_how_much(baseline):
    found = sb.check(Linear(1.0, 2.0, 0.5), baseline(2.0, 1.0, 0.5))
    assert {(m.estimator, m.fell, m.rose) for m in found.moved} == {
        ("gradient", "x1", "x2"), ("sobol", "x1", "x2"),
    }  # fmt: skip
    move = found.moved[0]
    # shares are squares: 4, 1 and 1/4 of 5.25, up to the columns' variances
    assert move.fell_before.value == pytest.approx(4 / 5.25, abs=0.1)
    assert move.fell_now.value == pytest.approx(1 / 5.25, abs=0.1)
    assert (move.rank_before, move.rank_now) == (1, 2)
    assert move.by == pytest.approx(2 * 3 / 5.25, abs=0.2)
    with pytest.raises(RankingMoved, match=r"x1 fell from rank 1 to 2, its share from 0\.\d\d \["):
        found.require()
    with pytest.raises(AssertionError):
        found.require()


def test_the_same_model_and_small_moves_are_none(baseline):
    path = baseline(2.0, 1.0, 0.5)
    same = sb.check(Linear(2.0, 1.0, 0.5), path)
    assert same.ok
    # the same rows, methods and seed: the same numbers
    was = sb.Comparison.load(path).to_frame().drop(columns="problem")
    pd.testing.assert_frame_equal(same.comparison.to_frame().drop(columns="problem"), was)
    assert "one baseline does not say how much training moves it" in str(same)
    # a reversal between 1.0 and 0.7 is smaller than what one baseline can tell from training
    close = baseline(2.0, 1.0, 0.7, name="close")
    assert sb.check(Linear(2.0, 0.7, 1.0), close).ok
    assert not sb.check(Linear(2.0, 0.7, 1.0), close, margin=0.1).ok


def test_several_baselines_say_what_training_does(baseline):
    slopes = [(2.0, 1.0, 0.9), (2.1, 0.9, 1.0), (1.9, 1.05, 0.85), (2.0, 0.95, 1.0)]
    paths = [baseline(*one, name=f"b{k}") for k, one in enumerate(slopes)]
    # x2 and x3 change places among the baselines themselves; x1 is first in all
    assert sb.check(Linear(2.0, 0.7, 1.2), paths).ok
    moved = sb.check(Linear(1.2, 2.0, 1.0), paths)
    assert {(m.fell, m.rose) for m in moved.moved} == {("x1", "x2")}
    assert moved.settled < moved.pairs


def shares_of(*rows):
    """Shares of one method in three inputs, with intervals of ± 0.01."""
    share = np.array(rows)
    frame = pd.DataFrame({"feature": ["a", "b", "c"], "share": share})
    frame = frame.assign(share_low=share - 0.01, share_high=share + 0.01)
    ranks = frame["share"].rank(ascending=False)
    return frame.assign(estimator="m", output="y", rank=ranks)


def test_what_is_settled_follows_from_the_spread():
    now = shares_of(0.3, 0.6, 0.1)
    assert [m.fell for m in moves([shares_of(0.5, 0.4, 0.1)], now, 0.1).moves] == ["a"]
    wide = [shares_of(*s) for s in ((0.5, 0.4, 0.1), (0.6, 0.3, 0.1), (0.42, 0.4, 0.18))]
    # the differences of a and b are 0.1, 0.3 and 0.02: mean 0.14, deviation 0.144, so that
    # t(1 - 0.025/3, 2 degrees) = 7.65 · 0.144 · √(4/3) is far above it
    found = moves(wide, now, 0.0)
    assert not found.moves
    narrow = [shares_of(0.5 + d, 0.4 - d, 0.1) for d in (-0.001, 0.0, 0.001)]
    found = moves(narrow, now, 0.0)
    assert [(m.fell, m.rose) for m in found.moves] == [("a", "b")]
    assert (found.settled, found.pairs) == (3, 3)
    assert found.moves[0].by == pytest.approx(0.1 + 0.3)


def test_baselines_that_do_not_fit_are_told(baseline, X, tmp_path):
    path = baseline(2.0, 1.0, 0.5)
    other = sb.compare(Linear(1.0, 2.0, 3.0), X, estimators=["gradient"], budget=500)
    with pytest.warns(sb.errors.SaveWarning):
        one_method = other.save(tmp_path / "other.sqlite")
    with pytest.raises(InputError, match=r"other.sqlite: expected the methods, budget and inputs"):
        sb.check(Linear(1.0, 2.0, 3.0), [path, one_method])
    with pytest.raises(InputError, match="there are none"):
        sb.check(Linear(1.0, 2.0, 3.0), tmp_path / "none.sqlite")
    with pytest.raises(InputError, match="a margin from 0 to 2"):
        sb.check(Linear(1.0, 2.0, 3.0), path, margin=3)


def test_from_the_shell(tmp_path, X):
    def weights(name, *slopes):
        state = {"layer.weight": torch.tensor([slopes]), "layer.bias": torch.zeros(1)}
        torch.save(state, tmp_path / name)
        return str(tmp_path / name)

    def invoke(line, code):
        result = CliRunner().invoke(main, line, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    (tmp_path / "net.py").write_text(NET)
    pd.DataFrame(X, columns=["a", "b", "c"]).to_csv(tmp_path / "rows.csv", index=False)
    model, rows = f"{tmp_path}/net.py:Net", str(tmp_path / "rows.csv")
    base, saved = weights("base.pt", 3.0, 1.0, 0.2), str(tmp_path / "baseline.sqlite")
    analyze = ["analyze", "--model", model, "--weights", base, "--data", rows, "--budget", "500"]
    told = invoke([*analyze, "--save", saved], 0)
    assert f"saved: {saved}" in told
    again = ["check", model, "--against", saved, "--weights"]
    assert "no ranking moved" in invoke([*again, weights("again.pt", 3.1, 0.9, 0.25)], 0)
    assert "a fell from rank 1" in invoke([*again, weights("changed.pt", 0.2, 1.0, 3.0)], 1)
    # the same file is a study as well
    assert "the same to the bit" in invoke(["rerun", saved, "--workers", "0"], 0)
    assert "expected --out PAGE or --save PATH" in invoke(analyze, 2)


TEST = """
import torch

def linear(*slopes):
    return lambda x: x @ torch.tensor(slopes, dtype=x.dtype)

def test_holds(check_importance):
    assert check_importance(linear(2.0, 1.0, 0.5), "baseline.sqlite").ok

def test_moves(check_importance):
    check_importance(linear(0.5, 1.0, 2.0), "baseline.sqlite")
"""


def test_as_a_fixture_of_pytest(tmp_path, baseline):
    baseline(2.0, 1.0, 0.5)
    (tmp_path / "test_model.py").write_text(TEST)
    plain = ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "sensbench.pytest_plugin", *plain]
    # an installed sensbench registers the plug-in by itself; here it is loaded by name alone
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, "test_model.py"], cwd=tmp_path, env=alone, capture_output=True, text=True
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "x1 fell from rank 1 to 3" in done.stdout


def test_the_plug_in_imports_nothing_heavy():
    code = (
        "import sys, sensbench.pytest_plugin; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
