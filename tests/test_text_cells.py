"""Text in rows: the cell is named, or what kind of text it is; never a cell that is a number."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest

import sensbench as sb
from sensbench.errors import InputError
from sensbench.inputs.rows import as_rows, as_targets

POWER = ["130.0", "165.0", "?", "150.0", "140.0"]


def message(given, **options):
    with pytest.raises(InputError) as error:
        as_rows(given, "X", **options)
    return str(error.value)


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame])
def test_the_one_cell_is_named(frame_of):
    found = message(frame_of({"weight": [1.0] * 5, "power": POWER}))
    assert "column 'power'" in found
    assert "'?' in row 2 (1 cell of 5 not a number)" in found
    assert "130.0" not in found
    assert "pandas.to_numeric" in found


def test_a_row_has_its_label_where_it_has_one():
    frame = pd.DataFrame({"power": POWER}, index=["ford", "saab", "fiat", "audi", "opel"])
    assert "row 2 (index 'fiat')" in message(frame)
    assert "row 2 (index '30')" in message(frame.set_axis(range(10, 60, 10)))
    shuffled = frame.set_axis([4, 3, 2, 1, 0])
    assert "'?' in row 2 (1 cell" in message(shuffled)


@pytest.mark.parametrize(
    ("cells", "said", "todo"),
    [
        (["1", "?", "n/a", "", "2", "3", "4", "?"], "'?' in row 1 (4 cells of 8 not a number: "
         "'?', 'n/a', '')", "gaps of them"),
        ([1.0, "?", 3.0, None], "'?' in row 1 (1 cell of 4 ", "gaps of them"),
        (["nan", "1", "2"], "'nan' in row 0", "gaps of them"),
        (["inf", "1", "2"], "'inf' in row 0", "gaps of them"),
        (["1_000", "2", "3"], "'1_000' in row 0", "gaps of them"),
        (["0.1", "1,5", "2,25"], "'1,5' in row 1 (2 cells of 3 not a number: '1,5', '2,25')",
         "decimal=','"),
        (["1,5", "2,25"], "'1,5' in row 0 (2 cells of 2 ", "decimal=','"),
        (["1,000", "12,500.5"], "'1,000' in row 0", "thousands=','"),
        (["1.234,5", "2"], "'1.234,5' in row 0", "decimal=','"),
        (["12 kg", "13", "14"], "'12 kg' in row 0 (1 cell of 3 ", "the number alone"),
        (["12 kg", "13 kg"], "'12 kg' in row 0 (2 cells of 2 ", "the number alone"),
        (["< 0.5", "0.7"], "'< 0.5' in row 0", "the number alone"),
        (["7%", "$3", "4 µg/m³"], "'7%' in row 0 (3 cells of 3 ", "the number alone"),
        (["a", "b", "c", "d", "1", "2", "3", "4", "e", "5", "6"],
         "(5 cells of 11 not a number: 'a', 'b', 'c', …)", "gaps of them"),
        (["1.5", "2.0"], "numbers typed as text, '1.5' in row 0", "astype(float)"),
        ([1.0, "2.0"], "numbers typed as text, '2.0' in row 1", "pandas.to_numeric"),
        ([" 1e3", "-2E-4 ", "+5"], "numbers typed as text, '1e3' in row 0", "astype(float)"),
        (["low", "high", "low"], "the text 'low' in row 0", "one column of 0 and 1"),
        (["1", "low", "high"], "the text 'low' in row 1", "one column of 0 and 1"),
        (["2020-01-01", "2020-01-02"], "the text '2020-01-01'", "one column of 0 and 1"),
        (["A1", "B2"], "the text 'A1' in row 0", "one column of 0 and 1"),
        (["?"], "the text '?' in row 0", "one column of 0 and 1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "given",
    [
        lambda cells: pd.DataFrame({"a": cells}, dtype=object),
        lambda cells: [[cell] for cell in cells],
        lambda cells: np.array(cells, dtype=object)[:, None],
    ],
    ids=["frame", "list", "array"],
)
def test_what_kind_of_text_it_is(cells, said, todo, given):
    found = message(given(cells))
    assert said in found
    assert todo in found
    assert re.search("column (0|'a')", found)


@pytest.mark.parametrize(
    "column",
    [pd.Categorical(POWER), pd.array(POWER, dtype="string"), pd.array([*POWER[:4], pd.NA])],
)
def test_other_kinds_of_columns(column):
    assert "'?' in row 2 (1 cell of 5 not a number)" in message(pd.DataFrame({"power": column}))


def test_bytes_are_text():
    found = message(np.array([[b"1"], [b"?"]]))
    assert "column 0: expected numbers only; got '?' in row 1 (1 cell of 2 " in found


def test_of_several_columns_the_cell_comes_first_and_numbers_as_text_last():
    assert "column 1: expected numbers only; got '?' in row 0" in message(
        np.array([["1", "?", "x"], ["2", "3", "y"]])
    )
    assert "column 1: expected numbers only; got the text 'x'" in message(
        np.array([["1", "x"], ["2", "y"]])
    )
    # a list says what was typed as text, where numpy makes all of it text
    assert "column 1: expected numbers only; got '?' in row 0" in message([[1.0, "?"], [2.0, "3"]])
    assert "column 1: expected numbers only; got numbers typed as text, '2.0'" in message(
        [[1.0, "2.0"], [3, 4]]
    )


def test_targets_too():
    for y in (["1", "?", "3"], pd.Series(["1", "?", "3"]), pd.DataFrame({"y": ["1", "?", "3"]})):
        with pytest.raises(InputError, match=r"'\?' in row 1 \(1 cell of 3"):
            as_targets(y, 3, "y")


def test_a_table_and_a_comparison_say_the_same(tmp_path):
    frame = pd.DataFrame({"power": POWER, "price": [1.0, 2, 3, 4, 6]})
    with pytest.raises(InputError, match=r"compare: X, column 'power'.*'\?' in row 2"):
        sb.compare(lambda x: x[:, 0], frame[["power"]])
    frame.to_csv(tmp_path / "cars.csv", index=False)
    with pytest.raises(InputError, match=r"column 'power'; got '\?' in line 4 \(1 of 5 rows"):
        sb.problems.load("table", path=str(tmp_path / "cars.csv"), target="price")
