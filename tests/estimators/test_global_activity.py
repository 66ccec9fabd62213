"""Activity scores from changes of any length: against quadrature, and where they cannot be told."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.errors import InputError


def load(**options):
    return sb.estimators.load("global_activity", **options)


def ishigami_scores():
    """E[((g(v) - g(z))/(v - z))²] of each part on a grid, times the other inputs' mean squares."""
    at = (np.arange(2000) + 0.5) / 1000 * np.pi - np.pi
    v, z = at[:, None], at[None, :] + np.pi / 4000  # never equal
    of = lambda g: (((g(v) - g(z)) / (v - z)) ** 2).mean()  # noqa: E731
    with_x3 = ((1 + 0.1 * at**4) ** 2).mean()
    parts = [
        of(np.sin) * with_x3,
        of(lambda x: 7 * np.sin(x) ** 2),
        of(lambda x: 0.1 * x**4) / 2,
    ]
    variance = 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 0.5
    return np.array(parts) * np.pi**2 / 3 / variance


def test_the_scores_of_ishigami_are_those_of_quadrature():
    found = load().estimate(sb.problems.load("ishigami"), budget=80_000, seed=1)
    np.testing.assert_allclose(
        found["global_activity_score"].value[0], ishigami_scores(), rtol=0.03
    )


@pytest.mark.parametrize("dimension", [None, 1])
def test_of_a_linear_model_it_is_the_total_index(dimension):
    problem = sb.problems.load("linear_gaussian")
    found = load(dimension=dimension).estimate(problem, budget=40_000, seed=0)
    item, exact = found["global_activity_score"], problem.truth["total_order"].value
    np.testing.assert_allclose(item.value, exact, atol=0.02)


def test_fewer_directions_leave_out_what_lies_across_them():
    """y = 3a + b c on (-1, 1): the direction of a has none of the others."""
    problem = sb.Problem.of(
        lambda x: 3 * x[:, 0] + x[:, 1] * x[:, 2], sb.InputSpace.of(dict.fromkeys("abc", (-1, 1)))
    )
    one, every = (load(dimension=m).estimate(problem, budget=20_000) for m in (1, 9))
    score = "global_activity_score"
    assert one[score].value[0, 0] == pytest.approx(every[score].value[0, 0], rel=0.01)
    assert (one[score].value[0, 1:] < 0.01).all()
    np.testing.assert_allclose(every[score].value[0, 1:], (1 / 9) / (3 + 1 / 9), rtol=0.1)


def test_at_a_jump_there_is_no_interval():
    """Two points on its sides may be as near as one likes: the mean of squares is infinite."""
    problem = sb.Problem.of(
        lambda x: (x[:, 0] > 0.3).to(x.dtype) + x[:, 1],
        sb.InputSpace.of({"a": (0, 1), "b": (0, 1)}),
    )
    for seed in range(5):
        item = load().estimate(problem, budget=6000, seed=seed)["global_activity_score"]
        assert np.isnan(item.high[0, 0])


def test_what_takes_separate_values_has_none(rng):
    X = np.column_stack([rng.normal(size=90), np.arange(90) % 3])
    space = sb.InputSpace.from_data(X, names=["a", "b"], discrete=["b"])
    problem = sb.Problem.of(lambda x: x[:, 0] + torch.sin(x[:, 1]), space)
    item = load().estimate(problem, budget=600)["global_activity_score"]
    assert np.isfinite(item.value[0, 0])
    assert np.isnan(item.value[0, 1])


@pytest.mark.parametrize("dimension", [0, -1, True])
def test_a_dimension_that_cannot_be_is_refused(dimension):
    with pytest.raises(InputError, match="global_activity: expected dimension as None"):
        load(dimension=dimension)


@pytest.mark.slow
@pytest.mark.parametrize("n", [200, 1000])
def test_intervals_hold_the_score(n):
    problem, exact = sb.problems.load("ishigami"), ishigami_scores()
    runs = [
        load().estimate(problem, budget=4 * n, seed=seed)["global_activity_score"]
        for seed in range(200)
    ]
    low, high = (np.stack([getattr(run, end)[0] for run in runs]) for end in ("low", "high"))
    given = np.isfinite(low)
    held = np.where(given, (low <= exact) & (exact <= high), np.nan)
    assert given.mean() > 0.8
    assert np.nanmean(held, axis=0).min() >= 0.88
    assert np.nanmean(held) >= 0.92
