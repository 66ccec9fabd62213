from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from SALib.analyze.rsa import rsa as regions

from sensbench.errors import require
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.problem.problem import Problem

_WHY = (
    "no interval: the distance of two samples is above 0 by chance, and more so of the smaller "
    "samples that would be drawn again"
)
_ROWS_PER_BIN = 10


@dataclass(frozen=True)
class Rsa(GivenRows):
    """Regional sensitivity analysis: how other an input is where the output is in a region.

    Spends n rows. The output's range is cut into regions of as many rows each; the input's values
    in a region and outside are compared by Cramér and von Mises' criterion, SALib's, averaged over
    the regions. SALib's statistic grows with n: divided by n_b(n - n_b)/n, as here, it tends to the
    squared distance of the two distributions.

    Hornberger & Spear 1981; Pianosi et al. 2016, doi:10.1016/j.envsoft.2016.02.008.

    Parameters
    ----------
    bins
        Number of regions.
    """

    name = "rsa"
    measures = ("regional_distance",)
    ranks_by = "regional_distance"
    library = "SALib"
    positive_bias = True

    bins: int = 20

    def __post_init__(self) -> None:
        whole = isinstance(self.bins, int) and not isinstance(self.bins, bool)
        require(whole and self.bins >= 2, self.name, "bins >= 2", self.bins)

    @property
    def needs(self) -> Needs:
        return Needs("given", minimum_rows=_ROWS_PER_BIN * self.bins)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        n = len(X)
        distance = np.full((problem.o, X.shape[1]), np.nan)
        for k in np.flatnonzero(varies).tolist():
            statistics = regions(X, Y[:, k], self.bins, target="Y")
            inside = _rows_inside(Y[:, k], self.bins)
            # a region of one value of the output has no statistic: SALib leaves it NaN
            real = np.isfinite(statistics).all(axis=1)
            if real.any():
                scale = (inside * (n - inside) / n)[real, None]
                distance[k] = (statistics[real] / scale).mean(axis=0)
        return {"regional_distance": Estimate.of(distance, _WHY)}


def _rows_inside(y: Float[np.ndarray, " n"], bins: int) -> Float[np.ndarray, " bins"]:
    """Return how many rows SALib has in each region, the lower end only in the first."""
    ends = np.quantile(y, np.append(np.arange(0.0, 1.0, 1 / bins), 1.0))[: bins + 1]
    below = np.array([(y <= end).sum() for end in ends], dtype=float)
    below[0] = 0.0
    return np.diff(below)
