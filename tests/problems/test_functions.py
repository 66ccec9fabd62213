"""Functions of the literature: values against another library, truths by other routes."""

import math
from itertools import combinations, product

import numpy as np
import pytest
import torch
import uqtestfuns
from scipy import integrate, stats
from sklearn.datasets import make_friedman1

import sensbench as sb
from sensbench import problems
from sensbench.errors import InputError, UnknownNameError
from sensbench.truths.sampled import sampled
from tests.problems.quadrature import agree, between, by_quadrature, close, panels

OURS = (
    "bratley_a bratley_b bratley_c bratley_d friedman1 friedman_6d ishigami k_function linkletter "
    "moon morris_1991 morris_2006 oakley_ohagan sobol_g sobol_g_star sobol_levitan welch"
).split()

SAME = [
    ("ishigami", {}, "Ishigami", {"parameters_id": "Ishigami1991"}),
    ("ishigami", {"variant": "sobol_1999"}, "Ishigami", {"parameters_id": "Sobol1999"}),
    *(
        ("sobol_g", {"variant": ours, "d": d}, "SobolG", {"parameters_id": theirs})
        for ours, theirs, d in [
            ("saltelli_2000", "Sun2022", 7),
            ("saltelli_1995_1", "Saltelli1995-1", 8),
            ("saltelli_1995_2", "Saltelli1995-2", 8),
            ("saltelli_1995_3", "Saltelli1995-3", 20),
            ("sobol_1998_1", "Sobol1998-1", 10),
            ("sobol_1998_2", "Sobol1998-2", 10),
            ("sobol_1998_3", "Sobol1998-3", 10),
            ("sobol_1998_4", "Sobol1998-4", 10),
            ("kucherenko_2011_2a", "Kucherenko2011-2a", 10),
            ("kucherenko_2011_3b", "Kucherenko2011-3b", 10),
        ]
    ),
    ("sobol_g_star", {"variant": "azzini_2021"}, "SobolGStar", {"parameters_id": "Azzini2021"}),
    *((f"bratley_{x.lower()}", {"d": 6}, f"Bratley{x}", {}) for x in "ABCD"),
    ("k_function", {}, "BratleyD", {}),
    ("friedman1", {}, "Friedman10D", {}),
    ("friedman_6d", {}, "Friedman6D", {}),
    ("moon", {}, "Moon3D", {}),
    ("morris_2006", {}, "MorrisM", {}),
    ("welch", {}, "Welch20D", {}),
    ("sobol_levitan", {"variant": "sobol_1999_1"}, "SobolLevitan",
     {"parameters_id": "Sobol1999-1"}),
    ("sobol_levitan", {}, "SobolLevitan", {"parameters_id": "Sobol1999-2"}),
    ("sobol_levitan", {"variant": "moon_2012_1"}, "SobolLevitan", {"parameters_id": "Moon2012-1"}),
    ("linkletter", {"variant": "linear"}, "LinkletterLinear", {}),
    ("linkletter", {"variant": "decreasing"}, "LinkletterDecCoeffs", {}),
    ("linkletter", {"variant": "sine"}, "LinkletterSine", {}),
    ("linkletter", {"variant": "inert"}, "LinkletterInert", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "theirs", "options"), SAME)
def test_another_library_has_the_same_function(name, params, theirs, options):
    problem = problems.load(name, **params)
    variable = {"SobolG", "SobolGStar", "SobolLevitan", "MorrisM"} | {
        f"Bratley{letter}" for letter in "ABCD"
    }
    options = options | ({"input_dimension": problem.d} if theirs in variable else {})
    other = getattr(uqtestfuns, theirs)(**options)
    X = problem.space.sample(200, 0)
    expected = other(X)
    size = np.abs(expected).max() or 1.0
    np.testing.assert_allclose(
        problem.model.metered()(X)[:, 0], expected, rtol=1e-12, atol=1e-13 * size
    )
    for ours, marginal in zip(problem.space.marginals, other.prob_input.marginals, strict=True):
        assert marginal.distribution == "uniform"
        np.testing.assert_allclose(ours.support(), marginal.parameters, rtol=1e-15)


