"""The tail diagnostic: shapes of known distributions, and what is said of heavy ones."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.estimator.interval import SAMPLING, Interval
from sensbench.estimator.linearised import symmetric_interval, with_skewed_end
from sensbench.estimator.tails import (
    LargestOf,
    SquaredTail,
    carried_by_few,
    few_said,
    largest_kept,
    rows_to_settle,
    tail_of_squares,
    tail_shape,
    unseen,
)
from sensbench.estimators._moved import moved_either_way


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


@pytest.mark.parametrize(
    "order",
    [lambda v: v, lambda v: np.sort(v, axis=0), lambda v: -np.sort(-v, axis=0), np.round, np.sign],
    ids=["random", "up", "down", "ties", "two values"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_are_kept_whatever_the_order(order, dtype, rng):
    """Below 0 nothing is kept."""
    values = order(rng.normal(size=(3000, 150))).astype(dtype)
    count = largest_kept(3000)
    seen, given = LargestOf((1, 150), count), np.asfortranarray(values)
    seen.add(0, given)
    np.testing.assert_array_equal(given, values)
    whole = np.maximum(np.sort(values, axis=0)[-(count + 1) :].T, 0.0)
    np.testing.assert_array_equal(seen.kept[0], whole)


@pytest.mark.parametrize("shape", [0.3, 0.5])
def test_values_not_met_are_of_the_size_that_the_law_gives_them(shape, rng):
    """U^-k, k = shape: beyond the largest x the mean is x/(1 - k), and 3/n k of it is added."""
    n = 400_000
    values = np.sort(rng.uniform(size=n) ** -shape)[-40_001:]
    top = values[-1]
    expected = 3 / n * shape * top / (1 - shape)
    assert unseen(values, np.array(shape), n) == pytest.approx(expected, rel=0.15)
    assert unseen(values, np.array(np.nan), n) == unseen(values, np.array(-0.5), n) == 0
    assert unseen(np.full(20, 3.0), np.array(0.5), n) == 0


def test_a_shape_from_few_values_is_taken_one_standard_error_larger():
    """(1 + k)/√(m + 10) of m excesses: of 90 and k = .2 that is .12; they are .25 on average."""
    u = (np.arange(90) + 0.5) / 90
    values = np.append(1.0, 1 + np.sort(0.25 * u / u.mean()))
    top, k = values[-1], 0.2 + 0.12
    larger = top + 0.25 + k / (1 - k) * (top - 1)
    assert unseen(values, np.array(0.2), 500) == pytest.approx(3 / 500 * k * larger)
    known = unseen(values, np.array(k), 500, estimated=False)
    assert unseen(values, np.array(0.2), 500) == pytest.approx(known)


def test_what_rounding_leaves_between_equal_values_is_no_tail(rng):
    values = np.sort(np.append(1 + 1e-16 * rng.integers(0, 9, 60), [2.0] * 4))
    assert np.isnan(tail_shape(values))


def test_ends_move_towards_what_was_not_met():
    """Down by a ratio where nothing is below 0, by a difference where there is a sign."""
    one = np.ones(1)
    unsigned = sb.Estimate(2 * one, one, 3 * one).with_unseen(1.5 * one, 4 * one)
    assert (unsigned.low[0], unsigned.high[0]) == (0.75, 5)
    signed = sb.Estimate(2 * one, -one, 3 * one).with_unseen(1.5 * one, 4 * one)
    assert (signed.low[0], signed.high[0]) == (-1.5, 5)


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


def runs_of(name, problem, budget, count):
    estimator = sb.estimators.load(name)
    return [estimator.estimate(problem, budget=budget, seed=seed) for seed in range(count)]


def shown_and_held(items, exact):
    """Return how many runs give an interval, and the share of these that holds the truth."""
    shown = np.array([np.isfinite(item.high[0, 0]) for item in items])
    held = np.array([item.low[0, 0] <= exact <= item.high[0, 0] for item in items])
    return shown.mean(), held[shown].mean() if shown.any() else np.nan


def test_what_is_unsettled_keeps_its_value_and_loses_its_interval():
    """exp(a)'s slopes have a lognormal square, σ = 2: its mean is e²."""
    runs = runs_of("gradient", of(lambda x: x[:, 0].exp()), 1000, 100)
    for run in runs:
        for item in run.estimates.values():
            if item.tail is not None:
                assert np.isfinite(item.value[0, 0])
                assert np.isnan(item.high[0, 0]) == item.unsettled[0, 0] == (item.tail[0, 0] > 0.7)
        noted = any("a few rows decide" in note for note in run.notes)
        assert noted == any(item.unsettled.any() for item in run.estimates.values())
    shown, held = shown_and_held([run["dgsm"] for run in runs], np.exp(2))
    assert 0.4 < shown < 0.8
    # .94 of many; by the standard error alone .8, and with .5 as the threshold .6
    assert held > 0.85


@pytest.mark.parametrize(
    ("function", "exact", "least"),
    [
        (lambda x: x[:, 0] ** 2 / 2 + x[:, 1], 1.0, 0.8),
        (lambda x: x[:, 0] * x[:, 1], 2.0, 0.9),
    ],
)
def test_permutation_keeps_the_intervals_that_hold(function, exact, least):
    """2 Var E[..]: of a²/2 that is 1, of ab 2; tails of chi-squares and their products."""
    runs = runs_of("permutation", of(function, "ab"), 11 * 545, 60)
    shown, held = shown_and_held([run["permutation_mse"] for run in runs], exact)
    assert shown >= least
    assert held >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 60)


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


