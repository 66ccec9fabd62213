import warnings

import numpy as np
import pytest
from SALib.analyze import delta as salib
from scipy import stats
from threadpoolctl import threadpool_limits

import sensbench as sb
from sensbench.errors import BudgetTooSmall, InputError, NotApplicable, TooFewRows
from sensbench.estimators.distribution import _delta_samples
from sensbench.estimators.distribution.delta import _n_bins

KEYS = {
    "delta": "delta_raw",
    "delta_balanced": "delta_balanced",
    "delta_step": "delta_step",
    "first_order": "S1",
}


def rows_of_every_kind(n, rng):
    """Inputs that SALib completes, partly completes and gives up, in an order that shows it."""
    X = rng.normal(size=(n, 8))
    X[:, 1] = rng.exponential(size=n)  # positive: no step
    X[:, 2] = rng.integers(0, 2, n)  # binary: its positive range is one value
    X[:3, 3] = -100.0  # all other rows in one interval: given up
    X[:, 4] = np.where(np.arange(n) < n // 3, -1.0 - rng.random(n), 10.0 + rng.random(n))
    X[n // 3 : n // 3 + 2, 4] = 0.1  # the positive range cannot be cut: given up after balanced
    X[:, 5] = rng.integers(-2, 3, n)  # few values
    return X


def weighted(X):
    return X @ np.arange(8) + 5.0 * X[:, 5] ** 2


def problem_of(X, function):
    space = sb.InputSpace.uniform({f"x{i + 1}": (0, 1) for i in range(X.shape[1])})
    return sb.Problem.of(function, space, X=X, name="rows", derivatives="finite-difference")


def salib_numbers(X, y, seed, resamples, **options):
    """SALib on its own; what it does to warnings and to numpy's generator is undone."""
    state, formatting = np.random.get_state(), warnings.formatwarning
    names = [f"x{i}" for i in range(X.shape[1])]
    given = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
    try:
        with warnings.catch_warnings(record=True), threadpool_limits(1, "blas"):
            return salib.analyze(given, X, y, num_resamples=resamples, seed=seed, **options)
    finally:
        np.random.set_state(state)
        warnings.formatwarning = formatting


def seed_given_to_salib(seed):
    return int(np.random.default_rng(seed).integers(1, 2**31 - 1))


def agree(found, X, Y, seed, resamples):
    """Compare all that SALib gives; return how many numbers that were."""
    compared = 0
    for k in range(Y.shape[1]):
        theirs = salib_numbers(X, Y[:, k], seed_given_to_salib(seed), resamples)
        for measure, key in KEYS.items():
            known = np.isfinite(theirs[key])
            item = found[measure]
            np.testing.assert_allclose(item.value[k, known], theirs[key][known], atol=1e-10)
            half = (item.high - item.low)[k] / 2
            np.testing.assert_allclose(half[known], theirs[f"{key}_conf"][known], atol=1e-10)
            compared += known.sum()
    return compared


def test_the_numbers_are_salibs_for_the_same_rows(rng):
    X = rows_of_every_kind(150, rng)
    estimator = sb.estimators.load("delta", method="salib", variants=True, resamples=2)
    found = estimator.estimate(problem_of(X, weighted), budget=500, seed=0)
    # SALib has neither delta nor S1 of input 3, nor S1 of input 4.
    assert agree(found, X, weighted(X)[:, None], 0, 2) == 7 + 7 + 5 + 6
    assert np.isfinite(found["delta"].value).all()
    assert np.isfinite(found["first_order"].value).all()
    undefined = " ".join(found.notes)
    assert "delta_balanced: undefined for 'x4': nearly all rows lie in one interval" in undefined
    assert "delta_step: undefined for 'x2': 0 rows at most 0 and 150 above" in undefined


def test_several_outputs_and_kernels_narrower_than_the_grid(rng):
    """The second output has the tails of a Cauchy variable, the third follows one input."""

    def function(x):
        return np.stack([x[:, 0] + x[:, 1], np.tan(2 * x[:, 0]), x[:, 1] + 1e-3 * x[:, 0]], axis=1)

    X = rng.normal(size=(200, 2))
    found = sb.estimators.load("delta", method="salib", resamples=4, confidence=0.9).estimate(
        problem_of(X, function), budget=500, seed=7
    )
    Y = function(X)
    for k in range(3):
        theirs = salib_numbers(X, Y[:, k], seed_given_to_salib(7), 4, conf_level=0.9)
        for measure, key in (("delta", "delta_raw"), ("first_order", "S1")):
            item = found[measure]
            np.testing.assert_allclose(item.value[k], theirs[key], atol=1e-10)
            half = (item.high - item.low)[k] / 2
            np.testing.assert_allclose(half, theirs[f"{key}_conf"], atol=1e-10)


def test_rows_of_equal_inputs_spread_over_the_table(rng):
    X = np.stack([rng.integers(0, 2, 6000), rng.normal(size=6000)], axis=1)
    found = sb.estimators.load("delta", method="salib", variants=True, resamples=2).estimate(
        problem_of(X, lambda x: x[:, 0] + x[:, 1]), budget=6000
    )
    assert agree(found, X, X.sum(axis=1)[:, None], 0, 2) == 8


def test_work_in_pieces_gives_the_same_numbers(rng, monkeypatch):
    X = rng.normal(size=(250, 2))
    problem = problem_of(X, lambda x: np.stack([x[:, 0] + x[:, 1], np.tan(x[:, 0])], axis=1))
    estimator = sb.estimators.load("delta", method="salib", variants=True, resamples=8)
    whole = estimator.estimate(problem, budget=500)
    monkeypatch.setattr(_delta_samples, "_CHUNK", 1000)
    pieces = estimator.estimate(problem, budget=500)
    for measure in KEYS:
        np.testing.assert_allclose(pieces[measure].value, whole[measure].value, atol=1e-10)


def distance_of_normals(share):
    """Delta of x in y = ax + b·noise, both normal, by quadrature; ``share``: a² of a² + b² = 1."""
    y = np.linspace(-9, 9, 4001)
    x, weight = np.polynomial.hermite_e.hermegauss(60)
    given = stats.norm.pdf(y, np.sqrt(share) * x[:, None], np.sqrt(1 - share))
    apart = np.trapezoid(np.abs(given - stats.norm.pdf(y)), y, axis=1)
    return (apart @ weight) / weight.sum() / 2


def test_delta_of_a_linear_model_of_normal_inputs():
    """Bins and kernels smooth and noise adds: what is left of both with 20,000 rows is 0.03."""
    shares = np.array([0.6, 0.3, 0.1, 0.0])
    space = sb.InputSpace.normal({f"x{i}": (0, 1) for i in range(4)})
    problem = sb.Problem.of(lambda x: x @ np.sqrt(shares), space)
    exact = np.array([distance_of_normals(share) for share in shares])
    estimator = sb.estimators.load("delta", method="salib", point="rows", resamples=20)
    found = estimator.estimate(problem, budget=20_000)
    np.testing.assert_allclose(found["delta"].value[0], exact, atol=0.03)
    np.testing.assert_allclose(found["first_order"].value[0], shares, atol=0.02)
    few = estimator.estimate(problem, budget=500)["delta"].value[0]
    assert np.linalg.norm(found["delta"].value[0] - exact) < np.linalg.norm(few - exact)


def test_the_rows_as_point_leave_less_noise_and_bias():
    """Of an input that does nothing, over 10 samples of 500 rows."""
    space = sb.InputSpace.normal({"a": (0, 1), "dead": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 0 * x[:, 1], space)
    dead = {
        point: np.array(
            [
                sb.estimators.load("delta", method="salib", point=point, resamples=20)
                .estimate(problem, budget=500, seed=seed)["delta"]
                .value[0, 1]
                for seed in range(10)
            ]
        )
        for point in ("resample", "rows")
    }
    assert dead["rows"].mean() < 0.7 * dead["resample"].mean()


def test_what_does_not_vary(rng):
    """A constant input scores 0, a constant output has no numbers, a constant sample counts not."""
    X = np.column_stack([rng.normal(size=200), np.full(200, 3.0)])

    def function(x):
        return np.stack([x[:, 0], np.ones(len(x)), (x[:, 0] == X[5, 0]) * 1.0], axis=1)

    found = sb.estimators.load("delta", method="salib").estimate(
        problem_of(X, function), budget=200
    )
    for measure in ("delta", "first_order"):
        item = found[measure]
        assert (item.value[[0, 2], 1] == 0).all()
        assert (item.high[[0, 2], 1] == 0).all()
        assert np.isnan(item.value[1]).all()
        assert np.isfinite(item.value[0]).all()
    notes = " ".join(found.notes)
    assert "undefined for output 'y[1]', which is constant" in notes
    assert "too low for output 'y[2]'" in notes
    assert "not asked for" in found.absent["delta_balanced"].reason


def test_what_it_refuses(rng):
    X = rng.normal(size=(29, 3))
    with pytest.raises(TooFewRows, match="at least 30 rows"):
        sb.estimators.load("delta", method="salib").estimate(
            problem_of(X, lambda x: x[:, 0]), budget=100
        )
    X = np.linspace((0, 1, 2), (1, 3, 5), 35)
    few = sb.estimators.load("delta", method="salib", variants=True).estimate(
        problem_of(X, lambda x: x[:, 0]), budget=100
    )
    assert "35 rows are too few for 4 intervals of at least 10" in " ".join(few.notes)
    with pytest.raises(BudgetTooSmall, match="at least 30 rows"):
        sb.estimators.load("delta", method="salib").estimate(
            problem_of(X, lambda x: x[:, 0]), budget=29
        )
    X = rng.normal(size=(35, 3))
    space = sb.InputSpace.from_data(X, ["a", "b", "c"], groups={"bc": ["b", "c"]})
    with pytest.raises(NotApplicable, match="groups"):
        sb.estimators.load("delta", method="salib").estimate(
            sb.Problem.of(lambda x: x[:, 0], space, X=X), budget=35
        )
    with pytest.raises(InputError, match="point one of"):
        sb.estimators.load("delta", method="salib", point="mean")


@pytest.mark.parametrize(("n", "bins"), [(30, 3), (20_000, 28), (10**6, 48)])
def test_bins_grow_with_the_cube_root_of_many_rows_up_to_48(n, bins):
    assert _n_bins(n) == bins


@pytest.mark.parametrize(("still", "told"), [(9.5, False), (10.5, True)])
def test_more_than_a_third_of_bins_without_a_density_are_told(still, told, rng):
    """28 bins of 20,000 rows; in the first ones y does not vary: 9/28 = .32, 10/28 = .36."""
    x = rng.permutation(20_000) / 20_000
    X = np.stack([x, rng.random(len(x))], axis=1)
    flat = still / _n_bins(len(x))
    problem = problem_of(X, lambda x: np.where(x[:, 0] < flat, 0.0, x[:, 0] + x[:, 1]))
    salib_s = sb.estimators.load("delta", method="salib", resamples=2, point="rows")
    notes = " ".join(salib_s.estimate(problem, budget=len(x)).notes)
    assert ("more than a third of the bins" in notes) == told
