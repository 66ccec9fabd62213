from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._given_rows import GivenRows
from sensbench.inputs.marginal import is_continuous
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class MutualInformation(GivenRows):
    """Mutual information of each input and the output from given rows, by scikit-learn.

    Spends n rows, any rows. The estimator is ``sklearn.feature_selection.mutual_info_regression``:
    distances to nearest neighbours (Kraskov, Stögbauer & Grassberger 2004,
    doi:10.1103/PhysRevE.69.066138), for inputs of separate values among rows of the same value
    (Ross 2014, doi:10.1371/journal.pone.0087357). It is cut off at 0, so that an input without
    effect scores a little above; no interval is given, as halves of the rows have another bias.

    Parameters
    ----------
    neighbours
        More of them vary less and blur more.
    """

    name = "mutual_information"
    measures = ("mutual_information",)
    ranks_by = "mutual_information"
    library = "scikit-learn"
    positive_bias = True

    neighbours: int = 3

    def __post_init__(self) -> None:
        whole = isinstance(self.neighbours, int) and not isinstance(self.neighbours, bool)
        right = whole and self.neighbours >= 1
        require(right, self.name, "a neighbour or more", self.neighbours)

    @property
    def needs(self) -> Needs:
        """Rows that have neighbours."""
        return Needs("given", minimum_rows=max(32, 4 * self.neighbours))

    def _from_rows(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n d"],
        Y: Float[np.ndarray, "n o"],
        varies: Bool[np.ndarray, " o"],
        rng: np.random.Generator,
    ) -> Mapping[str, Estimate | Absent]:
        # a second to import, for this method alone
        from sklearn.feature_selection import mutual_info_regression

        separate = np.array([not is_continuous(one) for one in problem.space.marginals])
        seed = int(rng.integers(2**31))
        value = np.full((problem.o, problem.d), np.nan)
        for k in np.flatnonzero(varies):
            value[k] = mutual_info_regression(
                X,
                Y[:, k],
                discrete_features=separate,
                n_neighbors=self.neighbours,
                random_state=seed,
            )
        return {"mutual_information": Estimate.of(value)}
