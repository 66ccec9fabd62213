"""The fit of many tails at once: the same as one by one, and skipped only where nothing changes."""

import numpy as np
import pytest

from sensbench.estimator.generalised_pareto import tail_shape
from sensbench.estimator.tails import HEAVY, largest_kept

LAWS = {
    "uniform": lambda rng, size: rng.uniform(size=size),
    "half normal": lambda rng, size: np.abs(rng.normal(size=size)),
    "exponential": lambda rng, size: rng.exponential(size=size),
    "chi-square": lambda rng, size: rng.normal(size=size) ** 2,
    "lognormal 1": lambda rng, size: np.exp(rng.normal(size=size)),
    "lognormal 2": lambda rng, size: np.exp(2 * rng.normal(size=size)),
    "t, 3 degrees": lambda rng, size: np.abs(rng.standard_t(3, size=size)),
    "Pareto ½": lambda rng, size: rng.uniform(size=size) ** -0.5,
    "Pareto 1": lambda rng, size: 1 / rng.uniform(size=size),
    "1 % ten times as wide": lambda rng, size: (
        np.abs(rng.normal(size=size)) * np.where(rng.uniform(size=size) < 0.01, 10, 1)
    ),
    "two clusters": lambda rng, size: (
        (rng.uniform(size=size) < 0.1) + 1e-3 * np.abs(rng.normal(size=size))
    ),
    "steps": lambda rng, size: rng.integers(0, 6, size=size) ** 3 + 1e-2 * rng.uniform(size=size),
}


def largest(law, n, count, rng):
    return np.sort(LAWS[law](rng, (count, n)), axis=1)[:, -largest_kept(n) - 1 :]


def by_hand(values):
    """Zhang and Stephens' estimate of one sample, as their paper has it, with the prior."""
    x = values[1:] - values[0]
    m = len(x)
    count = 30 + int(np.sqrt(m))
    theta = np.array(
        [
            1 / x[-1] + (1 - np.sqrt(count / (j - 0.5))) / (3 * x[int(m / 4 + 0.5) - 1])
            for j in range(1, count + 1)
        ]
    )
    profile = []
    for t in theta:
        k = np.log1p(-t * x).mean()
        profile.append(m * (np.log(-t / k) - k - 1))
    weights = [1 / np.exp(np.array(profile) - one).sum() for one in profile]
    k = np.log1p(-(np.array(weights) @ theta) * x).mean()
    return (m * k + 10 * 0.2) / (m + 10)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [50, 1000])
def test_many_at_once_are_those_one_by_one(law, n, rng):
    kept = largest(law, n, 60, rng)
    expected = [by_hand(values) for values in kept]
    np.testing.assert_allclose(tail_shape(kept), expected, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(
        tail_shape(kept.reshape(3, 20, -1)), tail_shape(kept).reshape(3, 20)
    )


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("bound", [0.0, HEAVY])
def test_a_tail_without_a_fit_is_below_what_matters(law, bound, rng):
    for n in (50, 100, 1000):
        kept = largest(law, n, 2000, rng)
        fitted, quick = tail_shape(kept), tail_shape(kept, bound)
        np.testing.assert_array_equal(quick > bound, fitted > bound)
        # what matters is the very fit
        np.testing.assert_allclose(quick[fitted > bound], fitted[fitted > bound], atol=1e-12)
        np.testing.assert_array_equal(np.isnan(quick), np.isnan(fitted))


@pytest.mark.parametrize(
    ("law", "bound", "least"),
    [("half normal", HEAVY, 0.95), ("exponential", HEAVY, 0.9), ("uniform", 0.0, 0.95)],
)
def test_plainly_light_tails_need_no_fit(law, bound, least, rng):
    kept = largest(law, 1000, 500, rng)
    assert (np.abs(tail_shape(kept, bound) - tail_shape(kept)) > 1e-9).mean() >= least


def test_excesses_at_the_ends_of_the_range(rng):
    """Squares that overflow say nothing of a tail; it is fitted."""
    kept = largest("exponential", 1000, 20, rng)
    for scale in (1e-200, 1e200):
        for bound in (-np.inf, 0.0, HEAVY):
            np.testing.assert_allclose(
                tail_shape(kept * scale, bound) > bound, tail_shape(kept) > bound
            )
