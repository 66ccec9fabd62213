from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import norm

from sensbench.errors import NotApplicable, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_interval_options
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate, NotAsked
from sensbench.estimator.varying import outputs_that_vary
from sensbench.estimators.variance._saltelli import Design, Sums, needs_of
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class Sobol(Estimator):
    """Sobol' indices of first, total and, on request, second order: SALib's numbers.

    Spends N(d + 2) rows, or N(2d + 2) with second order, N being the largest power of two the
    budget pays for (other sizes lose the balance of the Sobol' sequence). Estimators: Saltelli et
    al. 2010, doi:10.1016/j.cpc.2009.09.018; intervals: SALib's normal bootstrap over base rows,
    which treats the quasi-random rows as random and so errs on the wide side.

    Design, resamples and formulas are those of SALib 1.6 (``sobol_salib`` runs SALib itself), but
    the design is evaluated a block of base rows at a time and never held, and the bootstrap is a
    matrix product: the cost is little more than the model's own.

    A group of inputs has one index of each order: its columns are exchanged together, and d
    counts it once.
    """

    name = "sobol"
    measures = ("first_order", "total_order", "second_order")
    ranks_by = "total_order"

    second_order: bool = False
    resamples: int = 100
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_interval_options(self.name, self.resamples, self.confidence)
        require(
            isinstance(self.second_order, bool),
            self.name,
            "second_order true or false",
            self.second_order,
        )

    @property
    def needs(self) -> Needs:
        return needs_of(self.second_order)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, space = problem.d, problem.space
        if space.groups and d == 1:
            raise NotApplicable(
                f"{self.name}: expected at least two features; got one group of all "
                f"{space.d} inputs, which explains everything"
            )
        N = 1 << (budget // self.needs.cost(d, problem.o, 1)).bit_length() - 1
        # SALib takes 0 for no seed at all
        of_design, of_resamples = (int(rng.integers(1, 2**31 - 1)) for _ in range(2))
        design = Design(space, N, of_design, self.second_order)
        sums = Sums(design, problem.explained, self.resamples, of_resamples)
        varies = outputs_that_vary(
            sums.spread, sums.largest, sums.first, N * design.points, self.name, problem.outputs
        )
        value = _indices(sums.means, sums, d)
        replicates = _indices(sums.resampled, sums, d)
        z = norm.ppf(0.5 + self.confidence / 2)
        interval = Interval(self.confidence, "normal bootstrap", DESIGN, self.resamples)
        found: dict[str, Estimate | Absent] = {"second_order": NotAsked("second_order=True")}
        for name in value:
            # SALib returns zeros for a constant output; here it stays undefined.
            value[name][~varies] = np.nan
            half = z * replicates[name].std(axis=0, ddof=1)
            found[name] = Estimate(
                value[name], value[name] - half, value[name] + half, interval=interval
            )
        return found


def _indices(
    means: Float[np.ndarray, "... o k"], sums: Sums, d: int
) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the indices that follow from means, of all rows or of each resample.

    An index is 0, as in SALib, where the variance of A and B is nothing but rounding.
    """
    shift = sums.shift[:, None]
    product, square, change = (means[..., i * d : (i + 1) * d] for i in range(3))
    variance = means[..., 3 * d + 1, None] - means[..., 3 * d, None] ** 2
    real = variance > np.finfo(np.float64).eps * sums.spread[:, None] ** 2
    inverse = np.divide(1.0, variance, out=np.zeros_like(variance), where=real)
    first = (product - shift * change) * inverse
    found = {"first_order": first, "total_order": 0.5 * square * inverse}
    if means.shape[-1] > 3 * d + 2:
        j, k = np.triu_indices(d, 1)
        back = means[..., 3 * d + 2 : 4 * d + 2]
        joint = means[..., 4 * d + 2 :] - shift * (back[..., j] + change[..., k])
        pairs = np.full((*means.shape[:-1], d, d), np.nan)
        pairs[..., j, k] = joint * inverse - first[..., j] - first[..., k]
        found["second_order"] = pairs
    return found
