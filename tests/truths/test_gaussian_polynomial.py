"""Exact truths of correlated normal inputs: published values, closed forms, quadrature."""

import numpy as np
import pytest
from scipy import integrate, stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.truths.gaussian_polynomial import gaussian_polynomial
from sensbench.truths.sampled_law import sampled_law
from sensbench.truths.separable import separable

Space = sb.InputSpace
SUM = [(1.0, {0: 1}), (1.0, {1: 1}), (1.0, {2: 1})]


def test_the_sum_of_three_with_two_that_correlate():
    """Iooss & Prieur 2019, section 3.2: of two correlated inputs, half of the shared part each."""
    space = Space.normal({"a": (0, 1), "b": (0, 1), "c": (0, 2)}, correlation={("b", "c"): 0.9})
    truth = gaussian_polynomial(space, SUM)
    assert truth["total_order"].value[0].round(3).tolist() == [0.104, 0.020, 0.079]
    assert truth["shapley"].value[0].round(3).tolist() == [0.104, 0.418, 0.478]
    # closed forms: rho = .9, sigma = 2
    variance = 1 + 1 + 4 + 2 * 0.9 * 2
    exact = [1, 1 + 0.9 * 2 + 0.81 * (4 - 1) / 2, 4 + 0.9 * 2 + 0.81 * (1 - 4) / 2]
    np.testing.assert_allclose(truth["shapley"].value[0], np.array(exact) / variance)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, -0.7])
def test_the_sum_of_two(rho):
    space = Space.normal({"a": (0, 1), "b": (0, 1)}, correlation={("a", "b"): rho})
    truth = gaussian_polynomial(space, SUM[:2])
    np.testing.assert_allclose(truth["conditional_permutation_mse"].value, 2 * (1 - rho**2))
    np.testing.assert_allclose(truth["leave_one_out_mse"].value, 1 - rho**2)
    np.testing.assert_allclose(truth["permutation_mse"].value, 2)
    np.testing.assert_allclose(truth["first_order"].value, (1 + rho) / 2)
    np.testing.assert_allclose(truth["derivative_following"].value, 1 + rho)
    np.testing.assert_allclose(truth["shapley"].value, 0.5)


def test_published_indices_of_a_portfolio():
    """Kucherenko, Tarantola & Annoni 2012, doi:10.1016/j.cpc.2011.12.020, table 2."""
    truth = sb.problems.load("correlated_portfolio").truth
    first, total = (truth[name].value[0] for name in ("first_order", "total_order"))
    np.testing.assert_allclose(first, [0.507, 0.399, 0, 0], atol=6e-4)
    np.testing.assert_allclose(total, [0.492, 0.300, 0.192, 0.108], atol=6e-4)


def test_of_independent_inputs_they_are_the_separable_ones():
    space = Space.normal({"a": (1, 2), "b": (-1, 1), "c": (0, 0.5)})
    terms = [(1.0, {0: 2, 1: 1}), (-2.0, {1: 3}), (0.5, {0: 1, 2: 1}), (3.0, {2: 2}), (7.0, {})]

    def power(p):
        return lambda x: x**p

    exact = separable(space, [(c, {i: power(p) for i, p in t.items()}) for c, t in terms])
    truth = gaussian_polynomial(space, terms)
    for name in set(exact) & set(truth):
        np.testing.assert_allclose(
            truth[name].value, exact[name].value, rtol=1e-7, atol=1e-9, err_msg=name
        )
    assert {"shapley", "permutation_mse", "dgsm", "total_order"} <= set(exact) & set(truth)


def test_conditional_means_of_a_cubic_by_quadrature():
    """E[f|a] and the spread left, by integrals over the conditional normal density."""
    rho, space = 0.6, Space.normal({"a": (1, 2), "b": (0, 1)}, correlation={("a", "b"): 0.6})
    truth = gaussian_polynomial(space, [(1.0, {0: 1, 1: 2}), (0.5, {1: 3}), (1.0, {0: 2})])
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    weights = weights / weights.sum()
    a = 1 + 2 * nodes[:, None]
    b = rho * nodes[:, None] + np.sqrt(1 - rho**2) * nodes
    f = a * b**2 + 0.5 * b**3 + a**2
    given_a = f @ weights
    mean = weights @ given_a
    variance = weights @ ((f - mean) ** 2 @ weights)
    left = weights @ ((f - given_a[:, None]) ** 2 @ weights)
    assert truth["mean"].value[0] == pytest.approx(mean)
    assert truth["variance"].value[0] == pytest.approx(variance)
    assert truth["first_order"].value[0, 0] == pytest.approx(1 - left / variance)
    assert truth["total_order"].value[0, 1] == pytest.approx(left / variance)
    slope = b**2 + 2 * a
    assert truth["dgsm"].value[0, 0] == pytest.approx(weights @ (slope**2 @ weights))


