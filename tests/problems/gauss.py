"""Gauss quadrature for any continuous marginal: few nodes for smooth functions of many inputs."""

import numpy as np
from scipy import stats

from tests.problems.quadrature import hermite, panels


def gauss(marginal, n):
    """Nodes and probabilities, from the recurrence of the marginal's orthogonal polynomials.

    Lognormal inputs by Hermite polynomials of the logarithm, in which functions are smoother.
    """
    family = marginal.dist.name
    if family == "uniform":
        return panels(*marginal.support(), 1, n)
    if family in ("norm", "lognorm"):
        z, w = hermite(0.0, 1.0, n)
        return np.where(z > 0, marginal.isf(stats.norm.sf(z)), marginal.ppf(stats.norm.cdf(z))), w
    z, w = panels(-9.0, 9.0, 64, 12)
    # each tail from its own end, where its digits are
    x = np.where(z > 0, marginal.isf(stats.norm.sf(z)), marginal.ppf(stats.norm.cdf(z)))
    w = w * stats.norm.pdf(z) / (w @ stats.norm.pdf(z))
    centre, scale = w @ x, np.sqrt(w @ (x - w @ x) ** 2)
    t = (x - centre) / scale
    before, now = np.zeros_like(t), np.ones_like(t)
    diagonal, off = [], []
    for _ in range(n):
        diagonal.append(w @ (t * now**2))
        after = (t - diagonal[-1]) * now - (off[-1] if off else 0.0) * before
        off.append(np.sqrt(w @ after**2))
        before, now = now, after / off[-1]
    values, vectors = np.linalg.eigh(
        np.diag(diagonal) + np.diag(off[:-1], 1) + np.diag(off[:-1], -1)
    )
    return centre + scale * values, vectors[0] ** 2


def gauss_grid(problem, *counts):
    """One axis per input: so many nodes, or nodes and probabilities as given."""
    pairs = zip(problem.space.marginals, counts, strict=True)
    return [gauss(marginal, n) if isinstance(n, int) else n for marginal, n in pairs]


def test_it_is_exact_for_polynomials():
    for marginal in (stats.norm(3, 2), stats.uniform(1, 2), stats.triang(0.5, 1, 4)):
        x, w = gauss(marginal, 5)
        for k in range(10):
            np.testing.assert_allclose(w @ x**k, marginal.moment(k), rtol=1e-10)