def test_few_terms_carry_a_sum():
    """Of four equal sizes, and of one that is 0 beside them; six say something of the others."""
    few = carried_by_few(np.array([[4.0, 0.0]]), np.array([[4.0, 0.0]]))
    np.testing.assert_array_equal(few, [[True, True]])
    assert not carried_by_few(np.array([[6.0, 0.0]]), np.array([[6.0, 0.0]])).any()
    said = "no interval for 'a', 'b': few rows carry the effects; more tell"
    assert few_said(few, ["a", "b"]) == said
    assert few_said(~few, ["a", "b"]) == ""


def test_a_skewed_end_is_never_nearer():
    """At half the value its end is √e of it, 1.5 of the symmetric one; around 0 nothing changes."""
    half, interval = np.array([1.0, 3.0, 0.0]), Interval(0.95, "delta method", SAMPLING)
    item = symmetric_interval(np.array([2.0, 2.0, 2.0]), half, interval)
    moved = with_skewed_end(item, half)
    np.testing.assert_allclose(moved.high, [2 * np.exp(0.5), 5.0, 2.0])
    np.testing.assert_array_equal(moved.low, item.low)


def test_a_mean_with_a_sign_moves_where_values_lie():
    """Of sizes 1 and a mean of 1 up only, of a mean of 0 either way; σ² may grow with it."""

    def mean(m):
        return {"mean": m["slope"] / np.sqrt(m["y²"])}

    means = {"slope": np.array([1.0, 0.0]), "size": np.ones(2), "y²": np.array([1.0])}
    unseen = {"size": np.full(2, 0.5), "y²": np.array([3.0])}
    moved = moved_either_way(mean, means, unseen, "slope")
    np.testing.assert_allclose(moved["mean"].max(axis=0), [1.5, 0.5])
    np.testing.assert_allclose(moved["mean"].min(axis=0), [0.5, -0.5])


def test_a_tail_is_seen_about_a_mean_that_a_few_rows_have_moved(rng):
    """Nearly all values of a wide lognormal lie below their mean, within its size."""
    for _ in range(20):
        y = np.exp(2.5 * rng.normal(size=(200, 1)))
        tail = SquaredTail(1, 200)
        tail.add(y - y.mean(axis=0))
        assert tail.shape[0] > 1


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_what_single_precision_leaves_between_equal_values_is_no_tail(size, rng):
    """A float32 model's effects, equal but for their last bits, some of them far out by chance."""
    noise = rng.standard_t(1, (4, 400)) * 1e-8
    values = np.sort(size * (1 + np.clip(noise, -5e-7, 5e-7)), axis=1)[:, -61:]
    assert np.isnan(tail_shape(values, 0.0)).all()
    assert (unseen(values, np.full(4, 0.5), 400) == 0).all()
    # one in eight is larger by a thousandth: that they are, and by how much they are is rounding
    values[:, -7:] *= 1.001
    assert np.isnan(tail_shape(values, 0.0)).all()


def test_equal_values_may_differ_by_more_where_they_are_differences_of_large_ones(rng):
    values = np.sort(1 + 1e-4 * rng.pareto(1.0, (3, 400)), axis=1)[:, -61:]
    assert (tail_shape(values) > 0.5).all()
    assert np.isnan(tail_shape(values, -np.inf, np.array([1.0, 1.0, 1.0]))).all()
    assert np.isfinite(tail_shape(values, -np.inf, np.array([0.0, 1.0, 0.0]))).tolist() == [
        True, False, True,
    ]  # fmt: skip
    apart = unseen(values, np.full(3, 0.5), 400, rounding=np.array([0.0, 1.0, 0.0]))
    assert (apart > 0).tolist() == [True, False, True]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "kind",
    [lambda v: v, np.round, lambda v: v * (v > 2.5), np.zeros_like],
    ids=["all differ", "ties", "few above 0", "zeros"],
)
def test_of_values_in_random_order_the_first_say_what_can_be_among_the_largest(dtype, kind, rng):
    n, k = 20_000, 7
    values = kind(rng.normal(size=(n, k))).astype(dtype)
    for chunk in (300, 4096, n):
        seen = LargestOf((2, k), largest_kept(n), random=n)
        for start in range(0, n, chunk):
            rows = values[start : start + chunk]
            seen.add(0, rows, sizes=True)
            seen.add(1, -rows)
        for k_, signed in enumerate((np.abs(values), -values)):
            whole = np.sort(np.maximum(signed, 0.0), axis=0)[-(largest_kept(n) + 1) :].T
            np.testing.assert_array_equal(seen.kept[k_], whole)


def test_few_values_in_random_order_are_all_looked_at(rng):
    values = np.abs(rng.normal(size=(40, 3)))
    seen = LargestOf((1, 3), largest_kept(40), random=40)
    seen.add(0, values)
    whole = np.sort(values, axis=0)[-(largest_kept(40) + 1) :].T
    np.testing.assert_array_equal(seen.kept[0], whole)
