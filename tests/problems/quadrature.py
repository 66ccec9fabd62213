"""Quadrature on a grid: every measure of a problem, by a route that shares nothing with truths.

A tensor grid of nodes per input, the function and its derivative at every node (autograd), and
averages over grid axes. The truths come from factors of one input, or from many random points.
"""

import math
from itertools import combinations

import numpy as np
from scipy import stats


def panels(low, high, count, degree):
    """Nodes and probabilities of composite Gauss-Legendre; panels end at the kinks."""
    return between(np.linspace(low, high, count + 1), degree)


def between(ends, degree):
    """Nodes and probabilities of a uniform input, with panels between the given ends."""
    x, w = np.polynomial.legendre.leggauss(degree)
    ends = np.sort(np.asarray(ends, dtype=float))
    half = np.diff(ends)[:, None] / 2
    return (ends[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel() / (ends[-1] - ends[0])


def hermite(mean, std, degree):
    """Nodes and probabilities of a normal input."""
    x, w = np.polynomial.hermite_e.hermegauss(degree)
    return mean + std * x, w / w.sum()


def quantiles(marginal, count, degree):
    """Nodes and probabilities of any continuous input, from panels in its standard normal."""
    z, w = panels(-8.0, 8.0, count, degree)
    w = w * stats.norm.pdf(z)
    return marginal.ppf(stats.norm.cdf(z)), w / w.sum()


def grid(problem, degree, count=1):
    """One axis per input: Gauss-Hermite, panels, or panels in the standard normal."""
    axes = []
    for marginal in problem.space.marginals:
        family = marginal.dist.name
        if family == "norm":
            axes.append(hermite(float(marginal.mean()), float(marginal.std()), degree))
        elif family == "uniform":
            axes.append(panels(*marginal.support(), count, degree))
        else:
            axes.append(quantiles(marginal, max(count, 4), degree))
    return axes


def by_quadrature(problem, axes):
    """Return every measure but the bound; ``mu_star_limit`` where the inputs are bounded."""
    d, everything = problem.d, list(range(problem.d))
    Y, J = on_grid(problem, axes)
    weights = [w for _, w in axes]

    def mean(values, over):
        """Average over grid axes, from the last one so that the others keep their numbers."""
        for axis in sorted(over, reverse=True):
            values = np.tensordot(weights[axis], values, axes=(0, axis))
        return values

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
        u: spread_of_mean(Y, u, weights, mean) / variance
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
    along = [w * (nodes - w @ nodes) for nodes, w in axes]
    correlations = [
        along[i] @ mean(Y, [j for j in everything if j != i]) / sigma[i] for i in everything
    ]
    lower = {"total_order_lower_bound": np.stack(correlations, axis=-1) ** 2 / variance[:, None]}
    standardised = {f"{k}_standardised": v * scale for k, v in raw.items() if k != "dgsm"}
    acting = interactions(shares, problem.o, d)
    return {
        **{name: values for name, values in (acting | lower).items() if name in problem.truth},
        **raw,
        **limit(problem, axes, raw["derivative_abs"]),
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


def interactions(shares, o, d):
    """What is left of closed shares when those of all smaller, or all other, sets are taken out."""
    everything = range(d)
    total = np.zeros((o, d, d))
    for i, j in combinations(everything, 2):
        rest = [tuple(k for k in everything if k not in u) for u in ((i,), (j,), (i, j))]
        without_one, without_other, without_both = (shares[u] for u in rest)
        value = shares[tuple(everything)] - without_one - without_other + without_both
        total[:, i, j] = total[:, j, i] = value
    threes = [
        sum((-1) ** (3 - r) * shares[v] for r in (1, 2, 3) for v in combinations(u, r))
        for u in combinations(everything, 3)
    ]
    return {"total_interaction": total, "third_order": np.array(threes).reshape(-1, o).T}


def on_grid(problem, axes):
    nodes = np.stack(np.meshgrid(*(nodes for nodes, _ in axes), indexing="ij"), -1)
    shape = nodes.shape[:-1]
    Y, J = problem.model.metered().values_and_jacobian(nodes.reshape(-1, problem.d))
    return Y.reshape(*shape, -1), J.reshape(*shape, *J.shape[1:])


def spread_of_mean(Y, u, weights, mean):
    """Var(E[f|x_u]) of a centred f."""
    squares = mean(Y, [j for j in range(len(weights)) if j not in u]) ** 2
    for j in reversed(u):
        squares = np.tensordot(weights[j], squares, axes=(0, u.index(j)))
    return squares


def limit(problem, axes, sizes):
    """The limit of mu_star: x_i uniform on its range, the others as they are."""
    ends = np.array([m.support() for m in problem.space.marginals], dtype=float)
    if not np.isfinite(ends).all():
        return {}
    found = sizes * np.ptp(ends, axis=1)
    for i, marginal in enumerate(problem.space.marginals):
        if marginal.dist.name != "uniform":
            flat = [*axes[:i], panels(*ends[i], 4, 8), *axes[i + 1 :]]
            values = np.abs(on_grid(problem, flat)[1][..., i])
            for axis in reversed(range(problem.d)):
                values = np.tensordot(flat[axis][1], values, axes=(0, axis))
            found[:, i] = values * np.ptp(ends[i])
    return {"mu_star_limit": found}


def agree(problem, axes, rtol=1e-9, without=()):
    """Every truth is exact and the grid's; ``without``: measures that no truth is known of."""
    found = by_quadrature(problem, axes)
    assert set(problem.truth) == {*found, "total_order_bound"} - set(without)
    for name in set(problem.truth) - {"total_order_bound"}:
        assert problem.truth[name].is_exact
        close(name, problem.truth[name], found[name], rtol)


def close(name, known, values, rtol=1e-9, standard_errors=6.0):
    """One truth against another route's value, to rounding or within standard errors."""
    # of shares and of a mean that may be 0, the digits count from a size of 1
    of_one = ("mean", "first_order", "second_order", "total_interaction", "third_order")
    least = 1.0 if name in of_one else 0.0
    scale = max(np.abs(known.value).max(), least) or 1.0
    slack = rtol * (np.abs(values) + scale) + standard_errors * known.standard_error
    gap = np.abs(known.value - values) / slack
    assert gap.max() <= 1.0, f"{name}: {known.value}, not {values}"
