"""Families of functions: truths against grids, closed forms and other people's code."""

import itertools
import math

import numpy as np
import pytest
import torch
import uqtestfuns
from scipy import stats

import sensbench as sb
from sensbench import problems
from sensbench.errors import DerivativeError, InputError, UnknownNameError
from sensbench.problems._shapes import BECKER, SHAPES
from sensbench.problems.metafunction import _subsets
from sensbench.testing import check_problem
from tests.problems.quadrature import agree, between, by_quadrature, close, hermite, panels

ROUGH = ("derivative_abs", "derivative_abs_standardised")
NO_BOUND = ("total_order_bound", "mu_star_limit")


def without_derivatives(problem, axes, rtol=1e-9):
    """For functions that a model refuses to differentiate: the same values on a smooth space."""
    grid = np.stack(np.meshgrid(*(n for n, _ in axes), indexing="ij"), -1)
    Y = problem.model.metered()(grid.reshape(-1, problem.d)).reshape(grid.shape[:-1])
    weights = [w for _, w in axes]

    def mean(values, over):
        for axis in sorted(over, reverse=True):
            values = np.tensordot(weights[axis], values, axes=(0, axis))
        return values

    every = range(problem.d)
    Y = Y - mean(Y, every)
    variance = mean(Y**2, every)
    first = [weights[i] @ mean(Y, [j for j in every if j != i]) ** 2 / variance for i in every]
    rest = [[j for j in every if j != i] for i in every]
    total = []
    for i in every:
        square = mean(Y, [i]) ** 2
        for j in reversed(range(problem.d - 1)):
            square = np.tensordot(weights[rest[i][j]], square, axes=(0, j))
        total.append(1 - square / variance)
    np.testing.assert_allclose(problem.truth["variance"].value, [variance], rtol)
    np.testing.assert_allclose(problem.truth["first_order"].value, [first], rtol, rtol)
    np.testing.assert_allclose(problem.truth["total_order"].value, [total], rtol, rtol)


@pytest.mark.parametrize("a", [None, (0.3, 2.0), (20.0, 0.1, 1.0)])
def test_genz_corner_peak(a):
    problem = problems.load("genz_corner_peak", a=a)
    agree(problem, [between([0.0, 0.01, 0.03, 0.1, 0.3, 1.0], 9)] * problem.d, 1e-9)


@pytest.mark.parametrize(
    ("variant", "d", "theirs"),
    [("genz_1984", 3, "Genz1984"), ("zhang_2014_1", 3, "Zhang2014-1"),
     ("zhang_2014_2", 10, "Zhang2014-2")],
)  # fmt: skip
def test_genz_corner_peak_is_that_of_uqtestfuns(variant, d, theirs):
    problem = problems.load("genz_corner_peak", variant=variant)
    other = uqtestfuns.GenzCornerPeak(input_dimension=d, parameters_id=theirs)
    X = problem.space.sample(100, 0)
    np.testing.assert_allclose(problem.model.metered()(X)[:, 0], other(X), rtol=1e-12)
    # its mean by inclusion and exclusion (Genz 1984)
    a = other.parameters["aa"]
    mean = sum(
        (-1) ** sum(u) / (1 + sum(ai for ai, ui in zip(a, u, strict=True) if ui))
        for u in itertools.product((0, 1), repeat=d)
    ) / (math.factorial(d) * np.prod(a))
    # the alternating sum loses digits where the a are small
    np.testing.assert_allclose(problem.truth["mean"].value, [mean], rtol=1e-6)


def test_genz_discontinuous():
    problem = problems.load("genz_discontinuous", a=(1.0, 2.0, 0.5), thresholds=(0.3, 0.6))
    axes = [between([0, 0.3, 1], 12), between([0, 0.6, 1], 12), panels(0, 1, 1, 12)]
    agree(problem, axes, 1e-11, without=NO_BOUND)
    assert "miss the jumps" in problem.notes[0]


def test_genz_discontinuous_in_two_dimensions_is_that_of_uqtestfuns():
    problem = problems.load("genz_discontinuous", a=(5.0, 5.0))
    other = uqtestfuns.GenzDiscontinuous(input_dimension=2)
    X = problem.space.sample(200, 0)
    np.testing.assert_allclose(problem.model.metered()(X)[:, 0], other(X), rtol=1e-12)


