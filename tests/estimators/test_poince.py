"""Poincaré chaos: bases against their definition, closed forms, intervals, refusals."""

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable
from sensbench.estimators.surrogate._poincare_basis import PoincareBasis, candidates
from sensbench.inputs.poincare import eigenfunctions, poincare_constant


def load(**params):
    return sb.estimators.load("poince", **params)


MARGINALS = {
    "uniform": stats.uniform(2, 5),
    "normal": stats.norm(3, 0.5),
    "triangle": stats.triang(0.3, -1, 4),
    "beta": stats.beta(2, 3),
    "truncated": stats.truncnorm(-1, 2),
}


def points_of(marginal):
    """Quantiles in the middle of 200,000 equal steps, for expectations by the midpoint rule."""
    x = marginal.ppf((np.arange(200_000) + 0.5) / 200_000)
    return x, np.full(len(x), 1 / len(x))


@pytest.mark.parametrize("name", MARGINALS)
def test_functions_are_orthonormal_and_so_are_their_derivatives_but_for_scale(name):
    marginal = MARGINALS[name]
    basis = PoincareBasis(sb.InputSpace.of({"x": marginal}), 5, "test")
    x, weights = points_of(marginal)
    values, slopes = (of[0] for of in basis.factors(x[:, None]))
    np.testing.assert_allclose(values.T @ (values * weights[:, None]), np.eye(6), atol=0.05)
    gram = slopes.T @ (slopes * weights[:, None])
    assert gram[1, 1] == pytest.approx(1, rel=5e-3)  # times the Poincaré constant
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=0.05 * gram.max())
    assert basis.roots()[0] ** 2 == pytest.approx(poincare_constant(marginal), rel=1e-3)
    # the derivative, by differences
    step = 1e-6 * marginal.std()
    moved = [basis.factors(x[50_000:150_000:1_371, None] + s)[0][0] for s in (step, -step)]
    slope = (moved[0] - moved[1]) / (2 * step) * basis.roots()[0]
    np.testing.assert_allclose(
        slope, slopes[50_000:150_000:1_371], atol=0.02 * np.abs(slopes).max()
    )


def test_tables_of_a_uniform_input_are_the_cosines():
    table = eigenfunctions(stats.uniform(0, 2), 4)
    u = table.nodes / 2
    for k in range(1, 5):
        cosine = np.sqrt(2) * np.cos(np.pi * k * u)
        sign = np.sign(cosine[-1] * table.values[-1, k])
        np.testing.assert_allclose(sign * table.values[:, k], cosine, atol=1e-3)
    np.testing.assert_allclose(table.eigenvalues, (np.pi * np.arange(5) / 2) ** 2, rtol=1e-4)


def test_candidates_are_a_hyperbolic_truncation():
    degrees = candidates(2, 10, 1.0, 9)
    assert {tuple(row) for row in degrees} == {
        (i, j) for i in range(4) for j in range(4) if i + j <= 3 and not (i + j > 3)
    }
    assert len(candidates(40, 10, 0.75, 50)) == 41  # the linear ones, whatever is asked for


