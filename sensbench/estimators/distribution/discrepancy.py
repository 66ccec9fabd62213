from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from SALib.analyze import discrepancy as analysis
from scipy.stats import rankdata

from sensbench.errors import require
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.problem.problem import Problem

_KINDS = ("WD", "CD", "MD", "L2-star")
_WHY = "no interval: rows drawn again are equal, and equal rows are a discrepancy of their own"


@dataclass(frozen=True)
class Discrepancy(GivenRows):
    """How unevenly the points (x_i, y) fill their square, as shares of all inputs.

    Spends n rows, ``most_rows`` at most: the discrepancy takes n² operations per input. Puy, Roy &
    Saltelli 2024, doi:10.1080/00401706.2024.2304341, by SALib's analysis of ranks. The method asks
    for inputs that cover their range evenly: as ranks, those of any marginal do. y enters as its
    ranks too, where SALib takes it scaled to its range: how unevenly y itself is spread is then a
    part of every input's discrepancy, and one without effect may score nearly what the others do.
    Of ranks, its share falls with the rows.

    Parameters
    ----------
    kind
        Of discrepancy, in SciPy's words: ``"WD"``, ``"CD"``, ``"MD"`` or ``"L2-star"``.
    most_rows
        How many rows are looked at, the first ones.
    """

    name = "discrepancy"
    measures = ("discrepancy_share",)
    ranks_by = "discrepancy_share"
    library = "SALib"
    positive_bias = True
    needs = Needs("given", minimum_rows=16)

    kind: str = "WD"
    most_rows: int = 4096

    def __post_init__(self) -> None:
        require(self.kind in _KINDS, self.name, f"kind one of {', '.join(_KINDS)}", self.kind)
        enough = isinstance(self.most_rows, int) and self.most_rows >= 16
        require(enough, self.name, "most_rows >= 16", self.most_rows)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        return super()._estimate(problem, min(budget, self.most_rows), rng)

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        n, d = X.shape
        u = (rankdata(X, axis=0) - 0.5) / n
        cube = {"num_vars": d, "names": list(problem.features), "bounds": [[0, 1]] * d}
        shares = np.full((problem.o, d), np.nan)
        for k in np.flatnonzero(varies).tolist():
            found = analysis.analyze(dict(cube), u, rankdata(Y[:, k]), method=self.kind)
            shares[k] = found["s_discrepancy"]
        return {"discrepancy_share": Estimate.of(shares, _WHY)}
