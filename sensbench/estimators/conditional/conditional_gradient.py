from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sensbench.errors import NotApplicable
from sensbench.estimator.bootstrap import Means, RowGroups, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import DESIGN, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, GROUPS, Linearised, symmetric_interval
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import LargestOf, SquaredTail, largest_kept, tail_shape, unseen
from sensbench.estimator.varying import varying
from sensbench.estimators._moved import moved_either_way
from sensbench.inputs.conditional_mean import conditional_slopes
from sensbench.problem.problem import Problem


@dataclass(frozen=True)
class ConditionalGradient(Estimator):
    """Mean derivative by one input while the others follow it, as they do on average.

    E[Σ_j ∂f/∂x_j · dE[x_j|x_i]/dx_i], over draws of the inputs; ``gradient`` holds the others
    fixed. Spends n forward rows and n backward rows per output. Of independent inputs it is the
    mean derivative. The law has to be a Gaussian copula of inputs with densities, or independent.

    Intervals: Student's, by the delta method over the rows.
    """

    name = "conditional_gradient"
    measures = ("derivative_following", "derivative_following_standardised")
    ranks_by = "derivative_following_standardised"
    needs = Needs("design", gradient=True, groups="one feature", minimum_rows=10,
                  cost=Cost(1, per_output=1))  # fmt: skip

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        return self.needs.minimum_rows * problem.explained.rows_per_gradient

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        space, n = problem.space, budget // problem.explained.rows_per_gradient
        if space.groups and not space.independent:
            raise NotApplicable(
                f"{self.name}: expected single inputs; got groups under inputs that are "
                f"{space.dependence.describe()}"
            )
        X = space.sample(n, rng)
        follows = conditional_slopes(space, X, self.name)
        applies = np.array([name not in space.without_derivative for name in problem.features])
        first = np.array([block[0] for block in space.blocks])[applies]
        y, J = problem.explained.values_and_jacobian(X, first.tolist())
        varies = varying(y, self.name, problem.outputs)
        slope = np.full((n, problem.o, problem.d), np.nan)
        if space.independent:
            slope[:, :, applies] = J[:, :, first]
        else:
            slope[:] = np.einsum("nok,nik->noi", J, follows)
        groups = RowGroups(n, GROUPS)
        sums = {"slope": groups.sums(slope)}
        for name, column in centred("y", y).items():
            sums[name] = groups.sums(column)[..., None]
        sigma = np.full(problem.d, np.nan)
        sigma[applies] = space.std()[first]

        def statistics(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            scale = sigma / np.sqrt(np.where(varies[:, None], variance(m, "y"), np.nan))
            return dict(zip(self.measures, (m["slope"], m["slope"] * scale), strict=True))

        linearised = Linearised(sums, groups, self.confidence)
        values, halves = linearised(statistics)
        largest, of_y = (
            LargestOf((problem.o, problem.d), largest_kept(n)),
            SquaredTail(problem.o, n),
        )
        for k in range(problem.o):
            largest.add(k, np.nan_to_num(np.abs(slope[:, k])))
        of_y.add(y - y.mean(axis=0))
        of_slope = tail_shape(largest.kept, 0.0)
        tails = of_slope, np.fmax(of_slope, of_y.shape[:, None])
        not_met = {"size": unseen(largest.kept, of_slope, n), "y²": of_y.unseen[:, None]}
        means = {**linearised.means, "size": np.abs(slope).mean(axis=0)}
        either = moved_either_way(statistics, means, not_met, "slope")
        of = Interval(self.confidence, DELTA_METHOD, DESIGN)
        return {
            name: symmetric_interval(values[name], halves[name], of)
            .with_unseen(either[name].min(axis=0), either[name].max(axis=0))
            .with_tail(tail)
            for name, tail in zip(self.measures, tails, strict=True)
        }
