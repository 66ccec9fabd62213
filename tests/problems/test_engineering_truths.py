"""Truths of the engineering models against quadrature of the functions, and closed forms."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import integrate, special

from sensbench import problems
from tests.problems.gauss import gauss_grid
from tests.problems.quadrature import agree, between, by_quadrature, close

# |∂f/∂x| has kinks where the slope changes its sign, which nodes miss.
SIZES = ("derivative_abs", "derivative_abs_standardised", "mu_star_limit")


def near(problem, axes, rtol, sizes=None):
    """Every truth is the grid's, to the grid's own error and six of the truth's."""
    found = by_quadrature(problem, axes)
    assert set(problem.truth) - {"total_order_bound"} == set(found)
    for name, values in found.items():
        known = problem.truth[name]
        whole = known.value.reshape(problem.o, -1)
        for k in range(problem.o):  # outputs have units of their own
            part = type(known)(whole[k], known.standard_error.reshape(problem.o, -1)[k], known.how)
            close(name, part, values.reshape(problem.o, -1)[k],
                  (sizes if name in SIZES else None) or rtol)  # fmt: skip
    return found


def exact(problem):
    return all(known.is_exact for known in problem.truth.values())


@pytest.mark.slow
def test_borehole():
    problem = problems.load("borehole")
    far = between([100, 300, 1500, 9000, 50_000], 4)
    near(problem, gauss_grid(problem, 9, far, 2, 2, 3, 2, 4, 3), 1e-4)
    assert exact(problem)


@pytest.mark.slow
def test_borehole_with_a_normal_radius():
    problem = problems.load("borehole", variant="harper_gupta_1983")
    near(problem, gauss_grid(problem, 12, 9, 2, 2, 4, 2, 5, 4), 1e-6)
    assert exact(problem)


def test_otl_circuit():
    problem = problems.load("otl_circuit")
    agree(problem, gauss_grid(problem, 11, 10, 4, 8, 3, 12), rtol=1e-7)


def test_wing_weight():
    problem = problems.load("wing_weight")
    sweep = between([-10, 0, 10], 3)
    near(problem, gauss_grid(problem, 4, 2, 3, sweep, 3, 3, 4, 4, 3, 2), 1e-3)
    assert exact(problem)


def test_wing_weight_by_its_two_products():
    # f = A Sw^0.758 + Sw Wp with A independent of Sw and Wp: moments of powers, in closed form
    problem = problems.load("wing_weight")

    def moment(low, high, k):
        return (high ** (k + 1) - low ** (k + 1)) / (k + 1) / (high - low)

    def frame(power):
        ends = {(220, 300): 0.0035, (6, 10): 0.6, (16, 45): 0.006, (0.5, 1): 0.04,
                (8, 18): -0.3, (2.5, 6): 0.49, (1700, 2500): 0.49}  # fmt: skip
        sweep = integrate.quad(lambda a: math.cos(math.radians(a)) ** (-0.9 * power), 0, 10,
                               epsrel=1e-13)[0] / 10  # fmt: skip
        return 0.036**power * sweep * math.prod(moment(*e, k * power) for e, k in ends.items())

    sw, wp = (150, 200), (0.025, 0.08)
    mean = frame(1) * moment(*sw, 0.758) + moment(*sw, 1) * moment(*wp, 1)
    squares = (
        frame(2) * moment(*sw, 1.516)
        + 2 * frame(1) * moment(*sw, 1.758) * moment(*wp, 1)
        + moment(*sw, 2) * moment(*wp, 2)
    )
    np.testing.assert_allclose(problem.truth["mean"].value[0], mean, rtol=1e-12)
    np.testing.assert_allclose(problem.truth["variance"].value[0], squares - mean**2, rtol=1e-9)
    paint = moment(*sw, 2) * (wp[1] - wp[0]) ** 2 / 12 / (squares - mean**2)
    np.testing.assert_allclose(problem.truth["total_order"].value[0, 9], paint, rtol=1e-9)