def test_the_bound_from_gradients_is_no_bound_where_the_function_jumps():
    """A gentle slope and a large jump: gradients run, are right, and prove nothing."""
    problem = problems.load("genz_discontinuous", a=(0.1, 0.1))
    result = sb.estimators.load("gradient").estimate(problem, budget=4000, seed=0)
    bound = result.estimates["total_order_bound"].value
    assert (bound < 0.05 * problem.truth["total_order"].value).all()
    known = problem.truth["dgsm"].value
    assert (np.abs(result.estimates["dgsm"].value / known - 1) < 0.2).all()


@pytest.mark.parametrize(
    "params",
    [{}, {"coefficients": [[1.0, -2.0, 0.0], [0.1, 0.0, 5.0]], "deviations": [1, 2, 3],
          "means": [0, 5, -1], "intercepts": [3.0, -3.0]}],
)  # fmt: skip
def test_linear_gaussian(params):
    problem = problems.load("linear_gaussian", **params)
    marginals = problem.space.marginals
    agree(problem, [hermite(float(m.mean()), float(m.std()), 3) for m in marginals], 1e-11)
    shares = problem.truth["total_order"].value
    for name in ("first_order", "shapley", "total_order_bound"):
        np.testing.assert_allclose(problem.truth[name].value, shares, atol=1e-12)
    squares = problem.truth["derivative_mean_standardised"].value ** 2
    np.testing.assert_allclose(squares, shares, atol=1e-12)


A = np.array([[1.0, 2.0, 0.0], [0.0, -0.5, 0.3], [0.4, 0.0, 0.0]])


def test_quadratic_gaussian():
    params = {
        "A": A.tolist(),
        "b": [1.0, 0.0, 2.0],
        "c": 7.0,
        "deviations": [1, 2, 0.5],
        "means": [0, 1, 2],
    }
    problem = problems.load("quadratic_gaussian", **params)
    axes = [hermite(m, s, 5) for m, s in zip(params["means"], params["deviations"], strict=True)]
    found = by_quadrature(problem, axes)
    assert set(problem.truth) == {*found, "total_order_bound"}
    for name in set(found) - set(ROUGH):
        close(name, problem.truth[name], found[name], 1e-11)
    Q, S, mu = (A + A.T) / 2, np.diag(np.square(params["deviations"])), np.array(params["means"])
    slope = 2 * Q @ mu + params["b"]
    variance = 2 * np.trace(Q @ S @ Q @ S) + slope @ S @ slope
    np.testing.assert_allclose(problem.truth["variance"].value, [variance], rtol=1e-13)
    mean = np.trace(Q @ S) + mu @ Q @ mu + np.dot(params["b"], mu) + 7
    np.testing.assert_allclose(problem.truth["mean"].value, [mean], rtol=1e-13)
    # each slope is normal: the mean of its size on a fine grid of one dimension
    z, w = panels(-10.0, 10.0, 2000, 4)
    w = w * 20 * stats.norm.pdf(z)
    spread = np.sqrt(np.diag(4 * Q @ S @ Q))
    sizes = [w @ np.abs(m + s * z) for m, s in zip(slope, spread, strict=True)]
    np.testing.assert_allclose(problem.truth["derivative_abs"].value, [sizes], rtol=1e-6)


def test_quadratic_gaussian_with_a_slope_that_is_constant():
    problem = problems.load("quadratic_gaussian", A=[[1, 0], [0, 0]], b=[0, -3.0])
    np.testing.assert_allclose(problem.truth["derivative_abs"].value[0, 1], 3.0)
    np.testing.assert_allclose(problem.truth["derivative_abs"].value[0, 0], 2 * (2 / np.pi) ** 0.5)


