import numpy as np
import pandas as pd
import pytest
from SALib.analyze import pawn as salib
from scipy import stats

import sensbench as sb
from sensbench.errors import BudgetTooSmall, InputError
from sensbench.estimators.distribution._pawn_slices import SlicedRows
from sensbench.estimators.distribution.pawn import _levels

RAISES_IN_SALIB = (6, 9, 21, 24)


@pytest.fixture
def rows(rng):
    X = rng.normal(size=(403, 4))
    X[:, 2] = rng.integers(0, 5, 403)
    X[:, 3] = rng.integers(0, 2, 403)
    return X


def function(x):
    return np.stack([x[:, 0] + x[:, 1] ** 2 + x[:, 3], np.round(x[:, 2] * x[:, 0])], axis=1)


def problem_of(X, function=function):
    space = sb.InputSpace.from_data(X)
    return sb.Problem.of(function, space, X=X, derivatives="finite-difference")


def pawn(problem, budget=1000, seed=0, **options):
    options.setdefault("resamples", 2)
    return sb.estimators.load("pawn", **options).estimate(problem, budget=budget, seed=seed)["pawn"]


@pytest.mark.parametrize("slices", [2, 3, 7, 10, 20, 23])
@pytest.mark.parametrize("statistic", ["minimum", "mean", "median", "maximum"])
def test_the_values_are_salibs_for_the_same_rows(rows, slices, statistic):
    """The second output and the last inputs have few values."""
    found = pawn(problem_of(rows), slices=slices, statistic=statistic)
    given = {"num_vars": 4, "names": list("abcd")}
    for k, y in enumerate(function(rows).T):
        theirs = salib.analyze(given, rows, y, S=slices)
        np.testing.assert_allclose(found.value[k], theirs[statistic], atol=1e-12)


def by_scipy(x, y, slices, all_rows):
    """Median distance of the slices, cut by pandas and compared by scipy, one at a time."""
    edges = np.quantile(x, np.linspace(0, 1, slices + 1))
    if all_rows:
        edges[-1] += 1
    cut = pd.cut(x, edges, right=False)
    return np.median([stats.ks_2samp(part, y).statistic for _, part in pd.Series(y).groupby(cut)])


@pytest.mark.parametrize("slices", RAISES_IN_SALIB)
@pytest.mark.parametrize("all_rows", [False, True])
def test_numbers_of_slices_that_salib_raises_for(rows, slices, all_rows):
    X = rows[:, :2]
    given = {"num_vars": 2, "names": list("ab")}
    y = X[:, 0] + X[:, 1] ** 2
    with pytest.raises(ValueError, match="Quantiles"):
        salib.analyze(given, X, y, S=slices)
    found = pawn(problem_of(X, lambda x: x[:, 0] + x[:, 1] ** 2), slices=slices, all_rows=all_rows)
    expected = [by_scipy(x, y, slices, all_rows) for x in X.T]
    np.testing.assert_allclose(found.value[0], expected, atol=1e-12)


def test_every_value_of_an_input_can_be_a_slice(rng):
    """SALib's slices of a rare 1 hold the zeros only: the median is theirs alone."""
    X = np.stack([rng.random(500) < 0.05, rng.random(500)], axis=1).astype(float)
    y = X[:, 0] + X[:, 1]
    zero, one = (stats.ks_2samp(y[X[:, 0] == v], y).statistic for v in (0, 1))
    problem = problem_of(X, lambda x: x[:, 0] + x[:, 1])
    assert pawn(problem).value[0, 0] == pytest.approx(zero)
    assert pawn(problem, all_rows=True).value[0, 0] == pytest.approx((zero + one) / 2)


def test_the_only_input_that_acts():
    """y = x: in slice s of 10, F and F_s are apart by max(s, 9 - s)/10; the median is 0.7."""
    problem = sb.Problem.of(lambda x: x[:, 0], sb.InputSpace.uniform({"x": (0, 1), "z": (0, 1)}))
    found = pawn(problem, 20_000, statistic="median")
    assert found.value[0, 0] == pytest.approx(0.7, abs=1e-3)
    assert pawn(problem, 20_000, statistic="maximum").value[0, 0] == pytest.approx(0.9, abs=1e-3)