@pytest.mark.parametrize("name", OURS)
def test_float32_and_float64(name):
    problem = problems.load(name)
    function = problem.model._function._original
    X = torch.from_numpy(problem.space.sample(50, 0))
    single, double = function(X.float()), function(X)
    assert (single.dtype, double.dtype) == (torch.float32, torch.float64)
    assert double.shape == (50,)
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=1e-4 * double.abs().max())


def cosine_kinks(i):
    """Zeros of cos(i x) and sin(i x) in (0, 1)."""
    return between([0, *(x for k in range(1, i) if (x := k * math.pi / (2 * i)) < 1), 1], 10)


def chebyshev_kinks(i):
    n = i % 4 + 1
    return between([(1 - math.cos(k * math.pi / (2 * n))) / 2 for k in range(2 * n + 1)], 5)


def cusped(delta):
    """Nodes in s, with |2{x + δ} - 1| = s²: a root of it is smooth in s."""
    s, w = between([0, 1], 6)
    u = np.concatenate([(1 + s**2) / 2, (1 - s**2) / 2])
    return (u - delta) % 1.0, np.concatenate([s * w, s * w])


PI = math.pi
LEVITAN = [1.5, 0.9, 0.0, -0.7]
QUADRATURE = [
    ("ishigami", {"variant": "sobol_1999"}, [panels(-PI, PI, 4, 12)] * 3),
    ("ishigami", {"variant": "puy_2022"}, [panels(-PI, PI, 4, 12)] * 3),
    *(
        ("sobol_g", {"variant": v, "d": 5}, [panels(0, 1, 2, 2)] * 5)
        for v in ("saltelli_1995_2", "saltelli_1995_3", "sobol_1998_1", "kucherenko_2011_2a")
    ),
    ("sobol_g_star", {"a": [0, 1, 9], "delta": 0.3}, [between([0, 0.2, 0.7, 1], 4)] * 3),
    ("sobol_g_star", {"a": [0, 0.4, 9], "alpha": 2, "delta": [0, 0.5, 0.25]},
     [between(np.arange(5) / 4, 6)] * 3),
    ("bratley_a", {"d": 4}, [panels(0, 1, 2, 2)] * 4),
    ("bratley_b", {"d": 4}, [cosine_kinks(i) for i in range(1, 5)]),
    ("bratley_c", {"d": 4}, [chebyshev_kinks(i) for i in range(1, 5)]),
    *(("bratley_d", {"d": d}, [panels(0, 1, 1, 2)] * d) for d in (1, 5, 8)),
    ("k_function", {"d": 6}, [panels(0, 1, 1, 2)] * 6),
    ("moon", {}, [panels(0, 1, 1, 2)] * 3),
    ("sobol_levitan", {"b": LEVITAN, "c0": 2.0}, [panels(0, 1, 1, 9)] * 4),
    ("morris_2006", {"d": 4, "k": 1}, [panels(0, 1, 1, 2)] * 4),
    ("morris_2006", {"d": 4, "k": 3}, [panels(0, 1, 1, 2)] * 4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "axes"), QUADRATURE)
def test_truths_by_quadrature(name, params, axes):
    agree(problems.load(name, **params), axes)


def test_g_star_with_cusps_has_no_mean_square_of_derivatives():
    problem = problems.load("sobol_g_star", a=[0, 9], alpha=[0.5, 0.5], delta=[0.5, 0.0])
    assert not {"dgsm", "derivative_rms", "derivative_std", "total_order_bound"} & set(
        problem.truth
    )
    found = by_quadrature(problem, [cusped(0.5), cusped(0.0)])
    for name, known in problem.truth.items():
        close(name, known, found[name], 1e-8)


