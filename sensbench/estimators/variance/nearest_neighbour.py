from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree

from sensbench.errors import require
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.inputs.from_rows import ranks
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class NearestNeighbour(GivenRows):
    """Total-order Sobol' index from given rows: the variance among neighbours in all other inputs.

    Spends n rows, any rows. S_T = E[Var(y|x_~i)]/Var y, where the variance given x_~i is that of
    the outputs of the rows nearest to a row in the ranks of the other inputs (Broto, Bachoc &
    Depecker 2020, doi:10.1137/18M1234631). Inputs may depend on each other: the index is then what
    is left of the variance when all others are known.

    Neighbours differ a little in the others as well, and the more of these there are the more: the
    index comes out too large. What a quadratic fit says of y by x_~i is subtracted first. That
    leaves Var(y|x_~i) as it is, and takes most of this away where y is smooth; what remains is a
    bias that no spread of the rows shows, so there is no interval.

    Parameters
    ----------
    neighbours
        Rows whose outputs are compared, the row itself among them.
    adjusted
        ``False``: nothing is subtracted, as in the paper.
    """

    name = "nearest_neighbour"
    measures = ("total_order",)
    ranks_by = "total_order"
    positive_bias = True

    neighbours: int = 3
    adjusted: bool = True

    def __post_init__(self) -> None:
        whole = isinstance(self.neighbours, int) and not isinstance(self.neighbours, bool)
        right = whole and self.neighbours >= 2
        require(right, self.name, "two neighbours or more", self.neighbours)
        either = isinstance(self.adjusted, bool)
        require(either, self.name, "adjusted true or false", self.adjusted)

    @property
    def needs(self) -> Needs:
        """Rows that have neighbours."""
        return Needs("given", groups="one feature", minimum_rows=max(32, 4 * self.neighbours))

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n columns"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        # among equal rows none is nearer: an order of the rows by chance decides
        order = rng.permutation(len(X))
        u, x, y = ranks(X)[order], X[order], Y[order][:, varies]
        value = np.full((problem.o, problem.d), np.nan)
        for i, block in enumerate(problem.space.blocks):
            left = self._left(np.delete(u, block, axis=1), np.delete(x, block, axis=1), y)
            value[varies, i] = left / y.var(axis=0)
        return {"total_order": Estimate.of(value)}

    def _left(
        self,
        u: Float[np.ndarray, "n others"],
        x: Float[np.ndarray, "n others"],
        y: Float[np.ndarray, "n o"],
    ) -> Float[np.ndarray, " o"]:
        """Return the mean variance of y among rows near in the other inputs."""
        if u.shape[1] == 0:
            return np.asarray(y.var(axis=0))
        if self.adjusted:
            y = y - _fit(x, y)
        near: Int[np.ndarray, "n k"] = np.asarray(cKDTree(u).query(u, k=self.neighbours)[1])
        return np.asarray(y[near].var(axis=1, ddof=1).mean(axis=0))


def _fit(x: Float[np.ndarray, "n m"], y: Float[np.ndarray, "n o"]) -> Float[np.ndarray, "n o"]:
    """Return what a quadratic function of x says of y; a linear one of few rows."""
    spread = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    first, second = np.triu_indices(z.shape[1])
    parts = [np.ones((len(z), 1)), z]
    # ten rows for each coefficient, or the fit follows the outputs' noise
    if 10 * (1 + z.shape[1] + len(first)) <= len(z):
        parts.append(z[:, first] * z[:, second])
    elif 10 * (1 + z.shape[1]) > len(z):
        return np.broadcast_to(y.mean(axis=0), y.shape)
    terms = np.hstack(parts)
    return np.asarray(terms @ np.linalg.lstsq(terms, y, rcond=None)[0])
