from typing import NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import sensbench as sb
from sensbench.errors import InputError
from sensbench.inputs.space import InputSpace

X = np.random.default_rng(0).normal(size=(50, 2))
Y = pd.DataFrame({"price": X[:, 0], "heat": X[:, 1]})
OPTIONS = {"estimators": ["gradient"], "budget": 200}


class Both(NamedTuple):
    level: torch.Tensor
    flow: torch.Tensor


def outputs(model, y, **options):
    found = sb.compare(model, X, y=y, **OPTIONS, **options)
    names = tuple(dict.fromkeys(found.to_frame()["output"]))
    assert set(found["gradient"].outputs) == set(names)
    return names


def table(x):
    return 2 * x


def first(x):
    return x[:, 0]


@pytest.mark.parametrize("y", [Y, pl.from_pandas(Y)], ids=["pandas", "polars"])
def test_outputs_without_names_are_called_as_the_targets(y):
    assert outputs(table, y) == ("price", "heat")
    assert outputs(lambda x: {"mean": x}, y) == ("price", "heat")
    assert outputs(lambda x: (x * 2, x.sum(1)), y, output=0) == ("price", "heat")
    assert outputs(sb.Model(table, X), y) == ("price", "heat")
    assert outputs(first, y["price"]) == ("price",)


def test_names_of_the_models_own_stay():
    assert outputs(lambda x: {"level": x[:, 0], "flow": x[:, 1]}, Y) == ("level", "flow")
    assert outputs(lambda x: Both(x[:, 0], x[:, 1]), Y) == ("level", "flow")
    assert outputs(lambda x: {"price": x[:, 0], "heat": x[:, 1]}, Y) == ("price", "heat")
    with pytest.raises(InputError, match=r"in the order of its outputs \(heat, price\); got price"):
        outputs(lambda x: {"heat": x[:, 1], "price": x[:, 0]}, Y)


def test_names_given_by_hand_win():
    assert outputs(table, Y, outputs=["A", "B"]) == ("A", "B")
    assert outputs(sb.Model(table, X), Y, outputs=["A", "B"]) == ("A", "B")
    with pytest.raises(InputError, match="expected 2 output names"):
        outputs(sb.Model(table, X), Y, outputs=["A"])
    with pytest.raises(InputError, match=r"expected 2 output names .*got 'AB'"):
        sb.Model(table, X).named("AB")


def test_targets_without_names_change_nothing():
    assert outputs(table, Y.to_numpy()) == ("y[0]", "y[1]")
    assert outputs(table, pd.DataFrame(Y.to_numpy())) == ("y[0]", "y[1]")
    assert outputs(first, pd.Series(X[:, 0])) == ("y",)


def test_two_targets_of_one_name():
    with pytest.raises(InputError, match="expected distinct output names"):
        outputs(table, Y.set_axis(["heat", "heat"], axis=1))


@pytest.mark.slow
def test_everything_that_is_said_uses_the_names(tmp_path):
    found = sb.compare(table, X, y=Y, **OPTIONS)
    page = found.report(tmp_path / "index.html", files=True).read_text()
    assert "∂price/∂" in page
    assert "y[0]" not in page
    assert "Importance for heat" in str(found)
    for path in (tmp_path / "tables").glob("*.csv"):
        assert "y[0]" not in path.read_text()
    quality = pd.read_csv(next((tmp_path / "tables").glob("*quality.csv")))
    assert quality["output"].tolist() == ["price", "heat"]


def test_the_model_that_was_given_keeps_its_names():
    model = sb.Model(table, X)
    problem = sb.Problem.of(model, InputSpace.from_data(X), X=X, y=Y)
    assert problem.outputs == ("price", "heat")
    assert model.outputs == ("y[0]", "y[1]")


@pytest.mark.parametrize("output", ["heat", ["heat", "price"], "y[1]"])
@pytest.mark.parametrize("how", ["targets", "given"])
def test_outputs_are_chosen_by_the_names_they_are_given(how, output):
    X = np.random.default_rng(0).normal(size=(60, 2))
    names = ["price", "heat"]
    given = {"outputs": names} if how == "given" else {"y": pd.DataFrame(X, columns=names)}
    compared = sb.compare(
        lambda x: x[:, :2] * 3, X, output=output, estimators="gradient", budget=240, **given
    )
    slopes = compared["gradient"].estimates["derivative_mean"].value
    chosen = output if isinstance(output, list) else ["heat"]
    assert compared["gradient"].outputs == tuple(chosen)
    np.testing.assert_allclose(slopes, 3 * np.eye(2)[[names.index(name) for name in chosen]])
