import numpy as np
import pandas as pd
import pytest
import torch

from sensbench.errors import InputError
from sensbench.rows import as_rows, as_targets


def test_frames_tensors_and_lists_become_the_same_rows():
    values = [[1.0, 2.0], [3.0, 4.0]]
    for given in (values, np.array(values), torch.tensor(values), pd.DataFrame(values)):
        assert np.array_equal(as_rows(given, "X")[0], values)


def test_names_come_from_the_frame_and_select_its_columns():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    rows, names = as_rows(frame, "X", ["c", "a"])
    assert names == ("c", "a")
    assert rows.tolist() == [[3.0, 1.0]]


def test_the_callers_array_is_not_shared():
    X = np.ones((2, 2))
    as_rows(X, "X")[0][:] = 7
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
        (pd.DataFrame({"a": [1]}), ["b"], r"without \['b'\]"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), None, "distinct"),
        ("text", None, "numbers only"),
        (None, None, "expected"),
        (np.array([[1 + 2j]]), None, "numbers only"),
    ],
)
def test_what_is_not_a_table_of_numbers_is_named(given, names, message):
    with pytest.raises(InputError, match=message):
        as_rows(given, "X", names)


def test_targets_need_one_row_per_row():
    assert as_targets([1, 2], 2, "y").shape == (2, 1)
    with pytest.raises(InputError, match="one row per row of X"):
        as_targets([1, 2, 3], 2, "y")
    with pytest.raises(InputError, match="finite"):
        as_targets([1, np.nan], 2, "y")
