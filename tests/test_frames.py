"""The same rows in whatever container: the same numbers, and nothing of the caller's changed."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import sensbench as sb

METHODS = ("gradient", "sobol", "morris", "permutation")


def function(x):
    return x[:, 0] * x[:, 1] + 2 * x[:, 2]


@pytest.fixture
def rows(rng):
    X = np.column_stack([rng.normal(size=80), rng.uniform(size=80), rng.integers(0, 4, 80)])
    X.flags.writeable = False
    return X


@pytest.mark.parametrize(
    "given",
    [
        lambda X: X,
        lambda X: X.tolist(),
        lambda X: torch.tensor(X, requires_grad=True),
        lambda X: pd.DataFrame(X, columns=["a", "b", "k"]),
        lambda X: pl.DataFrame(X, schema=["a", "b", "k"]),
    ],
    ids=["array", "list", "tensor", "pandas", "polars"],
)
def test_the_container_does_not_matter(rows, given, capsys):
    X = given(rows)
    options = {"features": ["a", "b", "k"], "discrete": ["k"], "budget": 600}
    cmp = sb.compare(function, X, **options)
    assert cmp.methods == METHODS
    reference = sb.compare(function, rows, **options)
    pd.testing.assert_frame_equal(cmp.to_frame(), reference.to_frame())
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(sb.jacobian(function, X), sb.jacobian(function, rows))


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame])
def test_frames_bring_names_and_dtypes_and_are_left_alone(rows, frame_of):
    frame = frame_of({"a": rows[:, 0], "b": rows[:, 1], "k": rows[:, 2].astype(int)})
    target = frame_of({"y": rows[:, 0] * rows[:, 1]})
    before = frame.clone() if frame_of is pl.DataFrame else frame.copy(deep=True)
    cmp = sb.compare(function, frame, y=target, budget=600)
    assert cmp["gradient"].features == ("a", "b", "k")
    assert np.isnan(cmp["gradient"]["dgsm"].value[0]).tolist() == [False, False, True]
    assert frame.equals(before)
