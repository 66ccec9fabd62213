"""Sobol' intervals from two scrambled nets: what they are, and that they hold."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.estimators.variance._nets import half_widths

NETS = sb.estimators.load("sobol")
PAIRS = sb.estimators.load("sobol", second_order=True)


def uniform(function, names="abc", **more):
    return sb.Problem.of(function, sb.InputSpace.of(dict.fromkeys(names, (0, 1)), **more))


def product(x):
    return x[:, 0] * x[:, 1]


def same(one, other):
    for name in one.estimates:
        for end in ("value", "low", "high"):
            np.testing.assert_allclose(
                getattr(one[name], end), getattr(other[name], end), rtol=0, atol=1e-12
            )


def test_an_interval_says_what_it_is():
    found = NETS.estimate(uniform(product), budget=5 * 64, seed=0)
    for name in ("first_order", "total_order"):
        interval = found[name].interval
        assert interval.method == "two scrambled nets, moderated t"
        assert interval.covers == {"design"}
        assert interval.resamples is None
    assert found.n_forward == 5 * 64
    assert found.notes == ()


def test_an_input_that_no_exchange_moves_has_an_index_of_exactly_0():
    found = PAIRS.estimate(uniform(product), budget=8 * 64, seed=0)
    for name in ("first_order", "total_order"):
        ends = [getattr(found[name], end)[0] for end in ("low", "value", "high")]
        np.testing.assert_array_equal(np.array(ends)[:, 2], 0.0)
        assert (np.array(ends)[2, :2] > np.array(ends)[0, :2]).all()


@pytest.mark.parametrize("N", [8, 16])
def test_with_fewer_than_16_rows_a_net_there_is_no_interval(N):
    found = NETS.estimate(uniform(product), budget=5 * N, seed=0)
    for name in ("first_order", "total_order"):
        assert np.isfinite(found[name].value).all()
        assert found[name].interval is None
        assert np.isnan([found[name].low, found[name].high]).all()
    assert all("a budget of 160 rows" in note for note in found.notes)
    assert len(found.notes) == 2
    assert NETS.estimate(uniform(product), budget=5 * 32)["total_order"].interval is not None


def test_a_constant_output_stays_undefined():
    both = uniform(lambda x: torch.stack([x[:, 0], 0 * x[:, 0] + 0.1], 1))
    found = PAIRS.estimate(both, budget=8 * 64)
    for estimate in found.estimates.values():
        assert np.isnan([estimate.value[1], estimate.low[1], estimate.high[1]]).all()
    assert np.isfinite(found["total_order"].high[0]).all()


def test_blocks_of_any_size_give_the_same_numbers(monkeypatch):
    problem = uniform(lambda x: torch.stack([product(x), x.sum(1).sin()], 1))
    whole = PAIRS.estimate(problem, budget=8 * 64, seed=1)
    for block_bytes, rows in ((1, 1), (2_000, 300), (40_000, 300), (10**9, 100)):
        monkeypatch.setattr("sensbench.estimators.variance._saltelli.BLOCK_BYTES", block_bytes)
        monkeypatch.setattr("sensbench.model.chunks._CHUNK_ROWS", rows)
        same(PAIRS.estimate(problem, budget=8 * 64, seed=1), whole)


def test_an_offset_changes_nothing():
    near, far = (
        NETS.estimate(uniform(lambda x, by=by: product(x) + by), budget=5 * 128, seed=2)
        for by in (0.0, 1e4)
    )
    for name in ("first_order", "total_order"):
        for end in ("value", "low", "high"):
            np.testing.assert_allclose(
                getattr(far[name], end), getattr(near[name], end), rtol=0, atol=1e-7
            )


def test_a_group_is_one_feature():
    """f = ab + c, of uniform inputs: the group has (7/144) / (7/144 + 1/12) of the variance."""
    problem = uniform(lambda x: product(x) + x[:, 2], groups={"ab": ["a", "b"]})
    found = NETS.estimate(problem, budget=4 * 2048, seed=0)
    share = (7 / 144) / (7 / 144 + 1 / 12)
    for name in ("first_order", "total_order"):
        exact = np.array([share, 1 - share])
        assert (found[name].low[0] <= exact).all()
        assert (exact <= found[name].high[0]).all()
        assert (found[name].high - found[name].low < 0.05).all()


@pytest.mark.parametrize("N", [64, 2048])
def test_independent_rows_are_covered_as_often_as_said(N):
    """Blocks without any balance: variances halve with every doubling. 2,000 indices."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2, 16, 1, 2000)) / np.sqrt(N / 32)
    half = half_widths(rows, N, 0.95)
    share = (np.abs(rows.mean(axis=(0, 1))) <= half).mean()
    assert 0.94 < share < 0.995
    exact = 1.96 / np.sqrt(N)
    assert exact < np.mean(half) < 1.7 * exact


def test_pairs_are_covered():
    """f = ab + c/2: the pair has (1/144) / (7/144 + 1/48) = .1, the two others nothing."""
    problem = uniform(lambda x: product(x) + x[:, 2] / 2)
    exact = np.array([0.1, 0.0, 0.0])
    at = np.triu_indices(3, 1)
    held = np.zeros(3)
    for seed in range(60):
        pair = PAIRS.estimate(problem, budget=8 * 64, seed=seed)["second_order"]
        low, high = pair.low[0][at], pair.high[0][at]
        held += (low <= exact + 1e-12) & (exact - 1e-12 <= high)
    assert (held / 60 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 60)).all()


def test_heavy_tails_are_told_and_keep_their_interval():
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: (2 * x[:, 0] + x[:, 1]).exp(), space)
    found = NETS.estimate(problem, budget=4 * 512, seed=0)
    assert found["total_order"].unsettled.all()
    assert np.isfinite(found["total_order"].high).all()
    assert any("the interval may be too narrow" in note for note in found.notes)
