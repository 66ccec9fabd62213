"""The engineering models against another library, and the physics they stand for."""

import math

import numpy as np
import pytest
import torch
import uqtestfuns
from scipy import integrate, optimize, stats

from sensbench import problems
from sensbench.errors import InputError, UnknownNameError
from sensbench.problem.truth import with_inert_inputs
from sensbench.problems._truncated import truncated_gumbel

SAME = [
    ("otl_circuit", {}, uqtestfuns.OTLCircuit),
    ("otl_circuit", {"inert": 14}, uqtestfuns.OTLCircuit20D),
    ("piston", {}, uqtestfuns.Piston),
    ("piston", {"inert": 13}, uqtestfuns.Piston20D),
    ("wing_weight", {}, uqtestfuns.WingWeight),
    ("robot_arm", {}, uqtestfuns.RobotArm),
    ("damped_oscillator", {}, uqtestfuns.DampedOscillator),
    ("circular_bar", {}, uqtestfuns.RSCircularBar),
    ("sulfur", {}, uqtestfuns.Sulfur),
    ("portfolio", {}, uqtestfuns.Portfolio3D),
]
NAMES = [*sorted({name for name, _, _ in SAME}), "borehole", "cantilever_beam",
         "environmental_spill", "flood", "solar_cell"]  # fmt: skip
LEVELS = np.array([1e-6, 0.01, 0.3, 0.5, 0.9, 0.999])


def values(problem, X):
    return problem.model.metered()(X)


def drawn(reference, n=500):
    return reference.prob_input.get_sample(n, rng=0)


def quantiles_differ(problem, reference):
    """The names of the inputs whose distribution is another one."""
    space = problem.space
    trios = zip(space.names, space.marginals, reference.prob_input.marginals, strict=True)
    return [
        name
        for name, mine, theirs in trios
        if not np.allclose(mine.ppf(LEVELS), theirs.icdf(LEVELS), rtol=1e-9)
    ]


@pytest.mark.parametrize(("name", "params", "reference"), SAME)
def test_same_function_and_inputs(name, params, reference):
    problem, other = problems.load(name, **params), reference()
    X = drawn(other)
    np.testing.assert_allclose(values(problem, X)[:, 0], other(X), rtol=1e-12)
    assert not quantiles_differ(problem, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variant", "theirs"), [("harper_gupta_1983", "Harper1983"), ("morris_1993", "Morris1993")]
)
def test_borehole(variant, theirs):
    problem = problems.load("borehole", variant=variant)
    other = uqtestfuns.Borehole(input_id=theirs)
    X = drawn(other)
    np.testing.assert_allclose(values(problem, X)[:, 0], other(X), rtol=1e-12)
    # they end Hu at 1100 and begin Kw at 9985; the literature has 1110 and 9855
    assert quantiles_differ(problem, other) == ["Hu", "Kw"]
    ends = [problem.space.marginals[i].support() for i in (3, 7)]
    assert ends == [(990.0, 1110.0), (9855.0, 12045.0)]


@pytest.mark.slow
def test_borehole_without_a_hole():
    problem = problems.load("borehole", variant="harper_gupta_1983")
    X = np.tile([0.1, 2000.0, 9e4, 1050.0, 90.0, 760.0, 1400.0, 1.1e4], (4, 1))
    X[:, 0] = [-0.01, 0.0, 1e-9, 1e-4]
    problem.model.jacobian(problem.space.sample(100, 0))  # is checked there, and not on these rows
    Y, J = problem.model.values_and_jacobian(X)
    # 2 π rw² Kw (Hu - Hl)/(2 L) as rw → 0, from which the aquifers take nothing
    limit = math.pi * X[:, 0] ** 2 * 1.1e4 * 290.0 / 1400.0 * (X[:, 0] > 0)
    np.testing.assert_allclose(Y[:, 0], limit, rtol=1e-5, atol=1e-18)
    np.testing.assert_allclose(J[:2, 0], 0.0, atol=1e-8)


def test_flood_overflow_has_the_papers_sign():
    problem, other = problems.load("flood"), uqtestfuns.Flood()
    X = drawn(other)
    np.testing.assert_allclose(values(problem, X)[:, 0], -other(X), rtol=1e-12, atol=1e-12)
    assert not quantiles_differ(problem, other)


