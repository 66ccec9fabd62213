"""Proportional marginal effects, by all orders of the inputs and by their limit."""

from itertools import permutations

import numpy as np
import pytest

import sensbench as sb
from sensbench.truths.gaussian_polynomial import gaussian_polynomial
from sensbench.truths.proportional import proportional_effects


def by_orders(left, d):
    """Return the mean gain over orders, each with the weight Π 1/w of what it passes."""
    weights, gains = [], []
    for order in permutations(range(d)):
        place, before, weight, gain = 0, 0.0, 1.0, np.zeros(d)
        for i in order:
            place |= 1 << i
            gain[i], before = left[place] - before, left[place]
            weight /= left[place]
        weights.append(weight)
        gains.append(gain)
    return np.average(gains, axis=0, weights=weights)


def monotone(d, seed):
    """Return w(u) of some random covariance: what a linear model leaves without u."""
    root = np.random.default_rng(seed).normal(size=(d, d))
    S, b = root @ root.T, np.arange(1.0, d + 1)
    left = np.zeros(2**d)
    for u in range(1, 2**d):
        drawn = (u >> np.arange(d)) & 1 == 1
        known = ~drawn
        R = S[np.ix_(drawn, drawn)].copy()
        if known.any():
            cross = S[np.ix_(drawn, known)]
            R -= cross @ np.linalg.solve(S[np.ix_(known, known)], cross.T)
        left[u] = b[drawn] @ R @ b[drawn]
    return left


@pytest.mark.parametrize("d", [2, 3, 5])
def test_they_are_the_mean_over_orders_weighted_by_what_these_pass(d):
    left = monotone(d, d)
    effects = proportional_effects(left)
    np.testing.assert_allclose(effects, by_orders(left, d), rtol=1e-9)
    assert effects.sum() == pytest.approx(left[-1])


def test_zeros_are_the_limit_of_small_numbers():
    left = monotone(4, 1)
    for u in (0b0001, 0b0010, 0b0011, 0b0100):  # monotone: subsets of a zero are zeros
        left[u] = 0.0
    small = np.where((left == 0) & (np.arange(16) > 0), 1e-9, left)
    np.testing.assert_allclose(proportional_effects(left), by_orders(small, 4), atol=1e-7)


def test_the_closed_form_of_two_inputs_and_an_unused_one():
    """Of x1 + 2 x2 with ρ: in proportion to 1 and 4, whatever ρ; the third has no part."""
    for rho in (0.0, 0.5, 0.9):
        space = sb.InputSpace.normal(
            {"a": (0, 1), "b": (0, 1), "c": (0, 1)},
            correlation={("a", "b"): rho, ("a", "c"): 0.3},
        )
        truth = gaussian_polynomial(space, [(1.0, {0: 1}), (2.0, {1: 1})])
        variance = 5 + 4 * rho
        S = np.array([[1, rho, 0.3], [rho, 1, 0], [0.3, 0, 1]])
        left = [1, 4] / np.diag(np.linalg.inv(S))[:2]  # given all others
        np.testing.assert_allclose(truth["pme"].value[0], [0.2, 0.8, 0], atol=1e-12)
        full = truth["total_order_full"].value[0]
        assert full[0] == pytest.approx((1 + 2 * rho) ** 2 / variance)
        assert full[1] == pytest.approx((2 + rho) ** 2 / variance)
        alone = truth["first_order_independent"].value[0]
        np.testing.assert_allclose(alone, [*left / variance, 0], atol=1e-12)
