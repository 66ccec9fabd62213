import mpmath as mp
import numpy as np
import pytest
from scipy import integrate, linalg, special, stats

from sensbench.inputs.poincare import NoConstant, poincare_constant

bessel_zero = special.jn_zeros(0, 1)[0]


@pytest.mark.parametrize(
    ("marginal", "constant"),
    [
        (stats.uniform(2, 5), 25 / np.pi**2),
        (stats.norm(3, 2), 4.0),
        (stats.expon(scale=3), 36.0),
        # beta(1, 1) is the uniform, but takes the numerical route
        (stats.beta(1, 1, loc=2, scale=5), 25 / np.pi**2),
        # He_3' = 3(x² - 1) vanishes at ±1: x³ - 3x is the eigenfunction, of eigenvalue 3
        (stats.truncnorm(-1, 1), 1 / 3),
        (stats.truncnorm(-1, 1, loc=10, scale=4), 16 / 3),
        # on [0, b], exp(x/2) sin(pi x/b) is the derivative of the eigenfunction
        (stats.truncexpon(6), 1 / (1 / 4 + (np.pi / 6) ** 2)),
        # symmetric triangle on [-1, 1]: Bessel's equation, J_0(sqrt(lambda)) = 0
        (stats.triang(0.5, loc=-1, scale=2), 1 / bessel_zero**2),
    ],
)
def test_constants_with_a_closed_form(marginal, constant):
    assert poincare_constant(marginal) == pytest.approx(constant, rel=2e-5)


@pytest.mark.parametrize("marginal", [stats.laplace(0, 3), stats.logistic(0, 3)])
def test_unbounded_constants_are_nearly_attained(marginal):
    """g = sign(x)(exp(a|x|) - 1), a just below half the tail's rate, is nearly extremal."""
    a = 0.495 / 3
    square, _ = integrate.quad(
        lambda x: 2 * np.expm1(a * x) ** 2 * marginal.pdf(x), 0, 600 * 3, limit=500, points=[1, 30]
    )
    slope, _ = integrate.quad(
        lambda x: 2 * (a * np.exp(a * x)) ** 2 * marginal.pdf(x),
        0,
        600 * 3,
        limit=500,
        points=[1, 30],
    )
    assert 0.95 * poincare_constant(marginal) < square / slope < poincare_constant(marginal)


@pytest.mark.parametrize(
    ("marginal", "reason"),
    [
        (stats.lognorm(1), "unbounded"),
        (stats.randint(0, 5), "discrete"),
        (stats.rv_histogram((np.array([1, 0, 1]), np.array([0, 1, 2, 3]))).freeze(), "vanishes"),
    ],
)
def test_no_constant_says_why(marginal, reason):
    found = poincare_constant(marginal)
    assert isinstance(found, NoConstant)
    assert reason in found.reason


def test_the_inequality_is_attained_only_in_the_limit():
    """Var g <= C E[g'²] for many g, on a skewed triangle; the constant is sharp within 1 %."""
    marginal = stats.triang(0.2, loc=0, scale=3)
    constant = poincare_constant(marginal)
    x = marginal.ppf((np.arange(200_000) + 0.5) / 200_000)
    ratios = []
    for degree in range(1, 9):
        for phase in (0.0, 0.5):
            angle = degree * np.pi / 3 * x + phase
            ratios.append(np.cos(angle).var() / np.mean((degree * np.pi / 3 * np.sin(angle)) ** 2))
    ratios.append(x.var())
    assert max(ratios) <= constant * (1 + 1e-4)
    assert max(ratios) > 0.9 * constant


@pytest.mark.parametrize(
    ("marginal", "ends"),
    [
        (stats.beta(8, 2), (0, 1)),
        (stats.beta(2, 8), (0, 1)),
        (stats.truncnorm(-2, np.inf, loc=30, scale=7.5), (15, 80)),
        (stats.truncnorm(-np.inf, 1, loc=0, scale=2), (-14, 2)),
    ],
)
def test_ends_with_next_to_no_probability_against_polynomials(marginal, ends):
    """Rayleigh-Ritz with polynomials instead of finite elements."""
    t, w = np.polynomial.legendre.leggauss(600)
    half = (ends[1] - ends[0]) / 2
    weights = w * half * marginal.pdf(ends[0] + half * (t + 1))
    basis = np.eye(26)
    P = np.array([np.polynomial.legendre.legval(t, b) for b in basis])
    D = np.array(
        [np.polynomial.legendre.legval(t, np.polynomial.legendre.legder(b)) for b in basis]
    )
    eigenvalues = linalg.eigh((D * weights) @ D.T / half**2, (P * weights) @ P.T, eigvals_only=True)
    assert poincare_constant(marginal) == pytest.approx(1 / eigenvalues[1], rel=2e-5)


def test_the_laplace_and_the_logistic_have_the_spectral_gap_of_their_scale():
    """(s f')' with densities e^(-|x|/s)/2s and the logistic's: both 4 s², at any location."""
    for marginal in (stats.laplace(5, 3), stats.logistic(5, 3)):
        assert poincare_constant(marginal) == pytest.approx(4 * 3**2, rel=1e-12)


def by_shooting(densities, edges):
    """Solve (ρh')' = -λρh in pieces of cosines, h' = 0 at the ends: the first root in λ."""

    def flow_at_the_end(rate):
        w = mp.sqrt(rate)
        h, flow = mp.mpf(1), mp.mpf(0)
        for rho, low, high in zip(densities, edges, edges[1:], strict=False):
            angle, slope = w * mp.mpf(high - low), flow / mp.mpf(rho)
            h, slope = (
                h * mp.cos(angle) + slope / w * mp.sin(angle),
                slope * mp.cos(angle) - h * w * mp.sin(angle),
            )
            flow = mp.mpf(rho) * slope
        return flow

    with mp.workdps(40):
        rates = [mp.mpf(10) ** (mp.mpf(k) / 20) for k in range(-280, 60)]
        flows = [flow_at_the_end(rate) for rate in rates]
        first = next(k for k in range(len(rates)) if flows[k] * flows[k + 1] < 0)
        root = mp.findroot(flow_at_the_end, (rates[first], rates[first + 1]), solver="anderson")
        return float(1 / root)


@pytest.mark.parametrize(
    ("densities", "edges"),
    [
        ([1, 1e-2, 1], [0, 1, 2, 3]),
        ([1, 1e-7, 1], [0, 1, 2, 3]),
        ([1, 1e-10, 1], [0, 1, 2, 3]),
        ([1, 1e-7, 2, 1e-4, 1], [0, 1, 1.125, 2, 2.5, 3]),
    ],
)
def test_deep_valleys_against_shooting(densities, edges):
    """Between wells the constant is as large as the valley is deep: 5e6 at 1e-7."""
    law = stats.rv_histogram((np.array(densities, dtype=float), np.array(edges)), density=True)
    exact = by_shooting(densities, edges)
    assert poincare_constant(law.freeze()) == pytest.approx(exact, rel=2e-5)


def test_a_smooth_valley_against_the_time_to_cross_it():
    """exp(12 cos 2πx), two wells of half the mass: ∫dx/ρ over 4, to first order in its slowness."""

    class Wells(stats.rv_continuous):
        def _pdf(self, x):
            return np.exp(12 * np.cos(2 * np.pi * x)) / special.i0(12)

    across, _ = integrate.quad(lambda x: special.i0(12) * np.exp(-12 * np.cos(2 * np.pi * x)), 0, 1)
    assert poincare_constant(Wells(a=0, b=1, name="wells")()) == pytest.approx(across / 4, rel=0.01)
