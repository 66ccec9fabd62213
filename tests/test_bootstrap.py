import numpy as np
import pytest

from sensbench.bootstrap import Bootstrap


def test_the_spread_is_that_of_the_mean(rng):
    """Standard error of the mean by theory; the bootstrap's own error is 1/sqrt(2 · 4000)."""
    n = 300
    x = rng.normal(size=(n, 2))
    replicates = Bootstrap({"x": x}, rng, 4000, 0.95).resampled["x"]
    theory = x.std(axis=0) / np.sqrt(n)
    np.testing.assert_allclose(replicates.std(axis=0), theory, rtol=5 / np.sqrt(2 * 4000))


def test_chunks_are_one_multinomial(rng, monkeypatch):
    """Across chunks the total count of every resample is n, and the spread is unchanged."""
    monkeypatch.setattr("sensbench.bootstrap._CHUNK_ROWS", 64)
    n = 300
    x = rng.normal(size=n)
    found = Bootstrap({"one": np.ones(n), "x": x}, rng, 4000, 0.95).resampled
    np.testing.assert_allclose(found["one"], 1.0)
    assert found["x"].std() == pytest.approx(x.std() / np.sqrt(n), rel=5 / np.sqrt(2 * 4000))


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
