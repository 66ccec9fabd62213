"""Distributions of scipy.stats in every form: tables, histograms, one's own, the newer kind."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.inputs.poincare import NoConstant, poincare_constant
from sensbench.truths.line import Line

VALUES, SHARES = [1, 5, 10], [0.2, 0.3, 0.5]
newer = pytest.mark.skipif(not hasattr(stats, "Normal"), reason="scipy 1.15 has the newer kind")


class Ramp(stats.rv_continuous):
    def _pdf(self, x):
        return 2 * x


class Flat(stats.rv_continuous):
    def _pdf(self, x):
        return 1.0 + 0 * x


class Power(stats.rv_continuous):
    def _pdf(self, x, a):
        return a * x ** (a - 1)


def one(given):
    return sb.InputSpace.of({"a": given})


@pytest.mark.parametrize(
    ("make", "shift"), [(lambda t: t, 0), (lambda t: t(), 0), (lambda t: t(2), 2),
                        (lambda t: t(loc=-3), -3)],
)  # fmt: skip
def test_a_table_of_values_and_probabilities(make, shift):
    space = one(make(stats.rv_discrete(values=(VALUES, SHARES))))
    mean = 6.7
    assert float(space.marginals[0].mean()) == pytest.approx(mean + shift)
    variance = np.dot(SHARES, (np.array(VALUES) - mean) ** 2)
    assert space.std()[0] == pytest.approx(np.sqrt(variance))
    assert space.continuous.tolist() == [False]
    assert space.without_derivative == {"a": "which takes 3 separate values only"}
    u = np.array([[0.0], [0.2], [0.21], [0.51], [1 - 2.0**-53], [1.0]])
    assert (space.from_unit(u)[:, 0] - shift).tolist() == [1, 1, 5, 10, 10, 10]
    assert isinstance(poincare_constant(space.marginals[0]), NoConstant)


def test_a_table_whose_probabilities_sum_to_a_little_less_than_one():
    """scipy's own quantile near 1 is then the smallest value."""
    table = stats.rv_discrete(values=(range(10), [0.1] * 10))
    drawn = one(table).from_unit(np.array([[1 - 2.0**-53]]))
    assert drawn.tolist() == [[9.0]]


def test_a_histogram_is_a_density(rng):
    data = rng.gamma(2.0, size=2000)
    histogram = stats.rv_histogram(np.histogram(data, bins=12))
    for given, loc, scale in ((histogram, 0, 1), (histogram(loc=3, scale=2), 3, 2)):
        space = one(given)
        assert space.continuous.tolist() == [True]
        assert float(space.marginals[0].mean()) == pytest.approx(loc + scale * histogram.mean())
        assert space.std()[0] == pytest.approx(scale * histogram.std())
        u = rng.random((50, 1))
        expected = loc + scale * histogram.ppf(u)
        np.testing.assert_allclose(space.from_unit(u), expected, rtol=1e-12)
        low, high = data.min(), data.max()
        ends = space.from_unit(np.array([[0.0], [1.0]]))[:, 0]
        np.testing.assert_allclose(ends, [loc + scale * low, loc + scale * high], rtol=1e-12)
        assert "histogram of 12 bins" in space.describe()["a"]


def test_the_poincare_constant_of_a_histogram_of_two_bins():
    """Densities a and b on equal halves of [0, 1]: cos πx, then -(a/b) cos π(1-x) solves it."""
    for shares in ([1, 1], [1, 5], [30, 1]):
        marginal = stats.rv_histogram((np.array(shares), np.array([0.0, 0.5, 1.0])), density=False)
        assert poincare_constant(marginal()) == pytest.approx(1 / np.pi**2, rel=1e-5)
        assert poincare_constant(marginal(loc=7, scale=3)) == pytest.approx(9 / np.pi**2, rel=1e-5)


def test_expectations_over_a_table_and_a_histogram():
    table = one(stats.rv_discrete(values=(VALUES, SHARES))).marginals[0]
    line = Line(table)
    assert line.weights @ line.x**3 == pytest.approx(0.2 + 0.3 * 125 + 500)
    marginal = stats.rv_histogram((np.array([1, 3]), np.array([0.0, 1.0, 3.0])), density=False)
    line = Line(marginal())
    # a quarter on [0, 1], three quarters on [1, 3]: E x³ = 1/4 · 1/4 + 3/4 · (81 - 1)/(4 · 2)
    assert line.weights @ line.x**3 == pytest.approx(1 / 16 + 7.5, rel=1e-10)


