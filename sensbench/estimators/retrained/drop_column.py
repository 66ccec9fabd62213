from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.errors import require
from sensbench.estimator.bootstrap import Means, RowGroups, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import Covers, Interval, check_confidence
from sensbench.estimator.linearised import GROUPS, Linearised
from sensbench.estimator.loss_tails import LossTails
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators.retrained._rows import judged_rows, recipe_of
from sensbench.inputs.rows import differ
from sensbench.problem.problem import Problem

_REFIT: frozenset[Covers] = frozenset({"refit"})


@dataclass(frozen=True)
class DropColumn(Estimator):
    """The loss of a model that is trained again without an input, less that of one with all.

    Spends n rows, those that are judged; training, (d + 1)·repeats times, is not in the budget.
    What other inputs tell of the one that is gone, the new models learn: of inputs that say the
    same, each is worth nothing (Lei et al. 2018, doi:10.1080/01621459.2017.1307116, section 6). It
    is a value of the data and of how a model is trained, not of one model's weights. Judged against
    measured targets, else against the function that the network learned, else the model's own
    output. An input without effect scores about 0, a little below where it only served to overfit.

    Models are trained on all rows that this one learned, ``repeats`` times with and without, from
    the same seed. Intervals: the delta method over the judged rows, and over repeats Student's,
    whose squares are added; they do not cover other rows to learn from.

    Parameters
    ----------
    repeats
        How often each is trained: first weights, and which rows say when to stop.
    confidence
        Level of the intervals.
    """

    name = "drop_column"
    measures = ("drop_column_mse", "drop_column_r2")
    ranks_by = "drop_column_r2"
    needs = Needs("either", targets=True, refit=True, groups="one feature", minimum_rows=20)

    repeats: int = 3
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        whole = isinstance(self.repeats, int) and not isinstance(self.repeats, bool)
        require(whole and self.repeats >= 2, self.name, "repeats >= 2", self.repeats)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        X, _, y, covers = judged_rows(problem, budget, rng, self.name)
        order = rng.permutation(len(X))  # rows of data may be sorted
        groups = RowGroups(len(X), GROUPS)
        rises = self._rises(problem, X, y, rng)
        sums = {"rise": groups.sums(np.moveaxis(rises.mean(axis=0), 0, -1), order)}
        for name, column in centred("y", y).items():
            sums[name] = groups.sums(column, order)[..., None]
        spread = np.where(differ(y)[:, None], 1.0, np.nan)

        def measures(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            values = m["rise"], m["rise"] / (variance(m, "y") * spread)
            return dict(zip(self.measures, values, strict=True))

        linearised, tails = Linearised(sums, groups, self.confidence), LossTails(problem.d, y=y)
        for i, rise in enumerate(rises.mean(axis=0)):
            tails.add(i, rise)
        _, halves = linearised(measures)
        # repeats, o, d: what another training would have said of the same rows
        means = np.moveaxis(rises.mean(axis=2), 1, -1)
        t = special.stdtrit(self.repeats - 1, 0.5 + self.confidence / 2)
        by_refit = t * means.std(axis=0, ddof=1) / np.sqrt(self.repeats)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_refits = by_refit, by_refit / (y.var(axis=0)[:, None] * spread)
        of = Interval(self.confidence, "delta method, repeats", covers | _REFIT, self.repeats)
        both = {
            name: np.hypot(halves[name], refit)
            for name, refit in zip(self.measures, by_refits, strict=True)
        }
        estimates = tails.estimates(measures, linearised.means, both, of, problem.features)
        times = self.repeats * (problem.d + 1)
        note = f"a model was trained {times} times, which is not in the budget"
        first, second = self.measures
        estimates[first] = estimates[first].noted(note)
        still = [name for name, v in zip(problem.outputs, differ(y), strict=True) if not v]
        if still:
            note = f"undefined for {', '.join(still)}: the target is constant over the rows"
            estimates[second] = replace(estimates[second], note=note)
        return estimates

    def _rises(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n columns"],
        y: Float[np.ndarray, "n o"],
        rng: np.random.Generator,
    ) -> Float[np.ndarray, "repeats d n o"]:
        """Return the rise of each row's squared error without each input."""
        recipe = recipe_of(problem, self.name)
        every = np.arange(X.shape[1])
        rises = np.empty((self.repeats, problem.d, *y.shape))
        for repeat in range(self.repeats):
            seed = int(rng.integers(1, 2**31 - 1))
            whole = recipe.trained(every, seed, self.name)(X)
            for i, block in enumerate(problem.space.blocks):
                without = recipe.trained(np.setdiff1d(every, block), seed, self.name)(X)
                rises[repeat, i] = (y - without) ** 2 - (y - whole) ** 2
        return rises
