import numpy as np
import pytest
from scipy import stats

from sensbench.estimator.bootstrap import Bootstrap, RowGroups, percentile, symmetric


def test_the_spread_is_that_of_the_mean(rng):
    """Standard error of the mean by theory; the bootstrap's own error is 1/sqrt(2 · 4000)."""
    n = 300
    x = rng.normal(size=(n, 2))
    replicates = Bootstrap({"x": x}, rng, 4000, 0.95).resampled["x"]
    theory = x.std(axis=0) / np.sqrt(n)
    np.testing.assert_allclose(replicates.std(axis=0), theory, rtol=5 / np.sqrt(2 * 4000))


@pytest.mark.parametrize("n", [1024, 1025, 5000, 400_000])
def test_groups_of_rows_spread_as_the_rows(rng, n):
    """The rows are sorted: groups of neighbours would give intervals far too wide."""
    x = np.sort(rng.exponential(size=n))
    found = Bootstrap({"one": np.ones(n), "x": x}, rng, 4000, 0.95)
    np.testing.assert_allclose(found.means["x"], x.mean())
    np.testing.assert_allclose(found.resampled["one"], 1.0)
    # of 512 groups at least, and of 4000 resamples
    rtol = 5 * np.sqrt(1 / (2 * 512) + 1 / (2 * 4000))
    assert found.resampled["x"].std() == pytest.approx(x.std() / np.sqrt(n), rel=rtol)


@pytest.mark.parametrize("n", [1, 700, 3000, 300_001])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("most", [1024, 128])
def test_sums_of_groups_are_those_of_their_rows(rng, n, dtype, most):
    """Group by group, against a plain sum in double precision."""
    x = rng.normal(1, 1, size=(n, 3)).astype(dtype)
    groups = RowGroups(n, most)
    ends = groups.sizes.cumsum()
    assert len(groups) <= most
    assert ends[-1] == n
    eps = np.finfo(dtype).eps
    for order in (None, rng.permutation(n)):
        wide = (x if order is None else x[order]).astype(np.float64)
        exact = [part.sum(axis=0) for part in np.split(wide, ends[:-1])]
        np.testing.assert_allclose(groups.sums(x, order), exact, rtol=30 * eps, atol=1e3 * eps)


def test_percentiles_are_numpys(rng):
    replicates = rng.normal(size=(37, 4, 2))
    found = percentile(replicates.mean(axis=0), replicates, 0.9)
    low, high = np.quantile(replicates, (0.05, 0.95), axis=0)
    np.testing.assert_allclose(found.low, low, rtol=1e-13)
    np.testing.assert_allclose(found.high, high, rtol=1e-13)


def test_columns_of_any_shape_share_the_resamples(rng):
    x = rng.normal(size=(50, 2, 3))
    found = Bootstrap({"x": x, "first": x[:, 0, 0], "y": x[:, :, 1]}, rng, 20, 0.95).resampled
    np.testing.assert_allclose(found["first"], found["x"][:, 0, 0])
    np.testing.assert_allclose(found["y"], found["x"][:, :, 1])


def test_a_constant_has_no_width(rng):
    interval = Bootstrap({"c": np.full((50, 3), 2.0)}, rng, 300, 0.95)
    estimate = interval(lambda m: np.sqrt(m["c"]))
    np.testing.assert_allclose(estimate.high - estimate.low, 0, atol=1e-12)
    assert (estimate.low <= estimate.value).all()
    assert (estimate.value <= estimate.high).all()


def test_so_many_groups_that_the_spread_is_known_well(rng):
    """Of 50 means of 100 000 rows: 2 % from 1024 groups, 2 % from 1000 resamples."""
    x = rng.normal(size=(100_000, 50))
    found = Bootstrap({"x": x}, rng, 1000, 0.95).resampled["x"].std(axis=0)
    ratio = found / (x.std(axis=0) / np.sqrt(100_000))
    assert np.sqrt(np.mean((ratio - 1) ** 2)) < 1.5 * np.sqrt(1 / 2048 + 1 / 2000)


def test_symmetric_intervals_are_normal_quantiles_of_the_finite_spread():
    replicates = np.array([[1.0, 2.0], [2.0, np.nan], [4.0, 6.0], [5.0, np.inf]])
    found = symmetric(np.array([3.0, 3.0]), replicates, 0.9)
    half = stats.norm.ppf(0.95) * np.array([np.std([1, 2, 4, 5], ddof=1), np.std([2, 6], ddof=1)])
    np.testing.assert_allclose(found.high - 3, half)
    np.testing.assert_allclose(3 - found.low, half)
    alone = symmetric(np.array([3.0]), np.array([[1.0], [np.nan]]), 0.9)
    assert np.isnan(alone.low).all()
    assert "no interval" in alone.note


@pytest.mark.parametrize("n", [1_000_000, 999_937])
def test_squares_of_a_run_fit_single_precision(n):
    """So few rows that squares of up to 1e18 add up below the largest number, 3.4e38."""
    squares = np.full((n, 1), 1e36, dtype=np.float32)
    groups = RowGroups(n, 128)
    assert groups.run >= 128  # and so many that their sums are most of the work
    np.testing.assert_allclose(groups.sums(squares)[:, 0], 1e36 * groups.sizes, rtol=1e-5)
