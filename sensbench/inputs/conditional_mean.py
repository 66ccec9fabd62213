"""How the other inputs follow, on average, when one of them moves."""

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.errors import NotApplicable
from sensbench.inputs.conditional import Joint
from sensbench.inputs.gaussian_copula import GaussianCopula
from sensbench.inputs.marginal import Empirical, family_of, is_continuous, quantile
from sensbench.inputs.unit_cube import to_unit

# Nodes of Gauss and Hermite: quantile functions are smooth.
_NODES = 48


def conditional_slopes(
    space: Joint, X: Float[np.ndarray, "n d"], who: str
) -> Float[np.ndarray, "n d d"]:
    """Return dE[x_j|x_i]/dx_i at each row, for every input i and every j that follows it.

    Under a Gaussian copula with normal scores z of correlation r, E[x_j|z_i] is the mean of
    q_j(Φ(r z_i + √(1-r²) e)) over a normal e, q_j the quantile function; its slope is
    r/√(1-r²)·E[e q_j(…)] (Stein 1981, doi:10.1214/aos/1176345632), and dz_i/dx_i = p_i(x_i)/φ(z_i).

    Raises
    ------
    NotApplicable
        Another law; inputs that depend on each other and have no density.
    """
    law, d = space.dependence, len(space.columns)
    slopes = np.tile(np.eye(d), (len(X), 1, 1))
    if law.independent:
        return slopes
    if not isinstance(law, GaussianCopula):
        raise NotApplicable(
            f"{who}: expected inputs joined by a Gaussian copula, whose conditional means have "
            f"slopes; got inputs that are {law.describe()}"
        )
    for name, marginal in zip(space.columns, space.marginals, strict=True):
        if isinstance(marginal, Empirical) or not is_continuous(marginal):
            raise NotApplicable(
                f"{who}: expected inputs with densities; got {name!r}, which takes the values of "
                f"data, or separate ones; InputSpace.of with distributions has them"
            )
    z = special.ndtri(to_unit(space.columns, space.marginals, X, who))
    scale = np.ones_like(z)  # dz_i/dx_i
    for i, marginal in enumerate(space.marginals):
        if family_of(marginal) == "norm":
            scale[:, i] = 1.0 / float(marginal.std())
        else:
            density = np.asarray(marginal.pdf(X[:, i]), dtype=np.float64)  # type: ignore[attr-defined]
            scale[:, i] = density * np.sqrt(2 * np.pi) * np.exp(z[:, i] ** 2 / 2)
    for j, marginal in enumerate(space.marginals):
        for i in range(d):
            r = float(law.correlation[i, j])
            if i == j or r == 0.0:
                continue
            if family_of(marginal) == "norm":
                by_score = np.full(len(X), r * float(marginal.std()))
            else:
                nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
                weights = weights / weights.sum()
                left = np.sqrt(1 - r**2)
                scores = r * z[:, i, None] + left * nodes
                values = quantile(marginal, special.ndtr(scores).ravel()).reshape(scores.shape)
                by_score = r / left * (values @ (weights * nodes))
            slopes[:, i, j] = by_score * scale[:, i]
    return slopes
