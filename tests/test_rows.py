import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from sensbench.errors import InputError
from sensbench.inputs.rows import (
    as_rows,
    as_targets,
    discrete_columns,
    means,
    standard_deviations,
)

VALUES = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    "given",
    [
        VALUES,
        tuple(map(tuple, VALUES)),
        np.array(VALUES),
        np.array(VALUES, dtype=np.int32),
        np.array(VALUES, dtype=object),
        torch.tensor(VALUES),
        torch.tensor(VALUES, dtype=torch.bfloat16),
        torch.tensor(VALUES, requires_grad=True) * 1.0,
        list(torch.tensor(VALUES, requires_grad=True)),
        pd.DataFrame(VALUES),
        pd.DataFrame(VALUES).astype({0: "Int64"}),
        pd.DataFrame(VALUES).astype("category"),
        pl.DataFrame(VALUES, orient="row"),
        pl.DataFrame(VALUES, orient="row").cast(pl.Int16),
    ],
    ids=lambda given: f"{type(given).__module__}.{type(given).__name__}",
)
def test_whatever_holds_the_rows_gives_the_same_rows(given):
    rows, _ = as_rows(given, "X")
    assert rows.dtype == np.float64
    assert np.array_equal(rows, VALUES)


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame])
def test_names_come_from_the_frame_and_select_its_columns(frame_of):
    frame = frame_of({"a": [1], "b": [2], "c": [3]})
    rows, names = as_rows(frame, "X", ["c", "a"])
    assert names == ("c", "a")
    assert rows.tolist() == [[3.0, 1.0]]
    assert as_rows(frame, "X")[1] == ("a", "b", "c")


def test_columns_labelled_by_numbers_are_selected_by_their_text():
    rows, names = as_rows(pd.DataFrame([[1, 2, 3]]), "X", ["2", "0"])
    assert names == ("2", "0")
    assert rows.tolist() == [[3.0, 1.0]]


def test_columns_of_separate_values_are_seen_by_their_dtype():
    numbers = [1, 0, 1]
    frame = pd.DataFrame(
        {
            "float": [1.0, 0.0, 1.0],
            "int": numbers,
            "bool": [True, False, True],
            "nullable": pd.array(numbers, dtype="Int64"),
            "category": pd.Categorical([10, 20, 10]),
        }
    )
    assert discrete_columns(frame) == ("int", "bool", "nullable", "category")
    assert as_rows(frame, "X")[0][:, 4].tolist() == [10.0, 20.0, 10.0]
    polars = pl.DataFrame({"float": [1.0], "int": [1], "bool": [True]})
    assert discrete_columns(polars) == ("int", "bool")
    assert discrete_columns(np.ones((3, 2), dtype=int)) == ()


def test_the_callers_array_is_not_shared():
    X = np.ones((2, 2))
    as_rows(X, "X")[0][:] = 7
    assert (X == 1).all()


def test_read_only_rows_are_accepted():
    X = np.ones((2, 2))
    X.flags.writeable = False
    rows, _ = as_rows(X, "X")
    rows[:] = 7
    assert (X == 1).all()


@pytest.mark.parametrize(
    ("given", "names", "message"),
    [
        (np.zeros(3), None, r"shape \(3,\)"),
        (np.zeros((0, 2)), None, "at least one row"),
        (np.array([[1.0, np.nan]]), ["a", "b"], "row 0, b"),
        (np.array([[1.0, np.inf]]), None, "got inf in row 0, column 1"),
        (np.zeros((1, 3)), ["a", "b"], "expected 2 columns"),
        (pd.DataFrame({"a": ["x"]}), None, "'x'"),
        (pd.DataFrame({"a": [1], "b": ["x"]}), None, "column 'b'.*one column of 0 and 1"),
        (pd.DataFrame({"b": pd.Categorical(["x"])}), None, "column 'b'.*'x'.*groups="),
        (pd.DataFrame({"b": pd.to_datetime(["2020-01-01"])}), None, "column 'b'.*datetime"),
        (pd.DataFrame({"b": pd.array([1, None], dtype="Int64")}), None, "nan in row 1, b"),
        (pl.DataFrame({"b": ["x"]}), None, "column 'b'.*'x'"),
        (pl.DataFrame({"b": [1, None]}), None, "nan in row 1, b"),
        (pd.DataFrame({"a": [1]}), ["b"], r"without \['b'\]"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), None, "distinct"),
        (np.ma.masked_array([[1.0, 2.0]], mask=[[False, True]]), None, "nan in row 0, column 1"),
        ("text", None, "numbers only"),
        (None, None, "expected"),
        (np.array([[1 + 2j]]), None, "numbers only"),
        (torch.tensor([[1 + 2j]]), None, "numbers only"),
        ([[1.0, 2.0], [3.0]], None, "numbers only"),
    ],
)
def test_what_is_not_a_table_of_numbers_is_named(given, names, message):
    with pytest.raises(InputError, match=message):
        as_rows(given, "X", names)


@pytest.mark.parametrize(
    "given",
    [[1, 2], torch.tensor([1.0, 2.0], requires_grad=True), pd.Series([1, 2]), pl.Series([1, 2]),
     pd.DataFrame({"y": [1, 2]}), pl.DataFrame({"y": [1, 2]})],
)  # fmt: skip
def test_targets_are_taken_from_anything_too(given):
    assert as_targets(given, 2, "y").tolist() == [[1.0], [2.0]]


def test_targets_need_one_row_per_row():
    with pytest.raises(InputError, match="one row per row of X"):
        as_targets([1, 2, 3], 2, "y")
    with pytest.raises(InputError, match="finite"):
        as_targets([1, np.nan], 2, "y")


@pytest.mark.parametrize(("n", "d"), [(3, 2), (1024, 5), (5000, 3), (40_000, 7), (1100, 600)])
def test_moments_in_blocks_are_those_of_the_whole(n, d, rng):
    """Offsets of 1e6 deviations leave ten digits."""
    X = rng.normal(size=(n, d)) + 1e6 * rng.integers(2, size=d)
    np.testing.assert_allclose(means(X), X.mean(axis=0), rtol=1e-12, atol=1e-12)
    exact = [np.std(column.astype(np.longdouble)) for column in X.T]
    np.testing.assert_allclose(standard_deviations(X), np.array(exact, float), rtol=1e-9)
