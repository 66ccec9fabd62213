import numpy as np
import pandas as pd
import pytest

from sensbench import problems
from sensbench.errors import InputError, UnknownNameError


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


@pytest.mark.parametrize(("name", "bytes_"), [("x.csv", b""), ("x.csv", b"a\n\xff\xfe\x00\n"),
                                              ("x.parquet", b"no")])  # fmt: skip
def test_unreadable_file(tmp_path, name, bytes_):
    (tmp_path / name).write_bytes(bytes_)
    with pytest.raises(InputError, match="reading it raised"):
        load(tmp_path / name, target="y")


def test_unknown_columns_have_a_hint(frame, write):
    path = write(frame.rename(columns={"y": "yield"}))
    with pytest.raises(UnknownNameError, match=r"known target column.*did you mean 'yield'"):
        load(path, target="yeild")
    with pytest.raises(UnknownNameError, match="known feature column"):
        load(path, target="yield", features=["a", "c"])


def test_gaps_are_named_by_row_and_column(frame, write):
    frame.loc[[3, 7], "b"] = np.nan
    with pytest.raises(InputError, match=r"in \['b'\], rows 4, 8 below the header \(2 of 40\)"):
        load(write(frame), target="y")


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