def test_a_polynomial_of_normal_inputs_is_exact_with_few_rows():
    """y = a + 2b + ab + b² - 1 with standard normal inputs: parts 1, 4, 1 and 2."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
    problem = sb.Problem.of(
        lambda x: x[:, 0] + 2 * x[:, 1] + x[:, 0] * x[:, 1] + x[:, 1] ** 2 - 1, space
    )
    result = load().estimate(problem, budget=40)
    assert (result.n_forward, result.n_backward) == (20, 20)
    np.testing.assert_allclose(result["first_order"].value[0], np.array([1, 6, 0]) / 8, atol=1e-9)
    np.testing.assert_allclose(result["total_order"].value[0], np.array([2, 7, 0]) / 8, atol=1e-9)
    assert result["second_order"].value[0, 0, 1] == pytest.approx(1 / 8)
    assert result["surrogate_q2"].value[0] == pytest.approx(1)


def test_a_cosine_is_a_term_of_uniform_inputs():
    space = sb.InputSpace.uniform({"a": (1.0, 3.0), "b": (0.0, 5.0)})

    def function(x):
        of_a, of_b = (torch.cos(torch.pi * u) for u in ((x[:, 0] - 1) / 2, 2 * x[:, 1] / 5))
        return 3 * of_a + of_a * of_b

    result = load().estimate(sb.Problem.of(function, space), budget=60)
    # 9/2 of the first alone, 1/4 of both
    np.testing.assert_allclose(result["first_order"].value[0], [18 / 19, 0], atol=1e-9)
    np.testing.assert_allclose(result["total_order"].value[0], [1, 1 / 19], atol=1e-9)


def test_a_hundred_rows_are_enough_for_ishigami():
    problem = sb.problems.load("ishigami")
    result = load().estimate(problem, budget=400)
    for name in ("first_order", "total_order"):
        exact = problem.truth[name].value
        np.testing.assert_allclose(result[name].value, exact, atol=0.03)
        assert (result[name].low <= exact).all()
        assert (exact <= result[name].high).all()


@pytest.mark.slow
def test_intervals_cover():
    problem, runs = sb.problems.load("ishigami"), 40
    exact = problem.truth["total_order"].value
    hits = []
    for seed in range(runs):
        e = load().estimate(problem, budget=200, seed=seed)["total_order"]
        if np.isfinite(e.value).all():
            hits.append((e.low <= exact) & (exact <= e.high))
    assert len(hits) > runs / 2
    assert (np.mean(hits, axis=0) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / runs)).all()


def test_slopes_say_more_than_outputs_of_many_inputs():
    """Forty rows of 20 inputs are fewer than the 251 terms to choose from."""
    weights = torch.linspace(1, 2, 20, dtype=torch.float64)
    space = sb.InputSpace.normal({f"x{i}": (0, 1) for i in range(20)})
    problem = sb.Problem.of(lambda x: x @ weights + 0.3 * x[:, 0] * x[:, 1], space)
    result = load().estimate(problem, budget=80)
    parts = weights.numpy() ** 2
    parts[:2] += 0.09
    whole = (weights.numpy() ** 2).sum() + 0.09
    np.testing.assert_allclose(result["total_order"].value[0], parts / whole, atol=1e-6)


def test_what_it_does_not_fit_has_no_indices():
    space = sb.InputSpace.uniform({"a": (0.0, 1.0), "b": (0.0, 1.0)})
    problem = sb.Problem.of(
        lambda x: (x[:, 0] * 200).sin() * (x[:, 1] * 200).sin(), space, outputs=["wave"]
    )
    result = load().estimate(problem, budget=100)
    assert np.isnan(result["total_order"].value).all()
    assert any("'wave'" in note and "Q² = 0.8" in note for note in result.notes)


def test_refusals():
    space = sb.InputSpace.of({"a": (0.0, 1.0), "rooms": [1, 2, 3]})
    problem = sb.Problem.of(lambda x: x.sum(1), space)
    with pytest.raises(NotApplicable, match=r"'rooms'.*discrete"):
        load().estimate(problem, budget=100)
    space = sb.InputSpace.of({"a": stats.expon(), "b": (0.0, 1.0)})
    problem = sb.Problem.of(lambda x: x.sum(1), space)
    with pytest.raises(NotApplicable, match=r"'a'.*unbounded"):
        load().estimate(problem, budget=100)
    for wrong in ({"degree": 0}, {"interactions": 0}, {"least_q2": 2}, {"rows": 3}):
        with pytest.raises(InputError, match="poince"):
            load(**wrong)


@pytest.mark.parametrize("budget", [60, 200])
def test_no_interval_where_a_few_rows_carry_the_variance(budget):
    """exp(2a + 1.5b) of normal inputs: S is .104 and .016; a few rows hold what there is of it."""
    space = sb.InputSpace.normal({"a": (0, 1), "b": (0, 1)})
    wide = sb.Problem.of(lambda x: (2 * x[:, 0] + 1.5 * x[:, 1]).exp(), space)
    for seed in range(6):
        found = load().estimate(wide, budget=budget, seed=seed)
        assert np.isnan(found["first_order"].high).all()
    flat = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    light = sb.Problem.of(lambda x: x[:, 0] + x[:, 0] * x[:, 1], flat)
    found = load().estimate(light, budget=budget, seed=0)
    assert np.isfinite(found["first_order"].high).all()
