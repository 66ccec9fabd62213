import numpy as np
import pytest

from sensbench.bootstrap import Bootstrap


def test_the_spread_is_that_of_the_mean(rng):
    """Standard error of the mean by theory; the bootstrap's own error is 1/sqrt(2 · 4000)."""
    n = 300
    x = rng.normal(size=(n, 2))
    replicates = Bootstrap(n, rng, resamples=4000).means(x)[0]
    theory = x.std(axis=0) / np.sqrt(n)
    np.testing.assert_allclose(replicates.std(axis=0), theory, rtol=5 / np.sqrt(2 * 4000))


def test_chunks_are_one_multinomial(rng, monkeypatch):
    """Across chunks the total count of every resample is n, and the spread is unchanged."""
    monkeypatch.setattr("sensbench.bootstrap._CHUNK_ROWS", 64)
    n = 300
    x = rng.normal(size=n)
    bootstrap = Bootstrap(n, rng, resamples=4000)
    ones, means = bootstrap.means(np.ones(n), x)
    np.testing.assert_allclose(ones, 1.0)
    assert means.std() == pytest.approx(x.std() / np.sqrt(n), rel=5 / np.sqrt(2 * 4000))


def test_all_statistics_see_the_same_resamples(rng):
    x = rng.normal(size=50)
    bootstrap = Bootstrap(50, rng)
    assert np.array_equal(bootstrap.means(x)[0], bootstrap.means(x)[0])


def test_a_constant_has_no_width(rng):
    estimate = Bootstrap(50, rng)(np.sqrt, np.full((50, 3), 2.0))
    np.testing.assert_allclose(estimate.high - estimate.low, 0, atol=1e-12)
    assert (estimate.low <= estimate.value).all()
    assert (estimate.value <= estimate.high).all()
