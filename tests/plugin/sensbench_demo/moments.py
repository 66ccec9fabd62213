"""An estimator of measures of every axis, and the measures it brings."""

from dataclasses import dataclass

import numpy as np

import sensbench as sb
from sensbench.estimator.bootstrap import Bootstrap, centred, variance
from sensbench.measure import define

_SOURCE = "Anderson 2003, doi:10.1002/9780470316967"

for _measure in (
    sb.Measure(
        "demo_correlation",
        "$r$",
        "Pearson's correlation of the output with the input.",
        "",
        "Corr(y, x_i)",
        _SOURCE,
        "correlation",
        variance_power=2,
        signed=True,
    ),
    sb.Measure(
        "demo_product_correlation",
        "$r_{ij}$",
        "Correlation of the output with the product of two inputs, each less its mean.",
        "",
        "Corr(y, (x_i - E x_i)(x_j - E x_j))",
        _SOURCE,
        "correlation",
        axis="pair",
        signed=True,
    ),
    sb.Measure(
        "demo_spread",
        r"$\sigma_y$",
        "Standard deviation of the output.",
        "{y}",
        "sqrt(Var f)",
        _SOURCE,
        "moment",
        axis="output",
    ),
    sb.Measure(
        "demo_canonical",
        r"$\rho$",
        "Part of the output's variance along each principal direction of the standardised inputs.",
        "",
        "Corr(y, w_k·z)²",
        _SOURCE,
        "correlation",
        axis="direction",
    ),
):
    define(_measure)


@dataclass(frozen=True)
class Moments(sb.Estimator):
    """Correlations of each output with inputs, pairs and principal directions; its spread."""

    name = "moments"
    measures = ("demo_correlation", "demo_product_correlation", "demo_spread", "demo_canonical")
    ranks_by = "demo_correlation"
    needs = sb.Needs("given", minimum_rows=20)

    resamples: int = 200

    def _estimate(self, problem, budget, rng):
        X, Y = problem.sample(budget, rng)
        z, w = ((rows - rows.mean(axis=0)) / _spread(rows) for rows in (X, Y))
        pairs = z[:, :, None] * z[:, None, :]
        pairs = (pairs - pairs.mean(axis=0)) / _spread(pairs)
        axes = np.linalg.eigh(z.T @ z)[1]
        # which of two opposite vectors is returned plays no part in a square
        directions = z @ axes
        directions = directions / _spread(directions)
        columns = {
            "one": np.einsum("no,ni->noi", w, z),
            "two": np.einsum("no,nij->noij", w, pairs),
            "along": np.einsum("no,nk->nok", w, directions),
            **centred("y", Y),
        }
        interval = Bootstrap(columns, rng, self.resamples, 0.95)
        return {
            "demo_correlation": interval(lambda m: m["one"]),
            "demo_product_correlation": interval(lambda m: m["two"]),
            "demo_spread": interval(lambda m: np.sqrt(variance(m, "y"))),
            "demo_canonical": interval(lambda m: m["along"] ** 2),
        }


def _spread(rows):
    deviation = rows.std(axis=0)
    return np.where(deviation > 0, deviation, 1.0)
