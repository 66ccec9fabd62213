import numpy as np
import pytest

import sensbench as sb
from sensbench.effects.effects import Effects
from sensbench.errors import InputError, NotApplicable


def problem(rows=3000, o=1):
    X = np.random.default_rng(0).normal(size=(rows, 2)) * [1.0, 10.0]
    X[:, 1] = np.round(X[:, 1], 3)
    space = sb.InputSpace.from_data(X, ["a", "b"])

    def model(x):
        return (x[:, :1] ** 2 + 3 * x[:, 1:]) * x.new_tensor([[2.0**k for k in range(o)]])

    return sb.Problem.of(model, space, X=X)


def test_slopes_are_the_derivatives_at_some_of_the_rows():
    asked = problem()
    slopes = Effects(asked, 10_000, seed=0).slopes
    assert slopes.features == ("a", "b")
    assert slopes.X.shape == (1000, 2)
    assert len(np.unique(slopes.X, axis=0)) == 1000
    given = {tuple(row) for row in asked.data.X.tolist()}
    assert {tuple(row) for row in slopes.X.tolist()} <= given
    np.testing.assert_allclose(slopes.slope[:, 0, 0], 2 * slopes.X[:, 0], rtol=1e-12)
    np.testing.assert_allclose(slopes.slope[:, 0, 1], 3.0)
    y = slopes.X[:, 0] ** 2 + 3 * slopes.X[:, 1]
    by_hand = 3 * asked.data.X[:, 1].std() / y.std()
    np.testing.assert_allclose(slopes.standardised[:, 0, 1], by_hand, rtol=1e-12)
    assert (slopes.of_rows, slopes.n_forward, slopes.n_backward) == (3000, 1000, 1000)


def test_the_same_seed_takes_the_same_rows():
    first, again, other = (Effects(problem(), 10_000, seed).slopes for seed in (0, 0, 1))
    assert (first.X == again.X).all()
    assert (first.X != other.X).any()


def test_a_budget_bounds_the_rows():
    slopes = Effects(problem(o=3), 400, seed=0).slopes
    assert len(slopes.X) == 100  # a forward row and three backward rows each
    assert slopes.n_forward + slopes.n_backward == 400
    few = Effects(problem(o=3), 100, seed=0).slopes
    assert isinstance(few, NotApplicable)
    assert str(few) == (
        "slopes: expected a budget of 120 rows or more, for 30 rows with their derivatives; got 100"
    )


def test_rows_without_a_model_have_no_effects():
    X = np.random.default_rng(0).normal(size=(50, 2))
    alone = sb.Problem("rows", sb.InputSpace.from_data(X), data=None)
    with pytest.raises(InputError, match="expected a model; got rows"):
        Effects(alone, 100, seed=0)