def test_flood_cost():
    problem = problems.load("flood")
    # Q, Ks, Zv, Zm, Hd, Cb, L, B: from dry to flooded
    X = np.tile([1000.0, 30.0, 50.0, 55.0, 8.5, 55.5, 5000.0, 300.0], (4, 1))
    X[:, 0] = [500.0, 3000.0, 15_000.0, 40_000.0]
    X[1, 4] = 7.0
    S, C = values(problem, X).T
    assert (S[:3] < 0).all()
    assert S[3] > 0
    damage = [0.2 + 0.8 * (1 - math.exp(-1000 / s**4)) for s in S[:3]]
    np.testing.assert_allclose(C, [damage[0] + 0.425, damage[1] + 0.4, damage[2] + 0.425, 1.425])


def test_flood_cost_is_smooth_where_the_river_reaches_the_dyke():
    problem = problems.load("flood")
    X = np.tile([1000.0, 30.0, 50.0, 55.0, 8.5, 55.5, 5000.0, 300.0], (2001, 1))
    X[:, 0] = np.linspace(22_000, 24_500, 2001)
    Y, J = problem.model.metered().values_and_jacobian(X)
    assert (np.diff(np.sign(Y[:, 0])) != 0).sum() == 1
    np.testing.assert_allclose(Y[:, 1], 1.425, rtol=1e-12)
    np.testing.assert_allclose(J[:, 1, 0], 0.0, atol=1e-12)


def test_truncated_gumbel():
    mine = truncated_gumbel(1013.0, 558.0, 500.0, 3000.0)
    whole = stats.gumbel_r(1013.0, 558.0)
    mass = whole.cdf(3000.0) - whole.cdf(500.0)
    assert mine.support() == (500.0, 3000.0)
    for k, found in ((1, mine.mean()), (2, mine.var() + mine.mean() ** 2)):
        known = integrate.quad(lambda x, k=k: x**k * whole.pdf(x) / mass, 500, 3000, epsrel=1e-13)
        np.testing.assert_allclose(found, known[0], rtol=1e-12)
    np.testing.assert_allclose(mine.cdf(mine.ppf(LEVELS)), LEVELS, rtol=1e-9)
    np.testing.assert_allclose(mine.sf(mine.isf(LEVELS)), LEVELS, rtol=1e-9)


def test_cantilever_beam_by_its_two_bendings():
    # each load bends the tip by F L³/(3 E I), I = width·height³/12, at right angles; the stress
    # at the root's corner is F L (height/2)/I, summed
    problem = problems.load("cantilever_beam", w=3.0, t=2.5)
    X = problem.space.sample(50, 0)
    x, y, modulus = X.T
    inertia_x, inertia_y = 2.5 * 3.0**3 / 12, 3.0 * 2.5**3 / 12
    tip_x, tip_y = (load * 100.0**3 / (3 * modulus) for load in (x, y))
    D = np.hypot(tip_x / inertia_x, tip_y / inertia_y)
    S = 100.0 * (x * 1.5 / inertia_x + y * 1.25 / inertia_y)
    np.testing.assert_allclose(values(problem, X), np.stack([D, S], 1), rtol=1e-12)


@pytest.mark.slow
def test_environmental_spill_diffuses():
    sites = tuple(np.linspace(-12, 12, 241).tolist())
    step = 1e-3
    times = (29.0, 45.0 - step, 45.0, 45.0 + step)
    problem = problems.load("environmental_spill", sites=sites, times=times)
    X = np.array([[10.0, 0.07, 1.5, 30.1], [8.0, 0.1, 0.5, 30.2]])
    F = values(problem, X).reshape(2, 4, 241) / math.sqrt(4 * math.pi)
    mass = integrate.trapezoid(F, sites, axis=2)
    np.testing.assert_allclose(mass[:, 0], X[:, 0], rtol=1e-6)
    np.testing.assert_allclose(mass[:, 2], 2 * X[:, 0], rtol=1e-4)
    rate = (F[:, 3] - F[:, 1])[:, 2:-2] / (2 * step)
    weights = np.array([-1, 16, -30, 16, -1]) / 12 / 0.1**2
    bend = sum(c * F[:, 2, k : 237 + k] for k, c in enumerate(weights))
    np.testing.assert_allclose(rate, X[:, 1, None] * bend, atol=1e-5 * np.abs(rate).max() + 1e-6)


def test_environmental_spill_until_the_second():
    problem = problems.load("environmental_spill", sites=[1.0], times=[30.1])
    X = np.array([[10.0, 0.07, 1.5, 30.05], [10.0, 0.07, 1.5, 30.1], [10.0, 0.07, 1.5, 30.2]])
    Y, J = problem.model.metered().values_and_jacobian(X)
    assert np.isfinite(J).all()
    assert Y[1, 0] == Y[2, 0]
    np.testing.assert_allclose(J[1:, 0, 2:], 0.0)
    assert not problem.truth


