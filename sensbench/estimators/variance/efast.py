from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from SALib.analyze.fast import compute_orders
from SALib.sample import fast_sampler

from sensbench.errors import require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.problem.problem import Problem

_WHY = (
    "no interval: the rows lie on a search curve, in an order that resampling them destroys; its "
    "error is bias, of frequencies that are not told apart, which no spread of rows shows"
)


@dataclass(frozen=True)
class Efast(Estimator):
    """First- and total-order indices by the extended Fourier amplitude sensitivity test.

    Spends nd rows: on one curve of n rows per input, this input moves at a frequency of its own,
    ω = ⌊(n - 1)/2M⌋, and the others at low ones. S_1 is the share of the first M harmonics of ω in
    the power, 1 - S_T that of the frequencies up to ω/2. Curves and spectra are SALib's, its
    bootstrap is not (SALib issue 649).

    Saltelli, Tarantola & Chan 1999, doi:10.1080/00401706.1999.10485594.

    Parameters
    ----------
    harmonics
        M. A curve takes more than 4M² rows.
    """

    name = "efast"
    measures = ("first_order", "total_order")
    ranks_by = "total_order"
    library = "SALib"

    harmonics: int = 4

    def __post_init__(self) -> None:
        whole = isinstance(self.harmonics, int) and not isinstance(self.harmonics, bool)
        require(whole and self.harmonics >= 1, self.name, "harmonics >= 1", self.harmonics)

    @property
    def needs(self) -> Needs:
        fewest = 4 * self.harmonics**2 + 1
        return Needs("design", "independent", minimum_rows=fewest, cost=Cost(0, per_feature=1))

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, o, M = problem.d, problem.o, self.harmonics
        n = budget // d
        unit_cube = {"num_vars": d, "names": list(problem.features), "bounds": [[0, 1]] * d}
        u = fast_sampler.sample(unit_cube, n, M=M, seed=int(rng.integers(1, 2**31 - 1)))
        # the curve turns at 0 and 1, where the quantile of an unbounded input is infinite
        u = np.clip(u, np.finfo(float).eps / 2, 1 - np.finfo(float).eps / 2)
        Y = problem.explained(problem.space.from_unit(u))
        varies = varying(Y, self.name, problem.outputs)
        first, total = np.full((2, o, d), np.nan)
        for k in np.flatnonzero(varies).tolist():
            for i, curve in enumerate(Y[:, k].reshape(d, n)):
                # an input without effect leaves the curve to the others; of none, no power
                if np.ptp(curve) > 0:
                    first[k, i], total[k, i] = compute_orders(curve, n, M, (n - 1) // (2 * M))
                else:
                    first[k, i] = total[k, i] = 0.0
        return {"first_order": Estimate.of(first, _WHY), "total_order": Estimate.of(total, _WHY)}
