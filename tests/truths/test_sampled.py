"""Sampled truths against exact ones: right, and with standard errors that mean what they say."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench import problems
from sensbench.errors import InputError
from sensbench.truths import sampled as sampling
from sensbench.truths.sampled import sampled
from sensbench.truths.sampled_sizes import with_sampled_sizes
from sensbench.truths.separable import separable

POINTS, SCRAMBLES = 2**9, 16
# Known shortfall: the errors of scrambled points are far from normal. At 16 × 2^9 the mean squared
# score of gamboa's DGSM is 2.9, not 1.15, and genz_corner_peak's bound is 6.2 standard errors off.
_TOO_FEW = "standard errors between scramblings are too small here with so few points"


def scores(problem, seed, **options):
    """(truth - exact)/standard error of every measure, where the value is not exact anyway."""
    options = {"points": POINTS, "scrambles": SCRAMBLES} | options
    found = sampled(problem.model, problem.space, seed=seed, **options)
    assert set(found) >= set(problem.truth) - {"total_order_bound", "third_order"}
    z = {}
    for name, known in problem.truth.items():
        if not known.is_exact or name not in found:
            continue
        gap, error = found[name].value - known.value, found[name].standard_error
        rounding = 1e-9 * np.abs(known.value).max() + 1e-12
        assert (np.abs(gap) <= 6 * error + rounding).all(), f"{name}: {gap} ± {error}"
        moves = error > rounding
        z[name] = gap[moves] / error[moves]
    return z


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ishigami", {}),
        ("sobol_g", {"a": (0, 1, 4.5, 9)}),
        ("quadratic_gaussian", {}),
        ("product", {"shapes": "saturating"}),
        ("additive", {}),
        ("two_outputs", {}),
        ("gamboa", {"inputs": "uniform"}),
        ("genz_corner_peak", {"a": (1.0, 2.0)}),
        ("metafunction", {"d": 6, "seed": 4}),
        ("metafunction", {"d": 5, "inputs": "random", "seed": 2}),
    ],
)
def test_agrees_with_exact_truths(name, params):
    z = scores(problems.load(name, **params), 0)
    assert {"total_order", "first_order", "shapley", "second_order"} & set(z)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "ishigami",
        "quadratic_gaussian",
        pytest.param("gamboa", marks=pytest.mark.xfail(reason=_TOO_FEW, strict=False)),
        pytest.param("genz_corner_peak", marks=pytest.mark.xfail(reason=_TOO_FEW, strict=False)),
    ],
)
def test_standard_errors_are_honest(name):
    """With 15 degrees of freedom the scores have a standard deviation of (15/13)^½ = 1.07.

    The measures of one seed depend on each other, so the seeds are what counts: each seed's mean
    square is one number, and their mean is within four of its own standard errors.
    """
    problem = problems.load(name)
    squares = np.array(
        [(np.concatenate([*map(np.ravel, scores(problem, seed).values())]) ** 2).mean()
         for seed in range(24)]
    )  # fmt: skip
    expected, error = 15 / 13, squares.std(ddof=1) / np.sqrt(len(squares))
    assert abs(squares.mean() - expected) < 4 * error
    assert error < 0.25


def test_more_points_mean_smaller_errors():
    problem = problems.load("ishigami")
    few, many = (sampled(problem.model, problem.space, points=n, seed=3) for n in (2**7, 2**13))
    for name in ("total_order", "variance", "dgsm", "shapley"):
        smaller = many[name].standard_error.max() / few[name].standard_error.max()
        assert smaller < 1 / 8  # plain random points: the square root of 64


def test_groups_have_indices_of_their_own():
    """A group's indices are those of one input that carries all of the group's variance."""
    f = lambda x: x[:, 0] + 2 * x[:, 1] * x[:, 2] + x[:, 2]  # noqa: E731
    bounds = {"a": (-1.0, 1.0), "b": (0.0, 1.0), "c": (-1.0, 1.0)}
    space = sb.InputSpace.of(bounds, groups={"g": ["a", "b"]})
    found = sampled(sb.Problem.of(f, space).model, space, points=POINTS, scrambles=SCRAMBLES)
    # f = a + (1 + 2b)c, E b = 1/2, Var a = Var c = 1/3, Var b = 1/12
    alone, together, other = 1 / 3, 4 / 12 / 3, 4 / 3
    variance = alone + together + other
    exact = {
        "first_order": np.array([alone, other]) / variance,
        "total_order": np.array([alone + together, other + together]) / variance,
        "shapley": np.array([alone + together / 2, other + together / 2]) / variance,
        "second_order": together / variance * (1 - np.eye(2)),
    }
    for name, value in exact.items():
        gap = np.abs(found[name].value[0] - value)
        assert (gap <= 6 * found[name].standard_error[0] + 1e-12).all(), name
    assert not any(name.startswith(("derivative", "dgsm")) for name in found)


def test_inputs_of_separate_values():
    space = sb.InputSpace.of({"k": [0.0, 1.0, 1.0, 5.0], "x": (0.0, 1.0)})
    terms = [(1.0, {0: lambda x: x, 1: torch.exp}), (2.0, {1: torch.sin})]
    problem = sb.Problem.of(
        lambda x: x[:, 0] * x[:, 1].exp() + 2 * x[:, 1].sin(), space, truth=separable(space, terms)
    )
    assert {"total_order", "shapley"} <= set(scores(problem, 0))


def test_sizes_alone():
    """E|∂f/∂x| sampled where it is two-dimensional: f = x y + y²/2 on U(-1, 1)², ∂f/∂y = x + y."""
    space = sb.InputSpace.uniform({"x": (-1.0, 1.0), "y": (-1.0, 1.0)})
    itself, square = (lambda x: x), (lambda x: x**2)
    exact = separable(space, [(1.0, {0: itself, 1: itself}), (0.5, {1: square})])
    assert "derivative_abs" not in exact
    model = sb.Problem.of(lambda x: x[:, 0] * x[:, 1] + x[:, 1] ** 2 / 2, space).model
    truth = with_sampled_sizes(exact, model, space, points=2**10)
    known = truth["derivative_abs"]
    gap = np.abs(known.value[0] - [1 / 2, 2 / 3])  # E|y|, and E|x + y| of a triangle
    assert (gap < 6 * known.standard_error[0] + 1e-9).all()
    assert (gap < 1e-3).all()
    np.testing.assert_allclose(truth["mu_star_limit"].value, 2 * known.value)
    assert truth["dgsm"].is_exact
    assert not known.is_exact
    assert "16 × 1024" in known.how


@pytest.mark.parametrize("options", [{"points": 100}, {"scrambles": 1}])
def test_refuses(options):
    problem = problems.load("ishigami")
    with pytest.raises(InputError, match="sampled: expected"):
        sampled(problem.model, problem.space, **options)


def test_points_are_the_middles_of_their_cells():
    """Scrambled points are the lower ends of cells of 2^-30, and too small on average."""
    (part,) = sampling._points(
        sb.InputSpace.uniform({"a": (0, 1)}), 2**12, np.random.SeedSequence(1)
    )
    for u in part:
        in_halves = u * 2.0**31
        assert (in_halves == np.floor(in_halves)).all()
        assert (in_halves % 2 == 1).all()