def test_sulfur_by_lognormal_moments():
    problem = problems.load("sulfur")
    spreads = [math.log(s) for s in (1.15, 1.5, 1.5, 1.4, 1.3, 1.2, 1.4, 1.1, 1.2)]
    means = [71, 0.5, 5.5, 5, 0.3, 1.7, 0.58, 0.39, 0.72]
    grown = np.exp(np.square(spreads))  # E[x²]/E[x]²
    scale = 0.5 * 1361 * 3e12 / 365 / 5.1e14
    size = scale * math.prod(m * math.exp(s**2 / 2) for m, s in zip(means, spreads, strict=True))
    whole = math.prod(grown) - 1

    def share(u):
        return (math.prod(grown[list(u)]) - 1) / whole

    d, rest = 9, range(9)
    shapley = np.zeros(d)
    for i in rest:
        others = [j for j in rest if j != i]
        for r in range(d):
            for u in combinations(others, r):
                gain = share((*u, i)) - share(u)
                shapley[i] += gain / (d * math.comb(d - 1, r))
    second = np.zeros((d, d))
    for i, j in combinations(rest, 2):
        second[i, j] = second[j, i] = (grown[i] - 1) * (grown[j] - 1) / whole
    # E[x^-2] of a lognormal: the derivative is f/x
    slopes = np.array([
        (size * math.exp(-(s**2) / 2) / m) ** 2 * math.prod(grown) / math.exp(s**2) * math.exp(s**2)
        for m, s in zip(means, spreads, strict=True)
    ]) / grown  # fmt: skip
    expected = {
        "mean": np.array([-size]),
        "variance": np.array([size**2 * whole]),
        "first_order": (grown - 1)[None] / whole,
        "total_order": (1 - 1 / grown)[None] * (whole + 1) / whole,
        "second_order": second[None] ,
        "shapley": shapley[None],
        "dgsm": slopes[None],
        "derivative_abs": np.array([[size / m * math.exp(-(s**2) / 2)
                                     for m, s in zip(means, spreads, strict=True)]]),
    }  # fmt: skip
    for name, values in expected.items():
        close(name, problem.truth[name], values, rtol=1e-11)
    assert exact(problem)
    # Tatang et al. 1997: the response is lognormal, with the product of the geometric means
    geometric = scale * math.prod(means)
    np.testing.assert_allclose(size, geometric * math.exp(np.square(spreads).sum() / 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("circular_bar", {}),
        ("circular_bar", {"diameter": 40.0}),
        ("portfolio", {}),
        ("portfolio", {"variant": "equal"}),
        ("portfolio", {"variant": "most_volatile", "Cj": -50.0}),
    ],
)
def test_linear(name, params):
    problem = problems.load(name, **params)
    agree(problem, gauss_grid(problem, *[3] * problem.d), without=["mu_star_limit"])


def test_portfolio_as_published():
    # Saltelli et al. 2004, table 1.3: shares of the variance σ² C²
    first = problems.load("portfolio").truth["first_order"].value[0]
    np.testing.assert_allclose(first, np.array([400, 1000, 1000]) ** 2 / 2.16e6, rtol=1e-12)


@pytest.mark.parametrize("params", [{}, {"w": 2.5, "t": 2.5}])
def test_cantilever_beam(params):
    problem = problems.load("cantilever_beam", **params)
    near(problem, gauss_grid(problem, 32, 24, 10), 1e-9, sizes=1e-7)
    assert exact(problem)


def test_cantilever_beam_too_flat_for_truths():
    assert not problems.load("cantilever_beam", w=0.1, t=40.0).truth


def test_flood():
    problem = problems.load("flood")
    # the kink of the cost at Hd = 8
    near(problem, gauss_grid(problem, 14, 12, 5, 4, between([7, 8, 9], 3), 3, 2, 2), 2e-5, 1e-4)
    assert not problem.truth["dgsm"].standard_error[0].any()
    assert problem.truth["dgsm"].standard_error[1].all()


def test_environmental_spill():
    problem = problems.load("environmental_spill")
    near(problem, gauss_grid(problem, 2, 26, 30, 5), 1e-6, sizes=2e-3)
    early = problem.truth["total_order"]
    assert not early.standard_error[:6].any()
    assert not early.value[:6, 2:].any()


