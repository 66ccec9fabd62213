from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from SALib.analyze import ff as analysis
from SALib.sample import ff as design

from sensbench.errors import NotApplicable, require
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.problem.problem import Problem

# SALib looks for the power of two among the first ten.
_MOST = 512
_WHY = (
    "no interval: one run at fixed corners, without a repetition; effects of three and more inputs "
    "together are mixed with those of single ones"
)


@dataclass(frozen=True)
class FractionalFactorial(Estimator):
    """Main effects from two levels of every input: a Hadamard design and its mirror image.

    Spends 2k rows, k the smallest power of two that is not below d (at most 4d), whatever the
    budget; design and contrasts are SALib's. Main effects are clear of pairs, not of triples.
    Saltelli et al. 2008, doi:10.1002/9780470725184. SALib's effect is half the mean change from the
    low to the high level.

    Parameters
    ----------
    tail
        The levels are an input's bounds; where there is none, this quantile from the end.
    """

    name = "fractional_factorial"
    measures = ("factorial_effect", "factorial_share")
    ranks_by = "factorial_share"
    library = "SALib"
    needs = Needs("design", "independent", minimum_rows=1, cost=Cost(0, per_feature=4))

    tail: float = 0.005

    def __post_init__(self) -> None:
        require(0 < self.tail < 0.5, self.name, "tail in (0, 0.5)", self.tail)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        d, o = problem.d, problem.o
        if d > _MOST:
            raise NotApplicable(
                f"{self.name}: expected at most {_MOST} inputs, SALib's largest design; got {d}; "
                f"leave it out"
            )
        u = design.sample(_unit_cube(d))[:, :d]
        low, high = np.where(np.isinf(problem.space.supports), self.tail, 0.0).T
        Y = problem.explained(problem.space.from_unit(low + u * (1 - low - high)))
        varies = varying(Y, self.name, problem.outputs)
        effect, share = np.full((2, o, d), np.nan)
        for k in np.flatnonzero(varies).tolist():
            effect[k] = analysis.analyze(_unit_cube(d), u, Y[:, k] - Y[:, k].mean())["ME"][:d]
            squares = effect[k] ** 2
            share[k] = squares / squares.sum() if squares.any() else 0.0
        return {
            "factorial_effect": Estimate.of(effect, _WHY),
            "factorial_share": Estimate.of(share, _WHY),
        }


def _unit_cube(d: int) -> dict[str, object]:
    """Return a new description each time: SALib appends its dummies to the one it is given."""
    return {"num_vars": d, "names": [f"x{i}" for i in range(d)], "bounds": [[0, 1]] * d}