def test_friedman():
    # sin(π x1 x2) is smooth, |cos(π x1 x2)| is not: its integral is split at x1 x2 = 1/2
    problem = problems.load("friedman1", d=6)
    smooth = panels(0, 1, 1, 14)
    few = panels(0, 1, 1, 2)
    found = by_quadrature(problem, [smooth, smooth, panels(0, 1, 2, 3), few, few, few])
    sizes = {"derivative_abs", "derivative_abs_standardised", "mu_star_limit"}
    assert set(found) == set(problem.truth) - {"total_order_bound"}
    for name in set(found) - sizes:
        close(name, problem.truth[name], found[name])

    def size(x1):
        slope = lambda x2: 10 * PI * x2 * abs(math.cos(PI * x1 * x2))  # noqa: E731
        return integrate.quad(slope, 0, 1, points=[min(0.5 / x1, 1.0)])[0]

    expected = integrate.quad(size, 0, 1, points=[0.5])[0]
    known = problem.truth["derivative_abs"].value[0]
    np.testing.assert_allclose(known[:2], expected, rtol=1e-9)
    np.testing.assert_allclose(known[2:], found["derivative_abs"][0, 2:], rtol=1e-9)


def test_friedman_is_scikit_learns():
    X, y = make_friedman1(100, noise=0.0, random_state=0)
    np.testing.assert_allclose(problems.load("friedman1").model.metered()(X)[:, 0], y, rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "params"),
    [("friedman1", {}), ("welch", {}), ("morris_2006", {}), ("morris_2006", {"k": 12}),
     ("oakley_ohagan", {}), ("bratley_d", {}), ("morris_1991", {})],
)  # fmt: skip
def test_sizes_of_derivatives_are_those_of_many_points(name, params):
    problem = problems.load(name, **params)
    found = sampled(problem.model, problem.space, points=2**13, scrambles=8, seed=1, indices=False)
    for measure in ("derivative_abs", "mean", "variance", "dgsm", "derivative_mean"):
        known, other = problem.truth[measure], found[measure]
        error = np.hypot(known.standard_error, other.standard_error)
        slack = 7 * error + 1e-9 * np.abs(known.value).max()
        assert (np.abs(known.value - other.value) <= slack).all(), measure
        assert (other.standard_error <= 0.02 * np.abs(other.value).max()).all()


def test_oakley_ohagan_by_pairs():
    """Var of E[f|x_i] along axis i alone, and x_i x_j from mixed differences of f itself."""
    problem = problems.load("oakley_ohagan")
    f, d = lambda X: problem.model.metered()(X)[:, 0], problem.d
    z, w = np.polynomial.hermite_e.hermegauss(40)
    w = w / w.sum()
    alone = np.empty(d)
    for i in range(d):
        y = f(np.outer(z, np.eye(d)[i]))
        alone[i] = w @ (y - w @ y) ** 2
    rows = np.eye(d)[:, None] + np.eye(d)[None]
    both = f(rows.reshape(-1, d)).reshape(d, d)
    single = f(np.eye(d))
    pairs = (both - single[:, None] - single[None] + f(np.zeros((1, d)))) ** 2
    np.fill_diagonal(pairs, 0.0)
    variance = alone.sum() + pairs.sum() / 2
    expected = {
        "variance": np.array([variance]),
        "first_order": alone[None] / variance,
        "total_order": (alone + pairs.sum(axis=1))[None] / variance,
        "second_order": pairs[None] / variance,
        "shapley": (alone + pairs.sum(axis=1) / 2)[None] / variance,
    }
    for name, values in expected.items():
        close(name, problem.truth[name], values)