def test_environmental_spill_before_the_second_is_exact():
    problem = problems.load("environmental_spill", sites=[0.5, 2.0], times=[10.0])
    near(problem, gauss_grid(problem, 2, 26, 2, 2), 1e-7, sizes=1e-3)
    assert exact(problem)


def test_solar_cell():
    problem = problems.load("solar_cell")
    near(problem, gauss_grid(problem, 8, 8, 8, 5, 9), 1e-6)


def test_piston():
    problem = problems.load("piston")
    near(problem, gauss_grid(problem, 5, 9, 8, 8, 3, 3, 4), 2e-6, sizes=2e-4)


@pytest.mark.slow
def test_damped_oscillator():
    problem = problems.load("damped_oscillator")
    # the resonance is sharp in Kp and Ks: slopes converge slowly with the nodes, indices faster
    axes = gauss_grid(problem, 8, 8, 15, 15, 6, 7, 2)
    found = near(problem, axes, 1e-3, sizes=5e-3)
    for name in ("first_order", "total_order", "second_order", "shapley"):
        close(name, problem.truth[name], found[name], rtol=1e-4)


def test_damped_oscillator_by_its_noise():
    # f = √S0 g: E[√S0]²/E[S0] = exp(-σ²/4) for a lognormal S0 of variation 0.1
    truth = problems.load("damped_oscillator").truth
    mean, variance = truth["mean"].value[0], truth["variance"].value[0]
    alone = 1 - math.exp(-math.log(1.01) / 4)
    expected = alone * (mean**2 + variance) / variance
    known = truth["total_order"]
    assert abs(known.value[0, 6] - expected) <= 6 * known.standard_error[0, 6]
    expected = math.expm1(math.log(1.01) / 4) * mean**2 / variance
    known = truth["first_order"]
    assert abs(known.value[0, 6] - expected) <= 6 * known.standard_error[0, 6]


def test_robot_arm():
    problem = problems.load("robot_arm")
    truth = problem.truth
    for name, known in truth.items():
        if name in ("mean", "variance"):
            continue
        v, s = known.value[0], known.standard_error[0]
        if name == "second_order":
            assert np.abs(v[4]).max() < 1e-15
            v, s = v[:4, :4][np.triu_indices(4, 1)], s[:4, :4][np.triu_indices(4, 1)]
        else:
            assert v[4] == s[4] == 0.0
            # from either end the arm is the same
            assert abs(v[5] - v[7]) <= 6 * np.hypot(s[5], s[7])
            v, s = v[:4], s[:4]
        if name != "shapley":
            # partial sums of uniform angles are independent: the lengths are exchangeable
            assert (np.abs(v - v.mean()) <= 6 * np.hypot(s, s.max())).all()
    # E[f²] = Σ E[L²], as the directions are independent
    mean, variance = truth["mean"].value[0], truth["variance"].value[0]
    slack = 6 * (2 * mean * truth["mean"].standard_error + truth["variance"].standard_error)
    assert abs(mean**2 + variance - 4 / 3) <= slack


def test_robot_arm_by_bessel_functions():
    # |r| = ∫ (1 - J0(t|r|))/t² dt, and E J0 of a sum of independent directions is the product
    problem = problems.load("robot_arm")
    t, dt = between(np.linspace(0, 240, 241), 8)
    length, share = np.polynomial.legendre.leggauss(160)
    length, share = (length + 1) / 2, share / 2
    rows = special.j0(np.outer(length, t))
    one = share @ rows

    def distance(decay):
        return 240 * ((1 - decay) / t**2) @ dt + 1 / 240

    truth = problem.truth
    mean = distance(one**4)
    known = truth["mean"]
    assert abs(known.value[0] - mean) <= 6 * known.standard_error[0]
    given = np.array([distance(row * one**3) for row in rows])
    first = share @ (given - mean) ** 2 / (4 / 3 - mean**2)
    known = truth["first_order"]
    assert (np.abs(known.value[0, :4] - first) <= 6 * known.standard_error[0, :4]).all()
