"""Stein kernels: Cov(x, g(x)) = E[τ(x) g'(x)], against means and closed forms."""

import numpy as np
import pytest
from scipy import stats

from sensbench.inputs.stein import NoKernel, stein_kernel

HISTOGRAM = stats.rv_histogram(([1, 4, 2, 6], [-1.0, 0.0, 2.0, 3.0, 3.5]), density=False)()


@pytest.mark.parametrize(
    ("marginal", "tau"),
    [
        (stats.norm(3, 2), lambda x: 4 + 0 * x),
        (stats.uniform(-1, 3), lambda x: (2 - x) * (x + 1) / 2),
        (stats.beta(2, 3), lambda x: x * (1 - x) / 5),
        (stats.beta(8, 2, loc=1, scale=4), lambda x: (x - 1) * (5 - x) / 10),
    ],
)
def test_closed_forms(marginal, tau):
    x = marginal.ppf(np.linspace(0.01, 0.99, 23))
    np.testing.assert_allclose(
        stein_kernel(marginal)(x) * marginal.var(), tau(x), rtol=1e-5, atol=1e-9
    )


@pytest.mark.parametrize(
    "marginal",
    [
        stats.triang(0.3), stats.truncnorm(-2, 1, loc=3, scale=2), stats.truncnorm(-1, np.inf),
        stats.loguniform(0.1, 100), stats.truncexpon(3), stats.arcsine(), HISTOGRAM,
    ],
)  # fmt: skip
def test_a_covariance_is_a_mean_slope(marginal):
    kernel = stein_kernel(marginal)
    # equally likely middles: exact to 1e-5 for these
    x = marginal.ppf((np.arange(400_000) + 0.5) / 400_000)
    covariance = np.mean((x - x.mean()) * np.sin(x))
    slope = np.mean(kernel(x) * np.cos(x)) * x.var()
    assert slope == pytest.approx(covariance, rel=3e-4)
    assert kernel.most >= 1


@pytest.mark.parametrize(
    ("marginal", "reason"),
    [
        (stats.expon(), "unbounded 'expon' marginal; truncate it"),
        (stats.poisson(3), "it has no density"),
        (stats.powerlaw(0.3), "quadrature of its Stein kernel is off by"),
    ],
)
def test_without_a_kernel_there_is_a_reason(marginal, reason):
    found = stein_kernel(marginal)
    assert isinstance(found, NoKernel)
    assert reason in found.reason
