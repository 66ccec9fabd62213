"""The tail diagnostic: shapes of known distributions, and what is said of heavy ones."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.estimator.tails import (
    LargestOf,
    largest_kept,
    rows_to_settle,
    tail_of_squares,
    tail_shape,
)


def largest(values, count):
    return np.sort(values)[-count - 1 :]


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.8, 1.2])
def test_the_shape_of_a_pareto_tail(shape, rng):
    """U^-k has a tail of shape k; the fit of m excesses is off by about (1 + k)/√m."""
    values = rng.uniform(size=(40, 4000)) ** -shape
    found = tail_shape(np.sort(values, axis=1)[:, -191:])
    assert found.mean() == pytest.approx(shape, abs=5 * (1 + shape) / np.sqrt(190 * 40) + 0.03)


def test_squares_have_twice_the_shape_at_any_size(rng):
    sizes = rng.uniform(size=(20, 4000)) ** -0.4
    kept = np.sort(sizes, axis=1)[:, -191:]
    assert tail_of_squares(kept).mean() == pytest.approx(0.8, abs=0.1)
    for scale in (1e-200, 1e200):
        np.testing.assert_allclose(tail_of_squares(kept * scale), tail_of_squares(kept), rtol=1e-6)


def test_equal_or_few_values_have_no_tail():
    assert np.isnan(tail_shape(np.ones(30)))
    assert np.isnan(tail_shape(np.zeros((2, 30)))).all()
    assert np.isnan(tail_shape(np.arange(4.0)))


def test_the_largest_are_kept_whatever_the_blocks(rng):
    values = rng.normal(size=(5000, 3))
    whole = np.sort(values, axis=0)[-(largest_kept(5000) + 1) :].T
    for size in (1, 7, 2048, 5000):
        seen = LargestOf((1, 3), largest_kept(5000))
        for start in range(0, len(values), size):
            seen.add(0, values[start : start + size])
        np.testing.assert_array_equal(seen.kept[0], whole)


def test_what_it_takes():
    assert rows_to_settle(0.5) == pytest.approx(100)
    assert rows_to_settle(0.8) == pytest.approx(1e5)
    assert rows_to_settle(1.0) == np.inf


def of(function, names="abc"):
    return sb.Problem.of(function, sb.InputSpace.normal({name: (0, 1) for name in names}))


def test_a_lognormal_model_is_flagged_and_has_no_interval():
    """Squares of its slopes are lognormal, σ = 3.7: a few rows are the mean."""
    problem = of(lambda x: (x @ torch.tensor([1.5, 1.0, 0.5], dtype=x.dtype)).exp())
    found = sb.estimators.load("gradient").estimate(problem, budget=2000, seed=0)
    assert found["dgsm"].unsettled.all()
    assert np.isfinite(found["dgsm"].value).all()
    assert np.isnan([found["dgsm"].low, found["dgsm"].high]).all()
    (note,) = [note for note in found.notes if "a few rows decide" in note]
    assert "'a', 'b', 'c': there is no interval; if the tail stays as heavy" in note


def test_what_is_no_more_than_suspect_keeps_its_value_and_loses_its_interval():
    """exp(a)'s slopes have a variance, their squares hardly: the mean of sizes is known better."""
    runs = [
        sb.estimators.load("gradient").estimate(of(lambda x: x[:, 0].exp()), budget=2000, seed=s)
        for s in range(20)
    ]
    without = [
        np.mean([np.isnan(run[name].low[0, 0]) for run in runs])
        for name in ("derivative_abs", "dgsm")
    ]
    assert without[0] <= 0.2
    assert without[1] >= 0.8
    noted = [bool(run.notes) for run in runs]
    assert noted == [np.isnan(run["dgsm"].low[0, 0]) or run["dgsm"].unsettled[0, 0]
                     or np.isnan(run["derivative_rms_standardised"].low[0, 0])
                     for run in runs]  # fmt: skip


def test_permutation_tells_heavy_tails_too():
    problem = of(lambda x: (x @ torch.tensor([1.5, 1.0, 0.5], dtype=x.dtype)).exp())
    found = sb.estimators.load("permutation").estimate(problem, budget=16_000, seed=0)
    assert found["permutation_mse"].unsettled.all()
    assert np.isnan(found["permutation_total_order"].low).all()
    assert any("there is no interval" in note for note in found.notes)
    still = sb.estimators.load("permutation").estimate(
        of(lambda x: x[:, 0] + x[:, 1]), budget=16_000, seed=0
    )
    assert np.isfinite(still["permutation_total_order"].low).all()
    assert not still.notes


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, 0] + 2 * x[:, 1],
        lambda x: x[:, 0].sin() + x[:, 1] + x[:, 2] ** 2 / 4,
        lambda x: (x.sum(1)).tanh(),
    ],
)
def test_models_without_heavy_tails_are_not_flagged(function):
    for seed in range(10):
        found = sb.estimators.load("gradient").estimate(of(function), budget=2000, seed=seed)
        for estimate in found.estimates.values():
            assert not estimate.unsettled.any()
            if estimate.interval is not None:
                assert np.isfinite(estimate.high).all()
        assert not found.notes


def test_notes_take_names_as_they_are():
    problem = of(lambda x: (2 * x).sum(1).exp(), ["{a}", "b{", "c"])
    found = sb.estimators.load("gradient").estimate(problem, budget=2000, seed=1)
    assert any("'{a}'" in note and "'b{'" in note for note in found.notes)
