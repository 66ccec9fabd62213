from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from sensbench.errors import require
from sensbench.estimator.interval import check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.estimators._half_samples import half_samples
from sensbench.estimators._neighbours_in_order import InOrder
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class CramerVonMises(GivenRows):
    """Cramér–von Mises index from given rows: how well x_i alone tells the ranks of y.

    Spends n rows, any rows. The index (Gamboa, Klein & Lagnoux 2018, doi:10.1137/15M1025621) is
    the limit of Chatterjee's coefficient ξ = 1 − n Σ|r_j+1 − r_j| / (2 Σ l_j(n − l_j)), of the
    ranks r of y in the order of x_i, l how many outputs are at least as large (Chatterjee 2021,
    doi:10.1080/01621459.2020.1758115). 0 where y is independent of x_i and only there, 1 where
    y is a function of it. It does not change when y is replaced by an increasing function of it,
    and needs no moment of y. Rows of equal x_i are neighbours in random order.

    Parameters
    ----------
    normalised
        Divided by the largest value that these outputs allow, which is below 1 by about 3/n
        (Dalitz, Arning & Goebbels 2024, arXiv:2312.15496). ``False``: Chatterjee's.
    resamples, confidence
        Of the interval: spread over random halves of the rows.
    """

    name = "cramer_von_mises"
    measures = ("cramer_von_mises",)
    ranks_by = "cramer_von_mises"

    normalised: bool = True
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        either = isinstance(self.normalised, bool)
        require(either, self.name, "normalised true or false", self.normalised)

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
        dense = stats.rankdata(outputs, method="dense", axis=0) - 1  # equal where outputs are

        def index(rows: Bool[np.ndarray, " n"]) -> Float[np.ndarray, "some d"]:
            return self._index(dense, rows, in_order.of(rows))

        options = self.resamples, self.confidence, rng
        return {"cramer_von_mises": half_samples(index, varies, len(X), *options)}

    def _index(
        self,
        dense: Int[np.ndarray, "n o"],
        rows: Bool[np.ndarray, " n"],
        orders: Int[np.ndarray, "d some"],
    ) -> Float[np.ndarray, "o d"]:
        n, indices = orders.shape[1], []
        for column in dense.T:
            counts = np.bincount(column[rows], minlength=column.max() + 1)
            at_most = np.cumsum(counts)  # r, by value
            at_least = n - at_most + counts  # l, by value
            scale = 2 * (counts * at_least * (n - at_least)).sum()
            ranks = at_most[column[orders]]
            steps = np.abs(np.diff(ranks, axis=1)).sum(axis=1)
            smallest = at_most[-1] - at_most[np.flatnonzero(counts)[0]] if self.normalised else 0
            with np.errstate(divide="ignore", invalid="ignore"):
                index = 1 - n * steps / scale
                indices.append(index / (1 - n * smallest / scale))
        return np.stack(indices)