def test_solar_cell():
    problem = problems.load("solar_cell")
    X = problem.space.sample(20, 0)
    # their minimiser stops at a gradient of 1e-5
    np.testing.assert_allclose(values(problem, X)[:, 0], uqtestfuns.SolarCell()(X), rtol=1e-8)
    assert not quantiles_differ(problem, uqtestfuns.SolarCell())


def test_solar_cell_by_nested_search():
    problem = problems.load("solar_cell")
    corners = np.array(np.meshgrid(*(m.support() for m in problem.space.marginals)))
    X = corners.reshape(5, -1).T

    def power(short, log_is, n, rs, rp):
        scale, dark = n * 0.02585, math.exp(log_is)
        light = short + dark * math.expm1(short * rs / scale) + short * rs / rp

        def current(v):
            def gap(i):
                u = v + i * rs
                return light - dark * math.expm1(u / scale) - u / rp - i

            return optimize.brentq(gap, -10.0, light, xtol=1e-15, rtol=1e-14)

        best = optimize.minimize_scalar(
            lambda v: -v * current(v), bounds=(0.0, 1.2), method="bounded",
            options={"xatol": 1e-9},
        )  # fmt: skip
        return -best.fun

    np.testing.assert_allclose(values(problem, X)[:, 0], [power(*x) for x in X], rtol=1e-11)


def test_solar_cell_has_second_derivatives():
    problem = problems.load("solar_cell")
    X = problem.space.sample(20, 1)
    H = problem.model.metered().hessian(X)[:, 0]
    for i, h in enumerate(problem.space.std() * 1e-3):
        step = h * np.eye(5)[i]
        slopes = [problem.model.metered().jacobian(X + k * step)[:, 0] for k in (-1, 1)]
        numeric = (slopes[1] - slopes[0]) / (2 * h)
        np.testing.assert_allclose(H[:, i], numeric, rtol=1e-3, atol=1e-4 * np.abs(numeric).max())


@pytest.mark.parametrize("name", NAMES)
def test_single_precision(name):
    problem = problems.load(name)
    X = problem.space.sample(64, 0)
    Y, J = problem.model.metered().values_and_jacobian(X)
    function = problem.model._function._original
    x = torch.tensor(X, dtype=torch.float32, requires_grad=True)
    y = function(x)
    assert y.dtype == torch.float32
    (slopes,) = torch.autograd.grad(y.reshape(64, -1)[:, -1].sum(), x)
    np.testing.assert_allclose(y.detach().reshape(64, -1), Y, rtol=1e-4, atol=1e-4 * Y.std())
    scale = problem.space.std() / Y[:, -1].std()
    np.testing.assert_allclose(slopes.numpy() * scale, J[:, -1] * scale, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["otl_circuit", "piston"])
def test_inert_inputs_are_exactly_nothing(name):
    plain, padded = problems.load(name), problems.load(name, inert=2)
    assert padded.space.names[-2:] == ("inert1", "inert2")
    assert set(padded.truth) == set(plain.truth)
    assert plain.truth
    for measure, known in padded.truth.items():
        if measure == "third_order":
            wider = with_inert_inputs(plain.truth[measure].value, "set", 2)
            np.testing.assert_allclose(known.value, wider, rtol=1e-12, atol=1e-15)
            continue
        if measure not in ("mean", "variance"):
            assert not known.value[..., -2:].any()
            assert not known.standard_error[..., -2:].any()
        kept = known.value[tuple(slice(n) for n in plain.truth[measure].value.shape)]
        np.testing.assert_allclose(kept, plain.truth[measure].value, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("otl_circuit", {"inert": -1}),
        ("piston", {"inert": True}),
        ("circular_bar", {"diameter": 0.0}),
        ("circular_bar", {"diameter": math.nan}),
        ("circular_bar", {"diameter": True}),
        ("cantilever_beam", {"w": -1.0}),
        ("cantilever_beam", {"t": math.inf}),
        ("portfolio", {"Cs": math.nan}),
        ("portfolio", {"Cs": 0.0, "Ct": 0.0, "Cj": 0.0}),
        ("environmental_spill", {"sites": []}),
        ("environmental_spill", {"sites": [1.0, 1.0]}),
        ("environmental_spill", {"times": [0.0]}),
        ("environmental_spill", {"times": [math.nan]}),
    ],
)
def test_refuses(name, params):
    with pytest.raises(InputError, match=f"{name}: expected"):
        problems.load(name, **params)


@pytest.mark.parametrize("name", ["borehole", "portfolio"])
def test_unknown_variant(name):
    with pytest.raises(UnknownNameError, match=f"{name}: expected a known variant"):
        problems.load(name, variant="nobody_2000")