@pytest.mark.parametrize("seed", [None, 3])
def test_morris_1991_by_differences(seed):
    """f is a sum of products of w_i = E w_i + c_i: its parts are mixed differences of f itself."""
    problem = problems.load("morris_1991", seed=seed)
    f = lambda X: problem.model.metered()(X)[:, 0]  # noqa: E731
    d, bent = 20, [2, 4, 6]
    x, weight = between([0, 0.05, 0.2, 0.5, 1], 40)
    mean, var = np.zeros(d), np.full(d, 1 / 3)
    w = 2.2 * x / (x + 0.1) - 1
    mean[bent] = weight @ w
    var[bent] = weight @ (w - weight @ w) ** 2
    slope = np.full(d, 4.0)
    slope[bent] = weight @ (0.22 / (x + 0.1) ** 2) ** 2
    step = 0.2

    def at(w):
        X = (w + 1) / 2
        X[:, bent] = 0.1 * (w[:, bent] + 1) / (1.2 - w[:, bent])
        return f(X)

    shares, total, shapley, dgsm = 0.0, np.zeros(d), np.zeros(d), np.zeros(d)
    first, second = np.zeros(d), np.zeros((d, d))
    for size in range(1, 5):
        subsets = np.array(list(combinations(range(d if size < 3 else 6), size)))
        signs = np.array(list(product([-1, 1], repeat=size)))
        W = np.tile(mean, (len(subsets), len(signs), 1))
        np.put_along_axis(
            W, np.tile(subsets[:, None], (1, len(signs), 1)),
            mean[subsets][:, None] + step * signs, axis=2,
        )  # fmt: skip
        parts = at(W.reshape(-1, d)).reshape(W.shape[:2]) @ signs.prod(axis=1) / (2 * step) ** size
        for u, part in zip(subsets, parts, strict=True):
            share = part**2 * var[u].prod()
            shares += share
            total[u] += share
            shapley[u] += share / size
            dgsm[u] += share * slope[u] / var[u]
            if size == 1:
                first[u] = share
            if size == 2:
                second[u, u[::-1]] = share
    expected = {
        "variance": np.array([shares]),
        "first_order": first[None] / shares,
        "second_order": second[None] / shares,
        "total_order": total[None] / shares,
        "shapley": shapley[None] / shares,
        "dgsm": dgsm[None],
    }
    for name, values in expected.items():
        close(name, problem.truth[name], values)
    assert not problem.truth["derivative_abs"].is_exact  # shipped, or sampled for drawn ones


def test_morris_1991_sizes_of_slopes_that_are_sums():
    """E|β + Σ ±w_j| of x11 = (2/π) ∫ (1 - Re φ(t))/t² dt, φ the characteristic function."""
    x, weight = between(np.arange(101) ** 2 / 1e4, 8)
    bent = 2.2 * x / (x + 0.1) - 1
    i, signs = 11, (-1.0) ** np.arange(1, 21)

    def kernel(t):
        phi = np.exp(1j * t * signs[i - 1])
        for j in range(1, 21):
            b = signs[i - 1] * signs[j - 1] * t
            if j in (3, 5, 7):
                phi *= weight @ np.exp(1j * b * bent)
            elif j != i:
                phi *= np.sinc(b / math.pi)
        return (1 - phi.real) / t**2

    end = 60.0  # |φ| < 1e-15 from there
    size = integrate.quad(kernel, 1e-6, end, limit=500)[0] + 1 / end
    known = problems.load("morris_1991").truth["derivative_abs"]
    assert abs(known.value[0, i - 1] - 4 / math.pi * size) <= 6 * known.standard_error[0, i - 1]
    # x7 … x10: the slope keeps its sign
    mean = np.abs(problems.load("morris_1991").truth["derivative_mean"].value[0, 6:10])
    error = known.standard_error[0, 6:10]
    assert (np.abs(known.value[0, 6:10] - mean) <= 6 * error + 1e-9).all()


