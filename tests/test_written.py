"""Every kind of thing that people write for one input: the right marginal, or a sentence."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.inputs.poincare import NoConstant, poincare_constant


def one(given):
    return sb.InputSpace.of({"valve": given})


@pytest.mark.parametrize(
    ("given", "values", "probabilities"),
    [
        ({0: 0.3, 1: 0.7}, [0, 1], [0.3, 0.7]),
        ({10: 0.5, -1: 0.2, 5: 0.3}, [-1, 5, 10], [0.2, 0.3, 0.5]),
        ({True: 0.25, False: 0.75}, [0, 1], [0.75, 0.25]),
        ({1: 1 / 3, 2: 1 / 3, 3: 1 / 3}, [1, 2, 3], [1 / 3, 1 / 3, 1 / 3]),
        ({1: Fraction(1, 4), 2: Fraction(3, 4)}, [1, 2], [0.25, 0.75]),
        ({0: 0.5, 7: 0.0, 1: 0.5}, [0, 1], [0.5, 0.5]),
        ({np.int64(1): np.float32(0.1), np.float32(2): np.float32(0.9)}, [1, 2], [0.1, 0.9]),
    ],
)
def test_values_with_probabilities_are_just_that(given, values, probabilities):
    space = one(given)
    mean = np.dot(values, probabilities)
    std = np.sqrt(np.dot(probabilities, (np.array(values) - mean) ** 2))
    assert float(space.marginals[0].mean()) == pytest.approx(mean, rel=1e-7)
    assert space.std()[0] == pytest.approx(std, rel=1e-7)
    assert space.continuous.tolist() == [False]
    assert isinstance(poincare_constant(space.marginals[0]), NoConstant)
    drawn, counts = np.unique(space.sample(20_000, 0), return_counts=True)
    assert drawn.tolist() == values
    p = np.array(probabilities)
    assert (np.abs(counts / 20_000 - p) < 5 * np.sqrt(p * (1 - p) / 20_000)).all()


def test_quantiles_of_values_with_probabilities():
    space = one({5: 0.3, 0: 0.25, 10: 0.45})
    u = np.array([[0.0], [0.25], [0.2500001], [0.55], [0.551], [1 - 2.0**-53], [1.0]])
    assert space.from_unit(u)[:, 0].tolist() == [0, 0, 5, 5, 10, 10, 10]
    assert space.describe()["valve"] == "separate values 0 (0.25), 5 (0.3), 10 (0.45)"
    many = one({k: 0.125 for k in range(8)})
    assert many.describe()["valve"] == "8 separate values in [0, 7]"
    assert many.without_derivative == {"valve": "which takes 8 separate values only"}


def test_indices_of_an_input_with_probabilities():
    """f = 2v + x: Var 2v = 4·0.3·0.7, Var x = 1/12."""
    space = sb.InputSpace.of({"valve": {0: 0.3, 1: 0.7}, "x": (0, 1)})
    problem = sb.Problem.of(lambda x: 2 * x[:, 0] + x[:, 1], space)
    found = sb.estimators.load("sobol").estimate(problem, budget=20_000)["total_order"]
    parts = np.array([4 * 0.21, 1 / 12])
    np.testing.assert_allclose(found.value[0], parts / parts.sum(), atol=0.01)


def test_equal_probabilities_are_the_list(rng):
    u = rng.random((200, 1))
    assert (one({2: 0.5, 4: 0.5}).from_unit(u) == one([2, 4]).from_unit(u)).all()


@pytest.mark.parametrize(
    "given", [[1, 2, 4], range(1, 5), np.array([1.0, 2, 4]), [torch.tensor(1.0), torch.tensor(2)]]
)
def test_ordered_values_are_equally_likely(given):
    values = [float(value) for value in given]
    space = one(given)
    assert space.continuous.tolist() == [False]
    assert set(space.sample(200, 0)[:, 0]) == set(values)
    assert space.std()[0] == pytest.approx(np.std(values))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({0: 30, 1: 70}, "sum is 100; divide each by the sum"),
        (Counter([0, 1, 1]), "sum is 3"),
        ({0: 0.3, 1: 0.6}, "sum is 0.9"),
        ({0: -0.2, 1: 1.2}, "probabilities from 0 to 1"),
        ({0: np.nan, 1: 1.0}, "probabilities from 0 to 1"),
        ({np.nan: 0.5, 1: 0.5}, "finite values"),
        ({np.inf: 0.5, 1: 0.5}, "finite values"),
        ({}, "{value: probability}"),
        ({5: 1.0}, "'valve' to vary"),
        ({0: 1.0, 1: 0.0}, "'valve' to vary"),
        ({"a": 0.3, "b": 0.7}, "encode names as numbers"),
        ({"0": 0.3, "1": 0.7}, "encode names as numbers"),
        ({"low": 0, "high": 1}, r"bounds as a tuple, \(low, high\)"),
        ({"normal": [0, 2]}, r"scipy.stats.norm\(mean, std\)"),
        ({"uniform": (0, 1)}, r"scipy.stats.uniform\(low, high - low\)"),
        ({"mean": 0, "std": 1}, r"scipy.stats.norm\(mean, std\)"),
        ({0, 1}, "a set has no order"),
        (frozenset([0, 1]), "a set has no order"),
        ({0: 1, 1: 2}.keys(), "a set has no order"),
        ("01", "text is not a distribution"),
        (b"01", "text is not a distribution"),
        ("uniform", "text is not a distribution"),
        (pd.Series([0, 1]), r"\.tolist\(\)"),
        (pd.Series([0, 1, 1]).value_counts(normalize=True), r"{value: share} for counts"),
        (pl.Series([0, 1]), r"\.tolist\(\)"),
        (pd.Index([0, 1]), r"\.tolist\(\)"),
        (pd.Interval(0, 1), r"write \(low, high\)"),
        (torch.tensor([0.0, 1.0]), "a tuple of two numbers for bounds, a list"),
        ((value for value in (0, 1)), "a tuple of two numbers for bounds, a list"),
        (iter([0, 1]), "a tuple of two numbers for bounds, a list"),
        (np.array([[0, 1]]), "a tuple of two numbers for bounds, a list"),
        (torch.distributions.Normal(0.0, 1.0), "scipy.stats has these laws too"),
        (None, "fixed inside the model"),
        (3, "fixed inside the model"),
        (True, "fixed inside the model"),
        (np.float64(2), "fixed inside the model"),
        (np.array(2.0), "fixed inside the model"),
        ((1, 2, 3), "a tuple is two bounds"),
        ((1,), "a tuple is two bounds"),
        (((0, 1), (2, 3)), "a scipy.stats frozen distribution for 'valve'"),
        (("0", "1"), "not text"),
        ((False, True), r"\[0, 1\] for two separate values"),
        ((0, np.nan), "finite numbers"),
        ((1, 0), "low < high"),
        ([[0, 1]], "list of numbers for 'valve'"),
        ([(0, 0.3), (1, 0.7)], "{value: probability}"),
        (["1", "2"], "encode names as numbers"),
        ([None, 1], "list of numbers"),
        ([1j, 2], "list of numbers"),
        (np.array([1, 2], dtype=np.complex64), "list of numbers"),
        (np.array(["2020-01-01", "2020-01-02"], dtype="M8[D]"), "list of numbers"),
        (np.ma.masked_array([0, 1, 2], mask=[0, 1, 0]), "list of numbers"),
        (lambda q: q, "scipy.stats has the laws"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        one(given)


@pytest.mark.parametrize("given", [{0, 1}, "01", b"01", {0: 0.3, 1: 0.7}, {"low": 0, "high": 1}])
@pytest.mark.parametrize("make", [sb.InputSpace.uniform, sb.InputSpace.normal])
def test_two_numbers_without_an_order_are_no_bounds(make, given):
    with pytest.raises(InputError, match="'valve'"):
        make({"valve": given})


@pytest.mark.parametrize(
    "given", [lambda: [1, 3], lambda: np.array([1, 3]), lambda: pd.Series([1, 3]),
              lambda: torch.tensor([1, 3]), lambda: iter((1, 3))],
)  # fmt: skip
def test_two_numbers_in_order_are_bounds_and_moments(given):
    assert sb.InputSpace.uniform({"a": given()}).marginals[0].support() == (1, 3)
    normal = sb.InputSpace.normal({"a": given()}).marginals[0]
    assert (normal.mean(), normal.std()) == (1, 3)


def test_marginals_given_to_the_class_itself_are_distributions():
    for given in (stats.norm, stats.rv_discrete(values=([0, 1], [0.5, 0.5]))):
        with pytest.raises(InputError, match=r"InputSpace\.of takes"):
            sb.InputSpace(("a",), (given,))