def test_pawn_of_a_linear_model_of_normal_inputs():
    """By quadrature; an estimate is too large by the distance of a slice's sample from its law.

    A slice has 4000 rows: Kolmogorov's law puts that below 1.95/sqrt(4000) = 0.031 in 999 of 1000.
    """
    share, y = 0.3, np.linspace(-5, 5, 2001)
    exact = []
    for s in range(10):
        x = stats.norm.ppf((s + (np.arange(400) + 0.5) / 400) / 10)
        given = stats.norm.cdf((y[:, None] - np.sqrt(share) * x) / np.sqrt(1 - share)).mean(axis=1)
        exact.append(np.abs(given - stats.norm.cdf(y)).max())
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1), "dead": (0, 1)})
    problem = sb.Problem.of(lambda x: x @ np.sqrt([share, 1 - share, 0.0]), space)
    found = pawn(problem, 40_000).value[0]
    assert found[0] == pytest.approx(np.median(exact), abs=0.031)
    assert found[2] < 0.031


@pytest.mark.slow
def test_inputs_without_effect_stay_below_the_floor_together():
    """In 95 % of 100 samples: at least 88 (three standard errors), whatever the inputs' kinds."""
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1), "c": [0, 1], "d": [0, 1, 1, 5]})
    problem = sb.Problem.of(lambda x: x[:, 0], space)
    below = 0
    for seed in range(100):
        found = sb.estimators.load("pawn", resamples=40).estimate(problem, budget=60, seed=seed)
        value, floor = found["pawn"].value[0], found["pawn_floor"].value[0]
        assert value[0] > floor
        assert np.isnan(found["pawn"].low).all()
        below += (value[1:] <= floor).all()
    assert 88 <= below < 100
    assert "pawn_floor: not told apart from an input without effect: b, c, d" in " ".join(
        found.notes
    )


def test_a_constant_output_has_no_numbers_and_a_constant_input_scores_0(rng):
    X = np.column_stack([rng.normal(size=100), np.full(100, 3.0)])
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(
        lambda x: np.stack([x[:, 0], np.ones(len(x))], axis=1), space, X=X,
        derivatives="finite-difference",
    )  # fmt: skip
    found = sb.estimators.load("pawn").estimate(problem, budget=100)
    assert found["pawn"].value[0, 0] > 0
    assert found["pawn"].value[0, 1] == 0
    assert np.isnan(found["pawn"].value[1]).all()
    assert "undefined for output 'y[1]', which is constant" in " ".join(found.notes)


def test_what_it_refuses(rows):
    with pytest.raises(BudgetTooSmall, match="at least 30 rows"):
        pawn(problem_of(rows), budget=29)
    with pytest.raises(InputError, match="statistic one of"):
        sb.estimators.load("pawn", statistic="mode")
    with pytest.raises(InputError, match="at least two slices"):
        sb.estimators.load("pawn", slices=1)


@pytest.mark.parametrize("slices", [2, 6, 7, 10])
@pytest.mark.parametrize("all_rows", [False, True])
def test_resamples_by_counts_are_the_resampled_rows(rows, rng, slices, all_rows):
    """Cut and compared one at a time, of inputs and outputs with and without equal values."""
    Y = function(rows)
    drawn = [np.arange(len(rows)), *rng.integers(len(rows), size=(5, len(rows)))]
    counts = np.stack([np.bincount(one, minlength=len(rows)) for one in drawn])
    levels = _levels(slices)
    found = SlicedRows(rows, Y, levels, all_rows).distances(counts)
    for i, distances, varies in found:
        assert varies.all()
        for r, one in enumerate(drawn):
            x, y = rows[one, i], Y[one]
            cut = np.searchsorted(np.quantile(x, levels), x, side="right") - 1
            values, number = np.unique(x, return_inverse=True)
            if all_rows:
                few = len(values) <= slices
                cut = number if few else np.minimum(cut, slices - 1)
            for k, s in np.ndindex(2, slices):
                part = y[cut == s, k]
                distance = distances[k, r, s]
                if len(part):
                    expected = stats.ks_2samp(part, y[:, k]).statistic
                    assert distance == pytest.approx(expected, abs=1e-12)
                else:
                    assert np.isnan(distance)


def test_a_resample_in_which_an_input_does_not_vary_counts_as_no_effect():
    """Of 30 rows one differs: a third of the resamples lack it, and the spread shows it."""
    X = np.stack([np.eye(30)[0], np.arange(30.0)], axis=1)
    counts = np.ones((2, 30), dtype=int)
    counts[1, 0] = 0
    counts[1, 1] = 2
    sliced = SlicedRows(X, X[:, 1:], _levels(10), all_rows=False)
    assert [varies.tolist() for _, _, varies in sliced.distances(counts)] == [
        [True, False],
        [True, True],
    ]