@pytest.mark.slow
def test_welch_by_blocks():
    """Five inputs in two pairs and one alone, and a sum: blocks' variances add."""
    problem = problems.load("welch")
    parts = [(0, 11), (3, 19), *((i,) for i in range(20) if i not in (0, 11, 3, 19))]
    found = {name: np.zeros((1, 20)) for name in ("first_order", "total_order", "shapley", "dgsm")}
    variance = 0.0
    for block in parts:
        part = restricted(problem, block)
        if len(block) == 1 and block[0] in (7, 15):
            continue
        values = by_quadrature(part, [panels(-0.5, 0.5, 2, 16)] * len(block))
        of = float(values["variance"][0])
        variance += of
        for name in found:
            found[name][:, block] = values[name] * (1 if name == "dgsm" else of)
    for name in found:
        scale = 1 if name == "dgsm" else variance
        close(name, problem.truth[name], found[name] / scale)
    close("variance", problem.truth["variance"], np.array([variance]))


def restricted(problem, block):
    """The problem with all other inputs at 0."""
    names = [problem.space.names[i] for i in block]
    function = problem.model._function._original

    def of_block(x):
        rows = torch.zeros((len(x), problem.d), dtype=x.dtype)
        return function(rows.index_copy(1, torch.tensor(block), x))

    return sb.Problem.of(of_block, sb.InputSpace.uniform(dict.fromkeys(names, (-0.5, 0.5))))


@pytest.mark.parametrize("variant", ["sobol_1999_2", "moon_2012_1", "moon_2012_2", "moon_2012_3"])
def test_sobol_levitan_by_closed_forms(variant):
    """E e^{bx} = (e^b - 1)/b: with twenty inputs the tails are too heavy to sample."""
    problem = problems.load("sobol_levitan", variant=variant)
    function = problem.model._function._original
    ends = torch.cat([torch.zeros(1, 20), torch.eye(20)]).double()
    y = function(ends).numpy()
    b = np.log1p(y[1:] - y[0])  # f(e_i) - f(0) = e^b - 1
    safe = np.where(b > 1e-9, b, 1.0)
    first = np.where(b > 1e-9, np.expm1(b) / safe, 1.0)
    square = np.where(b > 1e-9, np.expm1(2 * b) / (2 * safe), 1.0)
    ratio = square / first**2 - 1
    variance = np.prod(1 + ratio) - 1
    expected = {
        "variance": np.array([variance * first.prod() ** 2]),
        "first_order": (ratio / variance)[None],
        "total_order": (ratio * np.prod(1 + ratio) / (1 + ratio) / variance)[None],
        "dgsm": (b**2 * square.prod())[None],
        "derivative_abs": (b * first.prod())[None],
    }
    for name, values in expected.items():
        close(name, problem.truth[name], values, 1e-8)


def test_morris_2006_gives_units():
    """The paper's design: first-order parts of 1 and totals of 1.1, whatever k."""
    for k in (2, 5, 10):
        truth = problems.load("morris_2006", k=k).truth
        variance = float(truth["variance"].value[0])
        np.testing.assert_allclose(truth["first_order"].value[0, :k] * variance, 1, rtol=1e-12)
        np.testing.assert_allclose(truth["total_order"].value[0, :k] * variance, 1.1, rtol=1e-12)


def test_linkletter_inert():
    truth = problems.load("linkletter", variant="inert").truth
    assert not {"first_order", "total_order"} & set(truth)
    assert not any(known.value.any() for known in truth.values())


@pytest.mark.parametrize("variant", ["linear", "decreasing"])
def test_linkletter_by_slopes(variant):
    problem = problems.load("linkletter", variant=variant)
    slopes = np.ravel(problem.model.metered().jacobian(np.full((1, 10), 0.3)))
    expected = slopes**2 / (slopes**2).sum()
    for name in ("first_order", "total_order", "shapley"):
        close(name, problem.truth[name], expected[None])
    close("derivative_abs", problem.truth["derivative_abs"], slopes[None])