@pytest.mark.parametrize("m", [(1.0, 1.0, 1.0), (2.0, 0.0, -1.0), (0.0, 0.0)])
def test_product_of_normals(m):
    s = (0.5, 1.0, 2.0)[: len(m)]
    problem = problems.load("product", centres=m, scales=s)
    # Var E[f|x_u] + (E f)² = Π over u (m² + s²) Π over the rest m²
    m, s = np.square(m), np.square(s)
    mean, both = m.prod(), (m + s).prod()
    first = [(m[i] + s[i]) * np.delete(m, i).prod() - mean for i in range(len(m))]
    total = [both - m[i] * np.delete(m + s, i).prod() for i in range(len(m))]
    np.testing.assert_allclose(problem.truth["variance"].value, [both - mean], rtol=1e-12)
    np.testing.assert_allclose(
        problem.truth["first_order"].value, [np.array(first) / (both - mean)], 1e-12, 1e-15
    )
    np.testing.assert_allclose(
        problem.truth["total_order"].value, [np.array(total) / (both - mean)], rtol=1e-12
    )


@pytest.mark.parametrize("shapes", ["linear", ("kinked", "periodic", "inverse")])
def test_product_of_shapes(shapes):
    problem = problems.load("product", centres=(1, 2, 0.5), scales=(0.5, 1, 2), shapes=shapes)
    # kinks of the functions, and where sin 2πx has slope 0
    agree(problem, [between([0, 0.25, 0.5, 0.75, 1], 16)] * 3, 1e-9)


def test_additive():
    smooth = [name for name, shape in SHAPES.items() if not shape.jumps]
    moments = {
        "cubic": 9 / 112, "linear": 1 / 12, "quadratic": 4 / 45, "non_monotonic": 4 / 45,
        "periodic": 1 / 8, "no_effect": 0.0, "kinked": 1 / 12, "discontinuous": 1 / 4,
        "exponential": ((math.e**2 - 1) / 2 - (math.e - 1) ** 2) / (math.e - 1) ** 2,
        "trigonometric": 0.5 + math.sin(2) / 4 - math.sin(1) ** 2,
        "inverse": (1 / 0.11 - math.log(11) ** 2) / (10 - 1 / 1.1) ** 2,
        "saturating": (1 - 2 * math.tanh(5) / 10) / 4,
    }  # fmt: skip
    assert set(moments) == set(SHAPES)
    c = np.arange(1.0, len(moments) + 1)
    problem = problems.load("additive", coefficients=c.tolist(), shapes=list(moments))
    parts = c**2 * list(moments.values())
    np.testing.assert_allclose(problem.truth["variance"].value, [parts.sum()], rtol=1e-12)
    for name in ("first_order", "total_order", "shapley"):
        np.testing.assert_allclose(problem.truth[name].value, [parts / parts.sum()], atol=1e-13)
    assert not any(name.startswith("derivative") for name in problem.truth)
    for name in [*smooth[:3], "kinked", "periodic"]:
        one = problems.load("additive", coefficients=(2.0, -1.0), shapes=name)
        agree(one, [between([0, 0.25, 0.5, 0.75, 1], 16)] * 2, 1e-11)


def test_two_outputs():
    problem = problems.load("two_outputs")
    # kinks of |x|
    agree(problem, [panels(-1.0, 1.0, 2, 5)] * 4, 1e-11)
    large = problems.load("two_outputs", scale=10.0)
    for name in ("total_order", "derivative_rms_standardised"):
        np.testing.assert_allclose(problem.truth[name].value, large.truth[name].value, rtol=1e-12)
    order = problem.truth["total_order"].value.argmax(axis=1)
    assert order.tolist() == [0, 3] or order.tolist() == [0, 2]


