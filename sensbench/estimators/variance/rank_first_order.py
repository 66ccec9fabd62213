from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators._half_samples import half_samples
from sensbench.estimators._neighbours_in_order import InOrder
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class RankFirstOrder(GivenRows):
    """First-order Sobol' index from given rows: how alike outputs of neighbours along x are.

    Spends n rows, any rows. In the order of x_i, S_i = Cov(y_j, y_j+1)/Var y: neighbours share
    nearly the same x_i and nothing else (Gamboa, Gremaud, Klein & Lagnoux 2022,
    doi:10.3150/21-BEJ1421, after Chatterjee 2021, doi:10.1080/01621459.2020.1758115). Inputs may
    depend on each other: the index is then that of x_i with all that moves along with it. It needs
    no tuning, and many rows only where y is jagged along x_i. Rows of equal x_i are neighbours
    in random order.

    Parameters
    ----------
    ends
        ``"open"``: the first and last pair count one and a half times. ``"cyclic"``: the last row
        is the neighbour of the first, as in the paper and in OpenTURNS, which lowers the index of
        a monotone effect by some 6/n of it.
    resamples, confidence
        Of the interval: spread over random halves of the rows.
    """

    name = "rank_first_order"
    measures = ("first_order",)
    ranks_by = "first_order"

    ends: str = "open"
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        known = self.ends in ("open", "cyclic")
        require(known, self.name, "ends 'open' or 'cyclic'", self.ends)

    @property
    def needs(self) -> Needs:
        """Halves of fewer than sixteen rows have no order to speak of."""
        return Needs("given", minimum_rows=32)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        in_order, outputs = InOrder(X, rng), Y[:, varies]

        def index(rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "some d"]:
            deviation = outputs - outputs[rows].mean(axis=0)
            return self._alike(deviation[in_order.of(rows)])

        options = self.resamples, self.confidence, rng
        return {"first_order": half_samples(index, varies, len(X), *options)}

    def _alike(self, deviation: Float[np.ndarray, "d n o"]) -> Float[np.ndarray, "o d"]:
        """Mean product of neighbours over mean square, of outputs sorted along each input."""
        products = deviation[:, :-1] * deviation[:, 1:]
        total = products.sum(axis=1)
        if self.ends == "cyclic":
            total += deviation[:, -1] * deviation[:, 0]
        else:
            total += (products[:, 0] + products[:, -1]) / 2
        squares = (deviation**2).sum(axis=1)
        return (total / np.where(squares > 0, squares, np.nan)).T
