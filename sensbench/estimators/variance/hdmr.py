from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from SALib.analyze import enhanced_hdmr as analysis

from sensbench.errors import NotApplicable, TooFewRows, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.problem.problem import Problem

_WHY = (
    "no interval: the indices are those of a polynomial, and how far it is from the model no "
    "resampling of rows shows"
)
# SALib asks for so many rows.
_FEWEST = 300
_ROWS_PER_TERM = 2


@dataclass(frozen=True)
class Hdmr(Estimator):
    """First- and total-order indices from a high-dimensional model representation.

    Spends n rows, drawn from the marginals: of dependent inputs its shares are other quantities
    than the indices. A polynomial of every input and every pair is fitted to them by SALib's
    ``enhanced_hdmr``, all rows at once; the covariance of each part with the output is its share.
    Li et al. 2010, doi:10.1021/jp9096919; Rabitz & Aliş 1999, doi:10.1023/A:1019188517934.

    Parts of the output that no polynomial of this degree follows are missed. Pairs take
    (degree² + 2·degree)·d(d - 1)/2 terms, and each two rows at least (SALib 1.6 raises an error
    where it is asked for single inputs only).

    Parameters
    ----------
    degree
        Of the polynomial in each input, 1 to 10.
    """

    name = "hdmr"
    measures = ("first_order", "total_order")
    ranks_by = "first_order"
    library = "SALib"
    needs = Needs("design", "independent", minimum_rows=_FEWEST)

    degree: int = 3

    def __post_init__(self) -> None:
        whole = isinstance(self.degree, int) and not isinstance(self.degree, bool)
        require(whole and 1 <= self.degree <= 10, self.name, "degree from 1 to 10", self.degree)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        n, d = budget, problem.d
        if d == 1:
            raise NotApplicable(f"{self.name}: expected at least two inputs; got one; leave it out")
        terms = self.degree * d + (self.degree**2 + 2 * self.degree) * d * (d - 1) // 2
        if n < _ROWS_PER_TERM * terms:
            raise TooFewRows(
                f"{self.name}: expected at least {_ROWS_PER_TERM * terms:,} rows for the "
                f"{terms:,} terms of {d} inputs and their pairs; got {n:,}; raise the budget, "
                f"lower degree={self.degree}, or leave {self.name} out"
            )
        X = problem.space.sample(n, rng)
        Y = problem.explained(X)
        varies, moved = varying(Y, self.name, problem.outputs), np.ptp(X, axis=0) > 0
        first, total = np.zeros((2, problem.o, d))
        first[~varies] = total[~varies] = np.nan
        if moved.sum() > 1:
            for k in np.flatnonzero(varies).tolist():
                found = self._analysed(X[:, moved], Y[:, k])
                first[k, moved], total[k, moved] = found
        return {"first_order": Estimate.of(first, _WHY), "total_order": Estimate.of(total, _WHY)}

    def _analysed(
        self, X: Float[np.ndarray, "n some"], y: Float[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, " some"], Float[np.ndarray, " some"]]:
        some = X.shape[1]
        # without a bootstrap nothing is drawn: SALib would take it from numpy's global generator
        found = analysis.analyze(
            {"num_vars": some, "names": [f"x{i}" for i in range(some)], "bounds": [[0, 1]] * some},
            X,
            (y - y.mean()) / y.std(),
            max_order=2,
            poly_order=self.degree,
            bootstrap=1,
            subset=len(X),
        )
        return found["S"][:some], found["ST"][:some]
