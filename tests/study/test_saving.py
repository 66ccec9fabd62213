"""A comparison saved: read again, repeated to the bit by a study, and widened."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import torch
from click.testing import CliRunner

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError, SaveWarning
from sensbench.files import plain_yaml
from sensbench.study.location import RESULTS_FILE
from tests.study import saved_model

NUMBERS = ["estimator", "measure", "output", "feature", "partner", "value", "low", "high"]


@pytest.fixture
def frame(rng):
    frame = pd.DataFrame(rng.normal(size=(80, 3)), columns=["a", "b", "n"])
    return frame.assign(n=rng.integers(0, 4, 80))


@pytest.fixture
def net():
    torch.manual_seed(3)
    return saved_model.Net()


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def numbers(frame):
    return frame[NUMBERS].reset_index(drop=True)


def repeated(folder, tmp_path):
    """The numbers of the saved study, computed again from its files."""
    invoke("run", folder / "study.yaml", "--out", tmp_path / "again", "--no-report", "--workers", 0)
    return sb.load(tmp_path / "again").to_frame()


def test_what_was_saved_is_read_again(net, frame, tmp_path):
    estimators = ["gradient", sb.estimators.load("sobol", second_order=True), "permutation"]
    was = sb.compare(net, frame, estimators=estimators, budget=600)
    assert was.save(tmp_path / "study") == tmp_path / "study"
    names = {path.name for path in (tmp_path / "study").iterdir()}
    assert names - {f"{RESULTS_FILE}.lock"} == {
        "study.yaml", "Net.parquet", "weights.safetensors", RESULTS_FILE,
    }  # fmt: skip
    now = sb.Comparison.load(tmp_path / "study")
    assert numbers(now.to_frame()).equals(numbers(was.to_frame()))
    assert now.ranking().equals(was.ranking())
    assert [f.cause for f in now.findings()] == [f.cause for f in was.findings()]
    for label in was.methods:
        a, b = was[label], now[label]
        np.testing.assert_equal(list(a.numbers()), list(b.numbers()))
        for measure, estimate in a.estimates.items():
            assert b[measure].interval == estimate.interval
            assert b[measure].value.shape == estimate.value.shape
        facts = ("params", "budget", "n_forward", "n_backward", "absent", "notes", "threads")
        assert [getattr(a, fact) for fact in facts] == [getattr(b, fact) for fact in facts]
    pair = now["sobol"]["second_order"].value
    np.testing.assert_array_equal(pair, pair.transpose(0, 2, 1))
    with pytest.raises(InputError, match="expected a name that is free"):
        was.save(tmp_path / "study")


def test_a_study_repeats_it_to_the_bit_and_widens_it(net, frame, tmp_path):
    y = net(torch.tensor(frame.to_numpy(), dtype=torch.float32))
    targets = np.column_stack([one.detach().numpy() for one in y.values()])
    was = sb.compare(
        net, frame, y=targets + 0.1, budget=600, seed=7, outputs=["euro", "joule"],
        groups={"bn": ["b", "n"]},
    )  # fmt: skip
    folder = was.save(tmp_path / "study")
    assert numbers(repeated(folder, tmp_path)).equals(numbers(was.to_frame()))
    # its results are those of the study: nothing is computed again, and more can be
    told = invoke("run", folder, "--no-report", "--workers", 0)
    assert "nothing to compute, 4 kept" in told
    told = invoke("run", folder, "--no-report", "--workers", 0, "--set", "budgets=[600, 1200]")
    assert "4 ok, 4 kept" in told
    assert set(sb.load(folder).to_frame()["budget"]) == {600, 1200}


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (saved_model.formula, {}),
        (saved_model.formula, {"derivatives": "finite-difference", "outputs": ["z"]}),
        (saved_model.two_arguments, {"arguments": {"a": "u", "b": "p"}, "features": None}),
        (saved_model.Net(), {"output": ["heat"]}),
    ],
)
def test_functions_options_and_spaces(model, options, tmp_path):
    inputs = {"u": (0.0, 2.0), "p": {0: 0.25, 1.5: 0.75}, "g": scipy.stats.norm(1.0, 3.0)}
    if "arguments" in options:
        inputs.pop("g")
    was = sb.compare(
        model,
        space=sb.InputSpace.of(inputs),
        estimators=["gradient", "sobol"],
        budget=300,
        **options,
    )
    folder = was.save(tmp_path / "study")
    assert numbers(repeated(folder, tmp_path)).equals(numbers(was.to_frame()))


def test_one_file_holds_all_of_it(net, frame, tmp_path):
    was = sb.compare(net, frame, estimators=["gradient", "sobol"], budget=300)
    file = was.save(tmp_path / "baseline.sqlite")
    assert {p.name for p in tmp_path.iterdir()} == {"baseline.sqlite", "baseline.sqlite.lock"}
    assert numbers(sb.Comparison.load(file).to_frame()).equals(numbers(was.to_frame()))
    assert "the same to the bit" in invoke("rerun", file, "--workers", 0)


def make_local():
    class Local(saved_model.Net):
        pass

    return Local()


@pytest.mark.parametrize(
    ("model", "missing"),
    [
        (saved_model.Needs(3), "a model that .*saved_model.py:Needs makes alone: .* raised Type"),
        (make_local(), "a file that makes the model 'Local': put its class"),
        (lambda x: x[:, 0] + x[:, 1], "a file that makes the model '<lambda>'"),
    ],
)
def test_what_cannot_be_named_is_said_and_the_results_are_there(model, missing, frame, tmp_path):
    was = sb.compare(model, frame, estimators=["gradient", "sobol"], budget=300)
    with pytest.warns(SaveWarning, match=f"to compute them again a study needs {missing}"):
        path = was.save(tmp_path / "study")
    assert path == tmp_path / "study" / RESULTS_FILE
    assert not (tmp_path / "study" / "study.yaml").exists()
    assert numbers(sb.Comparison.load(path).to_frame()).equals(numbers(was.to_frame()))
    told = CliRunner().invoke(main, ["rerun", str(path), "--workers", "0"])
    assert told.exit_code == 2
    assert "expected results that say how to compute them again" in told.output


def test_state_that_is_in_no_weights_is_noticed(frame, tmp_path):
    model = saved_model.Hidden()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb.compare(model, frame, estimators="gradient", budget=100).save(tmp_path / "as made")
    model.factor = 5.0
    was = sb.compare(model, frame, estimators="gradient", budget=100)
    with pytest.warns(SaveWarning, match="the state of the model: .*gives other outputs"):
        was.save(tmp_path / "changed")


def test_a_space_that_no_file_can_say(tmp_path):
    space = sb.InputSpace.of({"a": scipy.stats.gamma(2.0), "b": (0, 1), "c": (0, 1)})
    was = sb.compare(saved_model.formula, space=space, estimators="sobol", budget=300)
    with pytest.warns(SaveWarning, match="a distribution of the inputs that a study file can say"):
        was.save(tmp_path / "study")


def test_a_space_given_beside_the_rows_is_noticed(frame, tmp_path):
    space = sb.InputSpace.uniform({"a": (-9, 9), "b": (-9, 9), "n": (0, 4)})
    was = sb.compare(saved_model.formula, frame, space=space, estimators="sobol", budget=300)
    with pytest.warns(SaveWarning, match="the distribution of the inputs, which a study file says"):
        was.save(tmp_path / "study")


def test_paths_in_a_saved_study_are_relative(net, frame, tmp_path):
    folder = sb.compare(net, frame, estimators="gradient", budget=100).save(tmp_path / "study")
    content = plain_yaml.load((folder / "study.yaml").read_text(), "study")
    assert content["problems"][0]["path"] == "Net.parquet"
    assert content["models"][0]["file"].startswith("..")
    assert (folder / content["models"][0]["file"].rpartition(":")[0]).is_file()