def test_distributions_of_ones_own_are_told_apart():
    """scipy calls each of them Distribution; 2x and 1 on [0, 1] have other constants."""
    ramp, flat = (one(kind(a=0, b=1)).marginals[0] for kind in (Ramp, Flat))
    assert float(ramp.mean()) == pytest.approx(2 / 3)
    # (x h')' = -λ x h, h'(1) = 0: h = J0(√λ x), √λ the first zero of J1
    assert poincare_constant(ramp) == pytest.approx(3.8317059702075125**-2, rel=1e-4)
    assert poincare_constant(flat) == pytest.approx(1 / np.pi**2, rel=1e-5)
    power = Power(a=0, b=1, shapes="a")
    assert float(one(power(a=3.0)).marginals[0].mean()) == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (stats.norm, r"scipy\.stats\.norm\(loc=…, scale=…\)"),
        (stats.gamma, r"scipy\.stats\.gamma\(a=…, loc=…, scale=…\)"),
        (stats.poisson, r"scipy\.stats\.poisson\(mu=…\)"),
        (stats.randint, r"scipy\.stats\.randint\(low=…, high=…\)"),
        (Power(a=0, b=1, shapes="a"), r"one of your own.*yours\(a=…, loc=…, scale=…\)"),
        (stats.norm([0, 1], 1), "several numbers"),
        (stats.norm([0], [1]), "several numbers"),
        (stats.rv_histogram, r"the class rv_histogram"),
        (stats.multivariate_normal(), "scipy.stats frozen distribution for 'a'"),
        (stats.norm(0, -1), "finite mean"),
    ],
)
def test_what_lacks_parameters_is_told_how_to_give_them(given, message):
    with pytest.raises(InputError, match=message):
        one(given)


@newer
def test_the_newer_normal_and_uniform_are_the_older_ones_bit_by_bit(rng):
    u = rng.random((100, 2))
    newer = {"n": stats.Normal(mu=1, sigma=2), "u": stats.Uniform(a=1, b=3)}
    older = {"n": stats.norm(1, 2), "u": (1, 3)}
    space = sb.InputSpace.of(newer)
    assert (space.from_unit(u) == sb.InputSpace.of(older).from_unit(u)).all()
    assert space.describe() == sb.InputSpace.of(older).describe()
    assert poincare_constant(space.marginals[0]) == 4.0


@newer
def test_others_of_the_newer_kind():
    gamma = stats.make_distribution(stats.gamma)(a=2.0)
    cut = stats.truncate(stats.Normal(), -1.0, 2.0)
    space = sb.InputSpace.of({"g": gamma, "t": cut, "s": 3 * stats.Normal() + 1})
    older = [stats.gamma(2.0), stats.truncnorm(-1, 2), stats.norm(1, 3)]
    u = np.linspace(0.01, 0.99, 12)[:, None] * np.ones(3)
    X = space.from_unit(u)
    for i, marginal in enumerate(older):
        np.testing.assert_allclose(X[:, i], marginal.ppf(u[:, i]), rtol=1e-6)
        assert space.std()[i] == pytest.approx(marginal.std(), rel=1e-6)
    assert np.isfinite(space.from_unit(np.array([[0.0] * 3, [1.0] * 3]))).all()
    assert space.continuous.all()
    assert poincare_constant(space.marginals[1]) == pytest.approx(
        poincare_constant(older[1]), rel=1e-6
    )
    assert isinstance(poincare_constant(space.marginals[0]), NoConstant)
    assert space.describe()["t"].startswith("truncate(")
    with pytest.raises(InputError, match="the class Normal"):
        one(stats.Normal)
    with pytest.raises(InputError, match="several numbers"):
        one(stats.Normal(mu=[0, 1]))


@pytest.mark.skipif(not hasattr(stats, "Binomial"), reason="scipy 1.16 has discrete ones")
def test_discrete_ones_of_the_newer_kind_have_no_derivative():
    space = one(stats.Binomial(n=5, p=0.3))
    assert space.continuous.tolist() == [False]
    assert space.without_derivative == {"a": "which takes 6 separate values only"}
    assert set(space.sample(2000, 0)[:, 0]) == {0, 1, 2, 3, 4, 5}
    assert isinstance(poincare_constant(space.marginals[0]), NoConstant)
