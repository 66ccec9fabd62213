"""The same rows in whatever container: the same numbers, and nothing of the caller's changed."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import sensbench as sb
from sensbench.errors import InputError, UnknownNameError

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


def by_first(x):
    return 3 * x[:, 0] + x[:, 1]


@pytest.mark.parametrize(
    "frame_of",
    [
        lambda X: pd.DataFrame(X),
        lambda X: pd.DataFrame(X, columns=np.arange(4)),
        lambda X: pd.DataFrame(X, columns=["0", "1", "2", "3"]),
        lambda X: pl.DataFrame(X, schema=["0", "1", "2", "3"]),
    ],
    ids=["range", "integers", "texts", "polars"],
)
@pytest.mark.parametrize("features", [[2, 0], ["2", "0"], (2, 0), np.array([2, 0])])
def test_columns_labelled_by_numbers(rng, frame_of, features):
    X = rng.normal(size=(60, 4))
    frame = frame_of(X)
    options = {"estimators": "gradient", "budget": 200}
    found = sb.compare(by_first, frame, features=features, **options)
    assert found["gradient"].features == ("2", "0")
    expected = sb.compare(by_first, X[:, [2, 0]], features=["2", "0"], **options)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
    space = sb.InputSpace.from_data(frame, features, discrete=[0])
    assert space.continuous.tolist() == [True, False]


def test_groups_and_separate_values_by_numbers(rng):
    X = pd.DataFrame(np.stack([rng.normal(size=50), *np.eye(2)[rng.integers(0, 2, 50)].T], axis=1))
    for groups in ({"code": [1, 2]}, {"code": np.array([2, 1])}, {"code": {1, 2}}):
        space = sb.InputSpace.from_data(X, groups=groups)
        assert space.names == ("0", "code")
        assert space.groups[0].columns == ("1", "2")
    assert sb.InputSpace.from_data(X, groups={"code": [1, 2], "one": 0}).names == ("one", "code")
    declared = sb.InputSpace.from_data(X, discrete={1}, groups={"code": [1, 2]})
    assert [m.discrete for m in declared.marginals] == [False, True, False]
    assert sb.InputSpace.from_data(X[[0, 1]], discrete=1).continuous.tolist() == [True, False]
    with pytest.raises(UnknownNameError, match="'7'"):
        sb.InputSpace.from_data(X, discrete=[7])


@pytest.mark.parametrize("labels", [["a", "b", "a"], [0, 1, 0], [0, 1, "0"]])
def test_a_column_that_is_there_twice_is_not_chosen_for_anybody(rng, labels):
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=labels)
    for features in ([labels[0], labels[1]], [labels[0]], None):
        with pytest.raises(InputError, match="more than once"):
            sb.compare(by_first, frame, features=features)
        with pytest.raises(InputError, match="more than once"):
            sb.InputSpace.from_data(frame, features)
    space = sb.InputSpace.uniform({str(labels[0]): (0, 1)})
    with pytest.raises(InputError, match="more than once"):
        sb.compare(lambda x: x[:, 0], frame, space=space)
    # the column that is there once is known
    assert sb.InputSpace.from_data(frame, [labels[1]]).std()[0] == frame.iloc[:, 1].std(ddof=0)


@pytest.mark.parametrize("X", [np.eye(3), pd.DataFrame(np.eye(3), columns=["a", "b", "c"])])
@pytest.mark.parametrize("features", [{"c", "b", "a"}, frozenset("abc"), "abc", {"a": 1, "b": 2},
                                      [True, False, True]])  # fmt: skip
def test_names_without_an_order_are_refused(X, features):
    with pytest.raises(InputError, match="features"):
        sb.compare(lambda x: x[:, 0], X, features=features)
    with pytest.raises(InputError, match="names of the columns"):
        sb.InputSpace.from_data(X, features)
    with pytest.raises(InputError, match="features"):
        sb.Model(lambda x: x[:, 0], np.eye(3), features=features)


def test_names_in_any_order_that_is_one(rng):
    X = rng.normal(size=(60, 2))
    options = {"estimators": "gradient", "budget": 200}
    expected = sb.compare(by_first, X, features=["a", "b"], outputs=["y"], **options).to_frame()
    for of in (iter, tuple, np.array, pd.Index, lambda names: dict.fromkeys(names).keys()):
        found = sb.compare(by_first, X, features=of(["a", "b"]), outputs=of(["y"]), **options)
        pd.testing.assert_frame_equal(found.to_frame(), expected)


def test_outputs_and_arguments_need_an_order_too(rng):
    X = rng.normal(size=(60, 2))

    def two(x):
        return torch.stack([x[:, 0], x[:, 1] ** 2], 1)

    for outputs in ({"u", "v"}, "uv"):
        with pytest.raises(InputError, match="outputs"):
            sb.compare(two, X, outputs=outputs)
    with pytest.raises(InputError, match="the features of an argument in an order"):
        sb.compare(lambda a: a[:, 0] - a[:, 1], X, arguments={"a": {"x1", "x2"}})