def test_linkletter_sine():
    known = problems.load("linkletter", variant="sine").truth
    variances = [float(np.var(np.sin(k * stats.uniform.ppf((np.arange(10**6) + 0.5) / 10**6))))
                 for k in (1, 5)]  # fmt: skip
    shares = np.array([variances + [0.0] * 8]) / sum(variances)
    close("total_order", known["total_order"], shares, 1e-8)


@pytest.mark.parametrize(
    ("name", "params", "measure", "values", "digit"),
    [
        # as BoTorch's documentation quotes them
        ("ishigami", {}, "first_order", [0.3138, 0.4424, 0], 2e-4),
        ("ishigami", {}, "total_order", [0.558, 0.442, 0.244], 1e-3),
        ("ishigami", {"variant": "sobol_1999"}, "first_order", [0.218, 0.687, 0], 1e-3),
        ("ishigami", {"variant": "sobol_1999"}, "total_order", [0.3131, 0.6868, 0.095], 1e-3),
        # the authors' own list; the coefficients that they publish are rounded to four digits
        ("oakley_ohagan", {}, "first_order",
         [0.00156, 0.000186, 0.001307, 0.003045, 0.002905, 0.023035, 0.024151, 0.026517, 0.046036,
          0.014945, 0.101823, 0.135708, 0.101989, 0.105169, 0.122818], 5e-6),
        # otbenchmark 0.2.1, two digits from a polynomial chaos expansion
        ("oakley_ohagan", {}, "total_order",
         [0.06, 0.06, 0.04, 0.05, 0.02, 0.04, 0.06, 0.08, 0.10, 0.04, 0.15, 0.15, 0.14, 0.14,
          0.16], 6e-3),
    ],
)  # fmt: skip
def test_published_tables(name, params, measure, values, digit):
    known = problems.load(name, **params).truth[measure].value[0]
    np.testing.assert_allclose(known, values, rtol=0, atol=digit)


@pytest.mark.parametrize(
    ("name", "params", "match"),
    [
        ("sobol_g", {"a": [1.0, -1.0]}, "expected a as n finite numbers of at least 0"),
        ("sobol_g", {"a": [True]}, "expected a as n finite numbers"),
        ("sobol_g", {"a": [1.0], "d": 2}, "expected d=1, the length of a"),
        ("sobol_g", {"d": 0}, "expected d as a whole number of at least 1"),
        ("sobol_g_star", {"alpha": 0.0}, "finite numbers above 0"),
        ("sobol_g_star", {"delta": [0.1]}, "expected delta as 10 finite numbers"),
        ("sobol_g_star", {"a": []}, "expected a as n finite numbers"),
        ("bratley_a", {"d": True}, "expected d as a whole number"),
        ("bratley_b", {"d": 0}, "expected d as a whole number"),
        ("bratley_c", {"d": -1}, "expected d as a whole number"),
        ("bratley_d", {"d": 0}, "expected d as a whole number"),
        ("k_function", {"d": 0}, "k_function: expected d as a whole number"),
        ("friedman1", {"d": 4}, "whole number of at least 5"),
        ("morris_1991", {"seed": -1}, "expected seed as a whole number of at least 0"),
        ("morris_2006", {"d": 3, "k": 4}, "expected k of at most d=3"),
        ("morris_2006", {"k": 0}, "expected k as a whole number"),
        ("sobol_levitan", {"b": [float("nan")]}, "expected b as n finite numbers"),
        ("sobol_levitan", {"b": [0.0, 0.0]}, "expected b with a number other than 0"),
        ("sobol_levitan", {"c0": float("inf")}, "expected a finite c0"),
    ],
)
def test_refuses(name, params, match):
    with pytest.raises(InputError, match=match):
        problems.load(name, **params)


@pytest.mark.parametrize(
    "name", ["ishigami", "sobol_g", "sobol_g_star", "sobol_levitan", "linkletter"]
)
def test_unknown_variants_have_a_hint(name):
    with pytest.raises(UnknownNameError, match=f"{name}: expected a known variant; got 'none'"):
        problems.load(name, variant="none")