@pytest.mark.parametrize(("a", "b"), [(2.0, 3.0), (1.0, 0.0), (-1.5, 0.5)])
def test_gamboa(a, b):
    problem = problems.load("gamboa", a=a, b=b)
    found = by_quadrature(problem, [hermite(0.0, 1.0, 5)] * 2)
    for name in set(found) - set(ROUGH):
        close(name, problem.truth[name], found[name], 1e-12)
    variance = problem.truth["variance"].value
    both = (problem.truth["first_order"].value * variance[:, None]).sum(axis=0) / variance.sum()
    np.testing.assert_allclose(both, np.array([1 + a**2, 2]) / (4 + a**2 + b**2), rtol=1e-12)
    uniform = problems.load("gamboa", a=abs(a), b=b, inputs="uniform")
    agree(uniform, [panels(0.0, 1.0, 1, 6)] * 2, 1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_metafunction_on_a_grid(seed):
    problem = problems.load("metafunction", d=3, seed=seed, triples=1.0)
    found = by_quadrature(problem, [between([0.0, 0.1, 0.3, 0.6, 1.0], 13)] * 3)
    for name in set(found) & set(problem.truth):
        known = problem.truth[name]
        rough = name in (*ROUGH, "mu_star_limit")
        close(name, known, found[name], 5e-3 if rough else 1e-9)
    assert "derivative_abs" in problem.truth


@pytest.mark.parametrize("seed", range(6))
def test_metafunction_with_jumps_on_a_grid(seed):
    problem = problems.load("metafunction", d=4, seed=seed, variant="becker_2020")
    without_derivatives(problem, [between([0.0, 0.15, 0.5, 1.0], 9)] * 4, 1e-8)


@pytest.mark.parametrize("seed", [0, 5])
def test_metafunction_of_random_inputs_on_a_grid(seed):
    problem = problems.load("metafunction", d=3, seed=seed, inputs="random", pairs=1.0)

    def axis(marginal):
        x, w = panels(0.0, 1.0, 8, 12)
        w = w * marginal.pdf(x)
        return x, w / w.sum()

    found = by_quadrature(problem, [axis(m) for m in problem.space.marginals])
    for name in ("mean", "variance", "total_order", "first_order", "shapley", "dgsm"):
        close(name, problem.truth[name], found[name], 1e-9)


@pytest.mark.parametrize(("d", "seed"), [(15, 1), (40, 0)])
def test_metafunction_by_pick_and_freeze(d, seed):
    """Jansen's and Saltelli's estimators on plain random points, with standard errors."""
    problem = problems.load("metafunction", d=d, seed=seed, variant="becker_2020")
    model, rng, n = problem.model.metered(), np.random.default_rng(7), 4000
    A, B = rng.random((2, n, d))
    YA, YB = model(A)[:, 0], model(B)[:, 0]
    variance = problem.truth["variance"].value[0]
    for i in range(d):
        AB = A.copy()
        AB[:, i] = B[:, i]
        Y = model(AB)[:, 0]
        rows = {
            "total_order": (YA - Y) ** 2 / 2 / variance,
            "first_order": (YB - YB.mean()) * (Y - YA) / variance,
        }
        for name, row in rows.items():
            error = row.std() / np.sqrt(n)
            gap = row.mean() - problem.truth[name].value[0, i]
            assert abs(gap) < 6 * error + 1e-12, (name, i)


def test_metafunction_depends_on_its_seed_only():
    X = np.random.default_rng(0).random((5, 7))
    a, b, c = (problems.load("metafunction", d=7, seed=s).model.metered()(X) for s in (0, 0, 1))
    assert np.array_equal(a, b)
    assert not np.allclose(a, c)
    # drawn once and kept: another stream is another function under the same name
    np.testing.assert_allclose(a[:2, 0], FIRST_VALUES, rtol=1e-12)


FIRST_VALUES = [1.6945921030612245, 2.4529346891862143]


def test_metafunction_with_jumps_conforms_and_refuses_gradients():
    problem = problems.load("metafunction", seed=0, variant="becker_2020")
    assert not any(name.startswith(("derivative", "dgsm")) for name in problem.truth)
    check_problem(problem, derivatives=False)
    with pytest.raises(DerivativeError, match="changes in jumps"):
        problem.model.metered().jacobian(problem.space.sample(64, 0))


def test_metafunction_of_many_inputs():
    problem = problems.load("metafunction", d=300, seed=2, variant="becker_2020")
    total = problem.truth["total_order"].value
    np.testing.assert_allclose(problem.truth["shapley"].value.sum(), 1.0, rtol=1e-12)
    # pairs and triples only: what is not first order is shared by two or three inputs
    first = problem.truth["first_order"].value.sum()
    assert 2 * (1 - first) <= total.sum() - first <= 3 * (1 - first) + 1e-12
    second = problem.truth["second_order"].value.sum() / 2
    assert first + second <= 1 + 1e-12


@pytest.mark.parametrize(("d", "size", "count"), [(3, 2, 2), (3, 3, 4), (50, 3, 10), (4, 2, 9)])
def test_subsets_are_distinct(d, size, count):
    found = _subsets(d, size, count, np.random.default_rng(0))
    assert found.shape == (min(count, math.comb(d, size)), size)
    assert len({tuple(sorted(row)) for row in found.tolist()}) == len(found)
    assert all(len(set(row)) == size for row in found.tolist())


def test_shapes_are_those_that_becker_names():
    assert len(BECKER) == 10
    x = torch.linspace(0.0, 1.0, 201, dtype=torch.float64)
    # each is on the scale of 1 on (0, 1)
    assert all(1.6 >= np.ptp(shape.function(x).numpy()) for shape in SHAPES.values())


@pytest.mark.parametrize(
    "name",
    ["additive", "gamboa", "genz_corner_peak", "genz_discontinuous", "linear_gaussian",
     "metafunction", "product", "quadratic_gaussian", "two_outputs"],
)  # fmt: skip
def test_float32(name):
    problem = problems.load(name)
    X = problem.space.sample(50, 0)
    function = problem.model._function._original
    exact = problem.model.metered()(X)
    with torch.no_grad():
        single = function(torch.from_numpy(X.astype(np.float32)))
    assert single.dtype == torch.float32
    scale = np.abs(exact).max(axis=0)
    assert (np.abs(single.numpy().reshape(exact.shape) - exact) < 1e-4 * scale).all()


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        ("additive", {"coefficients": []}, "coefficients as n finite numbers"),
        ("additive", {"coefficients": [1.0, True]}, "coefficients as n"),
        ("additive", {"coefficients": [1.0], "shapes": ["linear", "cubic"]}, "one for each of 1"),
        ("additive", {"coefficients": [math.nan]}, "coefficients as n"),
        ("product", {"centres": [1.0], "scales": [1.0, 2.0]}, "scales as 1 finite"),
        ("product", {"centres": [0.0, 1.0], "scales": [0.0, 1.0]}, "no factor of 0"),
        ("linear_gaussian", {"coefficients": [[1.0], [1.0, 2.0]]}, "coefficients as n × n"),
        ("linear_gaussian", {"coefficients": [[1.0, 1.0], [0.0, 0.0]]}, "in each row"),
        ("linear_gaussian", {"coefficients": [1.0], "deviations": [0.0]}, "numbers above 0"),
        ("quadratic_gaussian", {"A": [[1.0, 2.0]]}, "A as 1 × 1"),
        ("quadratic_gaussian", {"A": [[0.0]], "b": [0.0]}, "that is not 0"),
        ("two_outputs", {"scale": 0.0}, "scale above 0"),
        ("gamboa", {"a": math.inf}, "finite a and b"),
        ("gamboa", {"inputs": "beta"}, "'normal' or 'uniform'"),
        ("genz_corner_peak", {"a": [1.0, -1.0]}, "numbers above 0"),
        ("genz_discontinuous", {"a": [1.0]}, "at least two inputs"),
        ("genz_discontinuous", {"thresholds": [0.5, 1.0]}, "thresholds below 1"),
        ("metafunction", {"d": 1}, "d as a whole number"),
        ("metafunction", {"seed": True}, "seed as a whole number"),
        ("metafunction", {"pairs": -0.1}, "at least 0"),
        ("metafunction", {"inputs": "normal"}, "'uniform' or 'random'"),
    ],
)
def test_refuses(name, params, match):
    with pytest.raises(InputError, match=f"{name}: expected .*{match}"):
        problems.load(name, **params)


@pytest.mark.parametrize(
    ("name", "params", "hint"),
    [
        ("additive", {"shapes": "quadratik"}, "quadratic"),
        ("product", {"shapes": "cubik"}, "cubic"),
        ("genz_corner_peak", {"variant": "genz_1983"}, "genz_1984"),
        ("metafunction", {"variant": "becker"}, "becker_2020"),
    ],
)
def test_unknown_names_have_a_hint(name, params, hint):
    with pytest.raises(UnknownNameError, match=f"did you mean '{hint}'"):
        problems.load(name, **params)
