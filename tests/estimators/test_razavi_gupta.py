"""VARS-TO: its definition pair by pair, closed forms, cost, intervals, refusals."""

from itertools import combinations

import numpy as np
import pytest

import sensbench as sb
from sensbench.errors import InputError


def load(**params):
    return sb.estimators.load("razavi_gupta", **params)


def test_it_is_the_variogram_and_the_covariogram_of_all_pairs():
    """From the rows that the model saw, by pairs, both ways round."""
    seen = []

    def function(x):
        seen.append(x.numpy().copy())
        return x[:, 0] ** 2 + 3 * x[:, 0] * x[:, 1]

    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(function, space)
    seen.clear()
    result = load(h=0.25, variance="centres").estimate(problem, budget=7 * 8)
    rows = max(seen, key=len)  # the other calls are checks of the model
    assert len(rows) == 7 * 8 == result.n_forward
    centres, stars = rows[:8], rows[8:].reshape(8, 2, 3, 2)
    y = lambda x: x[..., 0] ** 2 + 3 * x[..., 0] * x[..., 1]  # noqa: E731
    indices = []
    for i in range(2):
        parts = []
        for centre, star in zip(centres, stars, strict=True):
            section = np.vstack([centre, star[i]])
            assert np.allclose(np.diff(np.sort(section[:, i])), 0.25)
            assert np.allclose(section[:, 1 - i], centre[1 - i])
            pairs = [(y(p), y(q)) for p, q in combinations(section, 2)]
            one, other = np.array(pairs + [pair[::-1] for pair in pairs]).T
            parts.append(0.5 * ((one - other) ** 2).mean() + np.cov(one, other, ddof=0)[0, 1])
        indices.append(np.mean(parts) / y(centres).var())
    np.testing.assert_allclose(result["total_order"].value[0], indices)


@pytest.mark.parametrize("centres", ["sobol", "monte_carlo"])
def test_ishigami(centres):
    problem = sb.problems.load("ishigami")
    result = load(centres=centres, h=0.05).estimate(problem, budget=200_000)
    exact = problem.truth["total_order"].value
    np.testing.assert_allclose(result["total_order"].value, exact, atol=0.02)


def test_a_linear_effect_is_too_low_by_the_square_of_the_step():
    """Equal steps h on (0, 1) have the variance (1 - h²)/12."""
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 0 * x[:, 1], space)
    for h in (0.5, 0.2, 0.1):
        result = load(h=h).estimate(problem, budget=40_000)
        assert result["total_order"].value[0, 0] == pytest.approx(1 - h**2, rel=2e-3)
        assert result["total_order"].value[0, 1] == 0


def test_cost_is_that_of_the_paper():
    problem = sb.problems.load("ishigami")
    estimator = load(h=0.2)
    assert estimator.needs.cost(3, 1, 10) == 10 * (3 * (1 / 0.2 - 1) + 1)
    assert estimator.estimate(problem, budget=1300).n_forward <= 1300


def test_few_stars_have_no_interval_and_say_so():
    result = load().estimate(sb.problems.load("ishigami"), budget=10 * 28)
    assert np.isnan(result["total_order"].high).all()
    assert any("32 are the fewest, a budget of 896 rows" in note for note in result.notes)


@pytest.mark.slow
def test_intervals_cover():
    problem, runs = sb.problems.load("sobol_g"), 60
    exact = problem.truth["total_order"].value
    hits = []
    for seed in range(runs):
        e = load().estimate(problem, budget=73 * 128, seed=seed)["total_order"]
        hits.append((e.low <= exact) & (exact <= e.high))
    assert np.mean(hits) > 0.85


def test_refusals():
    for wrong in ({"h": 0.3}, {"h": 1}, {"variance": "some"}, {"centres": "lattice"}):
        with pytest.raises(InputError, match="razavi_gupta"):
            load(**wrong)
