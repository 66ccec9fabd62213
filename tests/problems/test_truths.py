"""Every exact value against quadrature of the function itself; derivatives by autograd."""

import math
from itertools import combinations

import numpy as np
import pytest

from sensbench import problems
from sensbench.errors import InputError

PI = math.pi


def panels(low, high, count, degree):
    """Nodes and probabilities of composite Gauss-Legendre; panels end at the kinks."""
    x, w = np.polynomial.legendre.leggauss(degree)
    ends = np.linspace(low, high, count + 1)
    half = (high - low) / count / 2
    nodes = (ends[:-1, None] + half * (x + 1)).ravel()
    return nodes, np.tile(w / 2 / count, count)


def hermite(mean, std, degree):
    x, w = np.polynomial.hermite_e.hermegauss(degree)
    return mean + std * x, w / w.sum()


def by_quadrature(problem, axes):
    d = problem.d
    grid = np.stack(np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij"), -1)
    shape = grid.shape[:-1]
    Y, J = problem.model.metered().values_and_jacobian(grid.reshape(-1, d))
    Y, J = Y.reshape(*shape, -1), J.reshape(*shape, *J.shape[1:])
    weights = [w for _, w in axes]

    def mean(values, over):
        """Average over grid axes, from the last one so that the others keep their numbers."""
        for axis in sorted(over, reverse=True):
            values = np.tensordot(weights[axis], values, axes=(0, axis))
        return values

    mean.weights = weights
    everything = list(range(d))
    centre = mean(Y, everything)
    Y = Y - centre
    variance = mean(Y**2, everything)
    first, total = np.empty((2, problem.o, d))
    for i in everything:
        others = [j for j in everything if j != i]
        first[:, i] = weights[i] @ mean(Y, others) ** 2 / variance
        # E[Var(f|x_~i)]: spread along axis i around its own mean, averaged over all
        around = Y - np.expand_dims(mean(Y, [i]), i)
        total[:, i] = mean(around**2, everything) / variance
    sigma = np.sqrt([w @ (nodes - w @ nodes) ** 2 for nodes, w in axes])
    raw = {
        "derivative_mean": mean(J, everything),
        "derivative_abs": mean(np.abs(J), everything),
        "dgsm": mean(J**2, everything),
    }
    raw["derivative_rms"] = np.sqrt(raw["dgsm"])
    raw["derivative_std"] = np.sqrt(mean((J - raw["derivative_mean"]) ** 2, everything))
    scale = sigma / np.sqrt(variance)[:, None]
    shares = {
        u: spread_of_mean(Y, u, everything, mean) / variance
        for r in range(d + 1)
        for u in combinations(everything, r)
    }
    second, shapley = np.zeros((problem.o, d, d)), np.zeros((problem.o, d))
    for i, j in combinations(everything, 2):
        second[:, i, j] = second[:, j, i] = shares[i, j] - shares[i,] - shares[j,]
    for u, share in shares.items():
        for i in set(everything) - set(u):
            more = shares[tuple(sorted((*u, i)))] - share
            shapley[:, i] += more / (d * math.comb(d - 1, len(u)))
    ranges = np.array([np.ptp(m.support()) for m in problem.space.marginals])
    limit = {"mu_star_limit": raw["derivative_abs"] * ranges} if np.isfinite(ranges).all() else {}
    standardised = {f"{k}_standardised": v * scale for k, v in raw.items() if k != "dgsm"}
    return {
        **raw,
        **limit,
        "mean": centre,
        "variance": variance,
        "second_order": second,
        "shapley": shapley,
        **standardised,
        "first_order": first,
        "total_order": total,
        "permutation_mse": 2 * variance[:, None] * total,
        "permutation_r2": 2 * total,
        "permutation_total_order": total,
    }


def spread_of_mean(Y, u, everything, mean):
    """Var(E[f|x_u]) of a centred f."""
    inner = mean(Y, [j for j in everything if j not in u])
    weights_of = [j for j in everything if j in u]
    squares = inner**2
    for axis in reversed(range(len(weights_of))):
        squares = np.tensordot(mean.weights[weights_of[axis]], squares, axes=(0, axis))
    return squares


def agree(problem, axes):
    found = by_quadrature(problem, axes)
    assert set(problem.truth) == {*found, "total_order_bound"}
    for name, values in found.items():
        known = problem.truth[name]
        assert known.is_exact
        # of shares and of a mean that may be 0, the digits count from a size of 1
        least = 1.0 if name in ("mean", "second_order") else 0.0
        scale = max(np.abs(known.value).max(), least) or 1.0
        np.testing.assert_allclose(known.value, values, rtol=1e-9, atol=1e-9 * scale)


@pytest.mark.parametrize(("a", "b"), [(7.0, 0.1), (7.0, 0.05), (-2.0, 1.0), (0.0, 0.1), (5.0, 0.0)])
def test_ishigami(a, b):
    # kinks of |cos x1|, |sin 2x2| and |x3³|: multiples of π/2
    agree(problems.load("ishigami", a=a, b=b), [panels(-PI, PI, 4, 12)] * 3)


@pytest.mark.parametrize("a", [(0, 1, 4.5, 9), (0, 0, 0), (99,), (1e4, 2e4)])
def test_sobol_g(a):
    agree(problems.load("sobol_g", a=a), [panels(0, 1, 2, 3)] * len(a))


def test_sobol_g_by_default():
    agree(problems.load("sobol_g"), [panels(0, 1, 2, 2)] * 8)


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_linregnet(seed):
    problem = problems.load("linregnet", seed=seed)
    marginals = [(float(m.mean()), float(m.std())) for m in problem.space.marginals]
    agree(problem, [hermite(mean, std, 3) for mean, std in marginals])


@pytest.mark.parametrize("a", [(), [-0.5], [1.0, float("nan")]])
def test_sobol_g_refuses(a):
    with pytest.raises(InputError, match="sobol_g: expected a as a list"):
        problems.load("sobol_g", a=a)


@pytest.mark.parametrize("params", [{"b": float("nan")}, {"a": float("inf")}])
def test_ishigami_refuses(params):
    with pytest.raises(InputError, match="ishigami: expected"):
        problems.load("ishigami", **params)
