"""Total order from given rows, against closed forms."""

import numpy as np
import pytest

import sensbench as sb
from sensbench import estimators
from sensbench.errors import InputError


def total(problem, n, **params):
    method = estimators.load("nearest_neighbour", **params)
    return method.estimate(problem, budget=n, seed=1)["total_order"].value[0]


def test_ishigami_by_rows_alone():
    problem = sb.problems.load("ishigami")
    exact = problem.truth["total_order"].value[0]
    plain, adjusted = (total(problem, 4000, adjusted=one) for one in (False, True))
    np.testing.assert_allclose(adjusted, exact, atol=0.05)
    # neighbours are apart: as in the paper it is above, and farther off
    assert np.abs(plain - exact).mean() > np.abs(adjusted - exact).mean()


def test_dependent_normals_exactly_but_for_the_rows():
    # the variance left of x1 given x2 is 1 - ρ²
    rho = 0.8
    law = {name: (0, 1) for name in "abc"}
    space = sb.InputSpace.normal(law, correlation={("a", "b"): rho})
    values = total(sb.Problem.of(lambda x: 2 * x[:, 0] + x[:, 1], space), 2000)
    exact = np.array([4 * (1 - rho**2), 1 - rho**2, 0]) / (4 + 1 + 4 * rho)
    np.testing.assert_allclose(values, exact, atol=0.02)


def test_one_input_is_all_of_it():
    X = np.random.default_rng(0).random((50, 1))
    found = sb.compare(X=X, y=X[:, 0], estimators="nearest_neighbour")["nearest_neighbour"]
    assert found["total_order"].value.tolist() == [[1.0]]


@pytest.mark.parametrize("wrong", [{"neighbours": 1}, {"neighbours": True}])
def test_refuses_what_it_cannot_do(wrong):
    with pytest.raises(InputError, match="two neighbours or more"):
        estimators.load("nearest_neighbour", **wrong)
