"""Which rows a problem gives, and on what scale its inputs are."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.problem.problem import Data


def weighted(x):
    return x @ torch.tensor([3.0, 1.0], dtype=x.dtype)


def of_rows(n, inputs="data"):
    """Rows that can be told apart, their targets, and a space that is wider than the rows."""
    X = np.column_stack([np.arange(n), np.arange(n) % 7])
    space = sb.InputSpace.normal({"a": (0, 2), "b": (5, 8)})
    return sb.Problem.of(weighted, space, X=X, y=10 * X[:, 0], inputs=inputs)


def test_rows_are_drawn_without_repetition_and_keep_their_targets(rng):
    problem = of_rows(120)
    found = problem.rows(100, rng)
    assert len(np.unique(found.X[:, 0])) == 100
    assert (found.y[:, 0] == 10 * found.X[:, 0]).all()
    other = problem.rows(100, rng)
    assert set(other.X[:, 0]) != set(found.X[:, 0])


@pytest.mark.parametrize("n", [120, 121, 10**6])
def test_where_there_are_no_more_rows_all_are_taken(rng, n):
    problem = of_rows(120)
    np.testing.assert_array_equal(problem.rows(n, rng).X, problem.data.X)


def test_chunks_hold_every_row_once_in_random_order(rng):
    problem = of_rows(120)
    chunks = [chunk.X[:, 0] for chunk in problem.rows_in_chunks(500, 50, rng)]
    assert [len(chunk) for chunk in chunks] == [50, 50, 20]
    every = np.concatenate(chunks)
    assert sorted(every) == list(range(120))
    # of 119 neighbours, half rise: five standard errors of sqrt(120/12)
    assert abs((np.diff(every) > 0).sum() - 59.5) < 5 * np.sqrt(10)
    few = np.concatenate([c.X[:, 0] for c in problem.rows_in_chunks(70, 50, rng)])
    assert len(np.unique(few)) == len(few) == 70


def test_draws_come_in_chunks_of_as_many_rows_in_all(rng):
    chunks = list(of_rows(120, "product").rows_in_chunks(500, 200, rng))
    assert [len(chunk) for chunk in chunks] == [200, 200, 100]
    # of the space, whose mean and deviation are (5, 8), not of the rows
    b = np.concatenate([chunk.X[:, 1] for chunk in chunks])
    assert abs(b.mean() - 5) < 5 * 8 / np.sqrt(500)


def test_the_scale_is_that_of_the_inputs_in_use():
    """Rows: Var of 0 … 119 is (120² - 1)/12. The product: as the space says."""
    rows, product = of_rows(120), of_rows(120, "product")
    assert rows.sigma()[0] == pytest.approx(np.sqrt((120**2 - 1) / 12))
    assert product.sigma().tolist() == [2, 8]


def test_standardised_derivatives_are_on_the_scale_of_the_inputs_in_use():
    """Of 3a + b: (3·2, 1·8)/10 for the product, whose deviation of y is 10."""
    found = sb.estimators.load("gradient").estimate(of_rows(120, "product"), budget=20_000)
    item = found["derivative_rms_standardised"]
    se = (item.high - item.low)[0] / (2 * 1.96)
    assert (np.abs(item.value[0] - [0.6, 0.8]) < 5 * se).all()
    assert (se < 0.01).all()


def test_rows_that_are_data_already_are_not_copied():
    X, y = np.array([[0.0, 1.0], [2.0, 5.0]]), np.array([[1.0], [2.0]])
    space = sb.InputSpace.uniform({"a": (0, 2), "b": (0, 5)})
    data = Data(X, y)
    problem = sb.Problem.of(weighted, space, X=data)
    assert problem.data is not None
    assert problem.data.X is data.X
    np.testing.assert_array_equal(problem.data.y, y)
    copied = sb.Problem.of(weighted, space, X=X).data
    assert copied is not None
    assert not np.shares_memory(copied.X, X)
