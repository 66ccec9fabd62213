"""Rows with measured targets and no model: for people whose simulator is not Python."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sensbench as sb
from sensbench.cli import main
from sensbench.errors import InputError, NotApplicable, PartialResultWarning


@pytest.fixture
def table(rng):
    X = pd.DataFrame(rng.normal(size=(600, 3)), columns=["a", "b", "c"])
    noise = rng.normal(size=600)
    return X, pd.Series(X["a"] + 0.5 * X["b"] + 0.5 * noise, name="price")


def test_the_measured_targets_are_explained(table):
    """y = a + b/2 + noise/2: S_a = 1/1.5, and a regression coefficient is its root."""
    X, y = table
    comparison = sb.compare(X=X, y=y)
    assert comparison.methods == ("rank_first_order", "cramer_von_mises", "delta", "regression")
    first = comparison["rank_first_order"]["first_order"]
    assert first.low[0, 0] < 1 / 1.5 < first.high[0, 0]
    src = comparison["regression"]["src"]
    assert src.low[0, 0] < np.sqrt(1 / 1.5) < src.high[0, 0]
    assert comparison.ranking()["feature"].iloc[0] == "a"
    assert comparison.to_frame()["output"].unique().tolist() == ["price"]
    assert comparison["delta"].n_forward == comparison["delta"].n_backward == 0


def test_it_is_what_a_model_that_gives_these_outputs_gets(table):
    X, _ = table
    y = (X["a"] + X["b"] ** 2).to_numpy()
    alone = sb.compare(X=X, y=y, estimators=["rank_first_order", "pawn", "rbd_fast"], seed=3)
    model = sb.compare(
        lambda x: x[:, 0] + x[:, 1] ** 2, X, estimators=["rank_first_order", "pawn", "rbd_fast"],
        seed=3,
    )  # fmt: skip
    # the seed follows from the problem's name, too: intervals and orders of ties are others
    np.testing.assert_allclose(
        *(c.to_frame().query("measure != 'pawn_floor'")["value"] for c in (alone, model)), rtol=1e-6
    )


def test_outputs_of_any_size_and_number(table):
    X, y = table
    Y = pd.DataFrame({"heat": 1e200 * y, "cold": -y})
    first = sb.compare(X=X, y=Y)["rank_first_order"]
    assert first.outputs == ("heat", "cold")
    np.testing.assert_allclose(*first["first_order"].value, atol=1e-9)


def test_methods_that_call_a_model_say_so(table):
    X, y = table
    with pytest.raises(NotApplicable, match="sobol: expected a model to call"):
        sb.compare(X=X, y=y, estimators="sobol")
    with pytest.warns(PartialResultWarning, match="gradient: expected a model to call"):
        sb.compare(X=X, y=y, estimators=["gradient", "delta"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": 0}, "without a model"),
        ({"inputs": "product"}, "without a model"),
        ({"outputs": ["a", "b"]}, "expected a name per column of y, 1; got 2"),
    ],
)
def test_what_only_a_model_has(table, options, message):
    X, y = table
    with pytest.raises(InputError, match=message):
        sb.compare(X=X, y=y, **options)


def test_targets_without_rows(table):
    with pytest.raises(InputError, match="expected X with y; got y alone"):
        sb.compare(y=table[1])


def test_from_the_shell(table, tmp_path):
    X, y = table
    X.assign(price=y).to_csv(tmp_path / "rows.csv", index=False)
    command = ["analyze", "--data", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "p.html")]
    outcome = CliRunner().invoke(main, [*command, "--target", "price"])
    assert outcome.exit_code == 0, outcome.output
    assert "Which inputs matter to data?" in (tmp_path / "p.html").read_text("utf-8")
    without = CliRunner().invoke(main, command)
    assert without.exit_code == 2
    assert "--data with --target" in without.output


def test_saving_keeps_the_numbers_and_says_that_there_is_no_model(table, tmp_path):
    X, y = table
    comparison = sb.compare(X=X, y=y, estimators="regression")
    with pytest.warns(sb.errors.SaveWarning, match="a model, which rows with targets have none"):
        comparison.save(tmp_path / "saved.sqlite")
    loaded = sb.Comparison.load(tmp_path / "saved.sqlite")
    pd.testing.assert_frame_equal(loaded.ranking(), comparison.ranking())
