"""What is planted: noise in a real column's values, exact copies, and nothing where none fits."""

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.errors import InputError, UnknownNameError
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Data, Problem
from sensbench.problem.truth import Truths
from sensbench.problems._rows import problem_of_rows
from sensbench.testing import check_problem


@pytest.fixture
def diabetes():
    return sb.problems.load("diabetes")


@pytest.fixture
def grouped():
    """A continuous, a discrete and a one-hot input; two targets."""
    rng = np.random.default_rng(0)
    code = np.eye(3)[rng.integers(3, size=60)]
    X = np.column_stack([rng.normal(size=60), rng.integers(5, size=60), code])
    return problem_of_rows(
        "grouped", X, rng.normal(size=(60, 2)), features=["a", "n", "r1", "r2", "r3"],
        targets=["y", "z"], discrete=["n"], groups={"region": ["r1", "r2", "r3"]},
        units={"a": "m", "z": "s"},
    )  # fmt: skip


def column(problem, name):
    return problem.data.X[:, problem.space.columns.index(name)]


def test_noise_has_the_values_of_real_columns_in_another_order(diabetes):
    planted = sb.plant(diabetes, noise=9, seed=3)
    assert planted.features[:10] == diabetes.features
    np.testing.assert_array_equal(planted.data.X[:, :10], diabetes.data.X)
    np.testing.assert_array_equal(planted.data.y, diabetes.data.y)
    marginals = {tuple(np.sort(column(diabetes, name))) for name in diabetes.features}
    for k in range(1, 10):
        assert planted.planted[f"noise_{k}"] == ""
        assert tuple(np.sort(column(planted, f"noise_{k}"))) in marginals
    # sex takes two values: nine continuous columns, each of them once
    assert len({tuple(np.sort(column(planted, f"noise_{k}"))) for k in range(1, 10)}) == 9
    check_problem(planted)


def test_noise_is_independent_of_inputs_and_targets(diabetes):
    """Correlations of independent columns have the standard error 1/sqrt(n): within five."""
    planted = sb.plant(diabetes, noise=20)
    r = np.corrcoef(np.hstack([planted.data.X, planted.data.y]), rowvar=False)
    noise = slice(10, 30)
    of_noise = np.delete(r[noise], range(10, 30), axis=1)
    among = r[noise, noise][~np.eye(20, dtype=bool)]
    worst = max(np.abs(of_noise).max(), np.abs(among).max())
    assert worst * np.sqrt(len(planted.data)) < 5


def test_the_seed_decides_and_more_noise_keeps_what_there_was(diabetes):
    few, more = (sb.plant(diabetes, noise=n, seed=0) for n in (2, 5))
    np.testing.assert_array_equal(few.data.X, more.data.X[:, :12])
    with_copies = sb.plant(diabetes, noise=2, copies=["bmi"], seed=0)
    np.testing.assert_array_equal(few.data.X, with_copies.data.X[:, :12])
    other = sb.plant(diabetes, noise=2, seed=1)
    assert not np.array_equal(few.data.X, other.data.X)


def test_copies_are_exact_and_said(diabetes):
    planted = sb.plant(diabetes, copies=["bmi", "sex"])
    assert dict(planted.planted) == {"bmi_copy": "bmi", "sex_copy": "sex"}
    for name in ("bmi", "sex"):
        np.testing.assert_array_equal(column(planted, f"{name}_copy"), column(diabetes, name))
    units = dict(zip(planted.space.names, planted.space.units, strict=True))
    assert units["bmi_copy"] == "kg/m²"
    assert "sex_copy" in planted.space.without_derivative
    assert any("bmi_copy of bmi" in note for note in planted.notes)
    correlated = [note for note in planted.notes if note.startswith("strongly correlated")]
    assert correlated == [planted.space.dependence_note()]
    assert ("bmi", "bmi_copy", 1.0) in planted.space.correlated


def test_groups_are_copied_whole(grouped):
    planted = sb.plant(grouped, noise=2, copies="region", seed=0)
    assert planted.features == ("a", "n", "region", "noise_1", "noise_2", "region_copy")
    # only a is continuous: both are its values
    for name in ("noise_1", "noise_2"):
        np.testing.assert_array_equal(np.sort(column(planted, name)), np.sort(grouped.data.X[:, 0]))
    np.testing.assert_array_equal(planted.data.X[:, -3:], grouped.data.X[:, 2:])
    draws = planted.space.sample(500, 0)
    np.testing.assert_array_equal(draws[:, -3:].sum(1), 1)
    assert "region_copy" in planted.space.without_derivative
    check_problem(planted)


def test_without_continuous_inputs_others_are_shuffled_as_whole_rows():
    code = np.eye(3)[np.arange(30) % 3]
    problem = problem_of_rows(
        "code", code, np.arange(30.0)[:, None], features=["a", "b", "c"], targets=["y"],
        groups={"kind": ["a", "b", "c"]},
    )  # fmt: skip
    planted = sb.plant(problem, noise=1)
    assert planted.features == ("kind", "noise_1")
    np.testing.assert_array_equal(planted.data.X[:, 3:].sum(1), 1)
    assert not np.array_equal(planted.data.X[:, 3:], code)


def test_names_that_are_taken_and_planting_again(grouped):
    twice = sb.plant(sb.plant(grouped, noise=1, copies=["a"]), noise=1, copies=["a"], seed=1)
    assert twice.features[3:] == ("noise_1", "a_copy", "noise_1_2", "a_copy_2")
    assert dict(twice.planted) == {"noise_1": "", "a_copy": "a", "noise_1_2": "", "a_copy_2": "a"}
    with pytest.raises(UnknownNameError, match=r"feature to copy; got 'a_copy'"):
        sb.plant(twice, copies=["a_copy"])


def test_any_table(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["u", "v", "y"])
    frame.to_csv(tmp_path / "mine.csv", index=False)
    problem = sb.problems.load("table", path=str(tmp_path / "mine.csv"), target="y")
    assert sb.plant(problem, noise=1, copies=["u"]).features == ("u", "v", "noise_1", "u_copy")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({}, "expected noise= or copies=; got neither"),
        ({"noise": -1}, "noise as a whole number"),
        ({"noise": True}, "noise as a whole number"),
        ({"noise": 1, "seed": -1}, "seed as a whole number"),
        ({"copies": ["bmi", "bmi"]}, "distinct features to copy"),
        ({"copies": ["bni"]}, "did you mean 'bmi'"),
    ],
)
def test_refuses(diabetes, params, match):
    with pytest.raises(InputError, match=match):
        sb.plant(diabetes, **params)


def test_functions_and_models_take_the_inputs_they_have():
    with pytest.raises(InputError, match=r"plant in 'ishigami': expected data .* a function"):
        sb.plant(sb.problems.load("ishigami"), noise=1)
    X = np.random.default_rng(0).normal(size=(30, 2))
    modelled = Problem.of(lambda x: x[:, :1], InputSpace.from_data(X), X=X, y=X[:, 0])
    with pytest.raises(InputError, match="got a model"):
        sb.plant(modelled, noise=1)
    known = Problem("known", InputSpace.from_data(X), data=Data(X, X[:, :1]), targets=("y",),
                    truth=Truths.of({"total_order": np.array([[1.0, 0.0]])}))  # fmt: skip
    with pytest.raises(InputError, match="got exact values of total_order"):
        sb.plant(known, noise=1)


def test_copies_need_an_order(diabetes):
    with pytest.raises(InputError, match="copies in an order"):
        sb.plant(diabetes, copies={"bmi", "bp"})
