import inspect

import numpy as np
import pandas as pd
import pytest

from sensbench import problems
from sensbench.errors import InputError, TableWarning, UnknownNameError
from sensbench.problems.table import table


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    a = rng.normal(size=40)
    return pd.DataFrame(
        {"a": a, "b": a + 0.1 * rng.normal(size=40), "n": rng.integers(0, 9, 40), "y": -a}
    )


@pytest.fixture
def write(tmp_path):
    def to(frame, name="data.csv", **options):
        frame.to_csv(tmp_path / name, index=False, **options)
        return str(tmp_path / name)

    return to


def load(path, **params):
    return problems.load("table", path=path, **params)


def test_default_features_are_all_the_others(frame, write):
    problem = load(write(frame), target="y")
    assert (problem.name, problem.space.names, problem.outputs) == ("data", ("a", "b", "n"), ("y",))
    np.testing.assert_allclose(problem.data.X, frame[["a", "b", "n"]])
    np.testing.assert_allclose(problem.data.y, frame[["y"]])
    assert "a and b" in problem.notes[0]


def test_chosen_columns_in_the_order_given(frame, write):
    problem = load(write(frame, sep=";"), target=["y", "b"], features=["n", "a"], sep=";")
    assert (problem.space.names, problem.outputs) == (("n", "a"), ("y", "b"))
    np.testing.assert_allclose(problem.data.X, frame[["n", "a"]])


def test_parquet(frame, tmp_path):
    frame.to_parquet(tmp_path / "data.parquet")
    problem = load(tmp_path / "data.parquet", target="y")
    np.testing.assert_array_equal(problem.data.X, frame[["a", "b", "n"]])


def test_columns_of_whole_numbers_take_separate_values_unless_declared_otherwise(frame, write):
    path = write(frame)
    assert load(path, target="y").space.continuous.tolist() == [True, True, False]
    assert load(path, target="y", discrete=[]).space.continuous.all()
    declared = load(path, target="y", discrete="a", groups={"bn": ["b", "n"]})
    assert declared.features == ("a", "bn")
    assert "a" in declared.space.without_derivative


def test_text_is_fine_where_it_is_not_asked_for(frame, write):
    path = write(frame.assign(town="Delft"))
    assert load(path, target="y", features="n").space.names == ("n",)
    with pytest.raises(InputError, match=r"columns of numbers; got \['town'\].*Delft"):
        load(path, target="y")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="which is not there"):
        load(tmp_path / "none.csv", target="y")


@pytest.mark.parametrize(
    ("name", "bytes_", "told"),
    [
        ("x.csv", b"", "got an empty file"),
        ("x.csv", b"a\n\xff\xfe\x00\n", "bytes that are no text"),
        ("x.parquet", b"no", "reading it raised"),
        ("x.csv.gz", b"\x1f\x8b\x08no", "reading it raised"),
    ],
)
def test_unreadable_file(tmp_path, name, bytes_, told):
    (tmp_path / name).write_bytes(bytes_)
    with pytest.raises(InputError, match=told):
        load(tmp_path / name, target="y")


def test_unknown_columns_have_a_hint(frame, write):
    path = write(frame.rename(columns={"y": "yield"}))
    with pytest.raises(UnknownNameError, match=r"known target column.*did you mean 'yield'"):
        load(path, target="yeild")
    with pytest.raises(UnknownNameError, match="known feature column"):
        load(path, target="yield", features=["a", "c"])


def test_gaps_are_named_by_line_and_column_and_can_be_left_out(frame, write, tmp_path):
    frame.loc[[3, 7], "b"] = np.nan
    path = write(frame)
    told = r"in \['b'\], lines 5, 9 \(2 of 40 rows\).*drop_missing=True"
    with pytest.raises(InputError, match=told):
        load(path, target="y")
    problem = load(path, target="y", drop_missing=True)
    np.testing.assert_allclose(problem.data.X, frame.dropna()[["a", "b", "n"]])
    assert "data.csv: 2 of 40 rows have missing values: left out" in problem.notes
    assert len(load(path, target="y", features="a").data) == 40
    frame.to_parquet(tmp_path / "data.parquet")
    with pytest.raises(InputError, match=r"rows 4, 8 below the header \(2 of 40 rows\)"):
        load(tmp_path / "data.parquet", target="y")


def test_how_the_file_was_read_is_in_the_notes(frame, write):
    path = write(frame, sep=";", decimal=",", encoding="utf-16")
    problem = load(path, target="y")
    np.testing.assert_array_equal(problem.data.X, frame[["a", "b", "n"]])
    assert problem.notes[:2] == (
        "data.csv: read as utf-16",
        "data.csv: read with ';' as separator and ',' as decimal mark",
    )
    told = load(path, target="y", sep=";", decimal=",", encoding="utf-16")
    assert not any("read" in note for note in told.notes)


def test_what_looks_like_an_index_is_told_unless_it_was_chosen(frame, write):
    path = write(frame.assign(id=range(7, 47)))
    with pytest.warns(TableWarning, match="'id' counts up by one.*index='id' to leave it out"):
        problem = load(path, target="y")
    assert problem.space.names == ("a", "b", "n", "id")
    assert load(path, target="y", index="id").space.names == ("a", "b", "n")
    assert load(path, target="y", index="none").space.names == ("a", "b", "n", "id")
    assert load(path, target="y", features=["a", "id"]).space.names == ("a", "id")
    with pytest.raises(UnknownNameError, match="index: expected a known column; got 'ids'"):
        load(path, target="y", index="ids")


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"sep": "ab"}, "sep: expected one character, tab or space"),
        ({"sep": ",", "decimal": ","}, "another mark than the separator"),
        ({"decimal": "x"}, r"decimal: expected '\.' or ','"),
        ({"encoding": "utf-99"}, "an encoding that Python knows"),
        ({"encoding": "base64"}, "an encoding that Python knows"),
        ({"encoding": "ascii"}, "expected text in ascii"),
    ],
)
def test_options_that_cannot_be_used(frame, write, params, told):
    with pytest.raises(InputError, match=told):
        load(write(frame.rename(columns={"n": "größe"})), target="y", **params)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"sep": 1}, "expected sep as text"),
        ({"na": [9]}, "expected na as text; got 9; put it in quotes"),
        ({"drop_missing": "yes"}, "drop_missing as true or false"),
    ],
)
def test_options_of_another_kind(frame, write, params, told):
    unchecked = inspect.unwrap(table)  # the tests' type checks would refuse it earlier
    with pytest.raises(InputError, match=told):
        unchecked(write(frame), "y", **params)


def test_constant_columns_are_named(frame, write):
    with pytest.raises(InputError, match=r"columns that vary; got \['one'\]"):
        load(write(frame.assign(one=1)), target="y")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"target": "y", "features": ["y"]}, "as both"),
        ({"target": ["a", "b", "n", "y"]}, "at least one feature"),
        ({"target": []}, "distinct target names"),
        ({"target": "y", "features": ["a", "a"]}, "distinct feature names"),
    ],
)
def test_choices_that_make_no_question(frame, write, params, match):
    with pytest.raises(InputError, match=match):
        load(write(frame), **params)


def test_one_row(frame, write):
    with pytest.raises(InputError, match="at least two rows"):
        load(write(frame[:1]), target="y")


def test_names_of_columns_need_an_order(frame, write):
    path = write(frame)
    for params in ({"target": "y", "features": {"a", "b"}}, {"target": {"y", "b"}}):
        with pytest.raises(InputError, match="names in an order"):
            load(path, **params)
