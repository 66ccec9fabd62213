"""Truths put together: outputs, inert inputs, mixtures of exponentials, known monotonicity."""

import numpy as np
import pytest
import torch
from scipy import stats

from sensbench.errors import InputError
from sensbench.inputs.space import InputSpace
from sensbench.problem.truth import Truth, Truths
from sensbench.truths.exponentials import power_of_sum
from sensbench.truths.parts import by_output, with_inert
from sensbench.truths.separable import separable


@pytest.mark.parametrize(
    ("p", "low", "high"), [(0.3, 3.0, 7.0), (1.0, 75.0, 220.0), (0.5, 1.0, 60.0), (2.5, 0.1, 0.2)]
)
def test_power_of_sum(p, low, high):
    x = np.random.default_rng(0).uniform(low, high, 500)
    weights, rates = np.array(power_of_sum(p, low, high)).T
    np.testing.assert_allclose(weights @ np.exp(-np.outer(rates, x)), x**-p, rtol=3e-14)
    assert (weights > 0).all()
    assert (rates > 0).all()


@pytest.mark.parametrize("given", [(0.0, 1.0, 2.0), (1.0, 0.0, 2.0), (1.0, 2.0, 1.0), (1, 1, 1e6)])
def test_power_of_sum_refuses(given):
    with pytest.raises(InputError, match="power_of_sum: expected"):
        power_of_sum(*map(float, given))


def square(x):
    return x**2


def cube(x):
    return x**3


def test_by_output():
    whole = Truths.of(
        {
            "mean": Truth(np.array([1.0, 2.0]), np.array([0.1, 0.2]), "sampled"),
            "dgsm": Truth(np.ones((2, 3)), np.full((2, 3), 0.5), "sampled"),
        }
    )
    better = Truths.of({"dgsm": Truth.exact([[4.0, 5.0, 6.0]]), "variance": Truth.exact([1.0])})
    found = by_output(whole, {1: better})
    assert set(found) == {"mean", "dgsm"}
    assert found["dgsm"].value.tolist() == [[1, 1, 1], [4, 5, 6]]
    assert found["dgsm"].standard_error.tolist() == [[0.5] * 3, [0.0] * 3]
    assert found["dgsm"].how == "sampled; output 2 closed form"
    assert found["mean"].how == "sampled"
    assert whole["dgsm"].value.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_inert_inputs_as_if_they_had_been_there():
    bounds = {"a": (0.0, 1.0), "b": (0.5, 2.0)}
    terms = [(2.0, {0: square, 1: cube}), (1.0, {1: square})]
    padded = with_inert(separable(InputSpace.uniform(bounds), terms), 2)
    whole = separable(InputSpace.uniform(bounds | {"c": (0.0, 1.0), "d": (3.0, 4.0)}), terms)
    assert set(padded) == set(whole)
    for name, known in whole.items():
        np.testing.assert_allclose(padded[name].value, known.value, rtol=1e-12, atol=1e-15)


def test_monotone_pieces():
    # x² (1 + y): falls and rises along x; x² itself has the size by its own sign
    marginals = {"x": stats.norm(0.3, 1.0), "y": (0.5, 1.0)}
    space = InputSpace.of(marginals)
    terms = [(1.0, {0: square}), (1.0, {0: square, 1: torch.abs})]
    plain, told = separable(space, terms), separable(space, terms, monotone={0: [0.0], 1: []})
    expected = plain["derivative_abs"].value
    np.testing.assert_allclose(told["derivative_abs"].value, expected, rtol=1e-12)
    # the mixed terms have derivatives of either sign, their sum has not
    mixed = [(1.0, {0: cube, 1: square}), (-0.1, {0: square, 1: cube}), (3.0, {0: torch.exp})]
    mixed.append((1.0, {1: torch.exp}))
    space = InputSpace.uniform({"x": (0.1, 1.0), "y": (0.1, 1.0)})
    truth = separable(space, mixed, monotone={0: [], 1: []})
    x, w = np.polynomial.legendre.leggauss(40)
    x, w = 0.55 + 0.45 * x, w / 2
    by_x = np.abs(3 * np.outer(x**2, x**2) - 0.2 * np.outer(x, x**3) + 3 * np.exp(x)[:, None])
    by_y = np.abs(2 * np.outer(x**3, x) - 0.3 * np.outer(x**2, x**2) + np.exp(x))
    expected = [w @ by_x @ w, w @ by_y @ w]
    np.testing.assert_allclose(truth["derivative_abs"].value[0], expected, rtol=1e-12)


def test_monotone_with_inputs_that_are_not_uniform():
    # the limit of mu_star takes x uniform on its range, with the piece's end inside
    space = InputSpace.of({"x": stats.triang(0.5, -1.0, 2.0), "y": (1.0, 2.0)})
    truth = separable(
        space, [(1.0, {0: square, 1: cube})], kinks={0: [0.0]}, monotone={0: [0.0], 1: []}
    )
    np.testing.assert_allclose(truth["mu_star_limit"].value[0, 0], 2 * 15 / 4, rtol=1e-12)
    np.testing.assert_allclose(truth["derivative_abs"].value[0, 0], 2 / 3 * 15 / 4, rtol=1e-12)