def test_sizes_of_normal_slopes():
    space = Space.normal({"a": (0.5, 1), "b": (0, 1)}, correlation={("a", "b"): 0.5})
    truth = gaussian_polynomial(space, [(1.0, {0: 1, 1: 1}), (1.0, {0: 1})])
    slope = stats.norm(1.0, 1.0)  # ∂f/∂a = b + 1
    exact = integrate.quad(lambda s: abs(s) * slope.pdf(s), -12, 12)[0]
    assert truth["derivative_abs"].value[0, 0] == pytest.approx(exact)


@pytest.mark.parametrize("seed", [0, 1])
def test_random_cubics_against_many_points(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4))
    covariance = root @ root.T + np.eye(4)
    scale = np.sqrt(np.diag(covariance))
    space = Space.normal(
        {n: (rng.normal(), 1) for n in "abcd"}, correlation=covariance / np.outer(scale, scale)
    )
    powers = [dict(enumerate(p)) for p in rng.integers(0, 2, (5, 4)).tolist()] + [{0: 3}, {1: 2}]
    terms = [(float(rng.normal()), {i: p for i, p in t.items() if p}) for t in powers]

    def function(x):
        return sum(c * np.prod([x[:, i] ** p for i, p in t.items()] or [1.0], axis=0)
                   + 0 * x[:, 0] for c, t in terms)  # fmt: skip

    model = sb.Model(function, space.sample(2, 0), features=space.columns)
    sample = sampled_law(model, space, points=4096, scrambles=16)
    truth = gaussian_polynomial(space, terms)
    compared = set(sample) & set(truth)
    assert {"first_order", "total_order", "shapley", "permutation_mse"} <= compared
    for name in compared:
        gap = np.abs(sample[name].value - truth[name].value)
        slack = 6 * sample[name].standard_error + 2e-3 * np.abs(truth[name].value).max()
        assert (gap <= slack).all(), (name, gap / slack)


def test_linear_in_many_inputs():
    """For a linear model S_1 is the squared correlation, and what is left the partial variance."""
    d, rho = 20, 0.5
    problem = sb.problems.load(
        "linear_gaussian", coefficients=list(range(1, d + 1)), correlation=rho
    )
    truth, c = problem.truth, np.arange(1, d + 1)
    R = np.full((d, d), rho) + (1 - rho) * np.eye(d)
    variance = c @ R @ c
    np.testing.assert_allclose(truth["first_order"].value[0], (R @ c) ** 2 / variance)
    left = c**2 / np.diag(np.linalg.inv(R)) / variance
    np.testing.assert_allclose(truth["total_order"].value[0], left, rtol=1e-9)


def test_roles_are_what_they_are_said_to_be():
    truth = sb.problems.load("causal_roles", rho=0.8).truth
    names = sb.problems.load("causal_roles").features
    first, total, shapley, shuffled = (
        dict(zip(names, truth[n].value[0], strict=True))
        for n in ("first_order", "total_order", "shapley", "permutation_total_order")
    )
    for silent in ("cause", "proxy"):
        assert total[silent] == shuffled[silent] == 0
        assert first[silent] > 0.1
        assert shapley[silent] > 0.05
    assert first["original"] == pytest.approx(first["copy"])
    assert total["copy"] < shuffled["copy"] < first["copy"]
    assert first["inert"] == shapley["inert"] == total["inert"] == 0
    assert first["alone"] == pytest.approx(shapley["alone"]) == pytest.approx(total["alone"])


@pytest.mark.parametrize(
    ("space", "terms", "words"),
    [
        (Space.uniform({"a": (0, 1)}), [(1.0, {0: 1})], "normal inputs.*got .'a'."),
        (Space.normal({"a": (0, 1)}), [(1.0, {0: 0.5})], "whole powers of inputs 0 to 0"),
        (Space.normal({"a": (0, 1)}), [(1.0, {3: 1})], "whole powers of inputs 0 to 0"),
    ],
)
def test_what_it_cannot_do_is_refused(space, terms, words):
    with pytest.raises(InputError, match=words):
        len(gaussian_polynomial(space, terms))


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("linear_gaussian", {"correlation": 0.5}),
        ("quadratic_gaussian", {"correlation": {"x1, x2": 0.6, "x3, x4": -0.5}}),
        ("causal_roles", {"interaction": 0.5}),
        ("hooker_2021", {"rho": -0.6}),
        ("ishigami", {"rho": 0.7}),
    ],
)
def test_families_conform(name, more):
    sb.testing.check_problem(sb.problems.load(name, **more))
