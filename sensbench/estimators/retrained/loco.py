from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

from sensbench.estimator.bootstrap import Means, RowGroups, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, GROUPS, Linearised
from sensbench.estimator.loss_tails import LossTails
from sensbench.estimator.needs import Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators._p_values import p_value_estimates, p_value_names
from sensbench.estimators.retrained._rows import judged_rows, recipe_of
from sensbench.extras import imported
from sensbench.inputs.rows import differ
from sensbench.problem.problem import Problem
from sensbench.problem.refit import Predicts, Refit

# A prediction is taken to be off by so many roundings of the largest one: two trainings on the same
# columns need not agree to the last bit.
_ROUNDINGS = 64


@dataclass(frozen=True)
class Loco(Estimator):
    """Leave one covariate out: the loss of a model trained without an input, less the model's own.

    Spends n rows, those that are judged; training, d times, is not in the budget. hidimstat trains
    and compares (Lei et al. 2018, doi:10.1080/01621459.2017.1307116); unlike ``drop_column`` with
    the model that is there, once. Judged against measured targets, else against the function that
    the network learned, else the model's own output.

    P-values are of a paired one-sided t-test over the rows: does the model without the input have
    no larger squared error? They hold for the two models as they are; another training may say
    otherwise. hidimstat 0.4 tests the mean of the residuals instead, whatever the loss, so its own
    are not taken. They are adjusted for how many inputs there are, by Holm's rule and Benjamini &
    Hochberg's; a note names inputs that Holm's does not tell apart. Where no prediction changes, p
    is 1. Intervals: the delta method over the rows; training is not covered.

    Parameters
    ----------
    confidence
        Level of the intervals, and one less the level of the note's tests.
    """

    name = "loco"
    measures = ("loco_mse", "loco_r2", *p_value_names("loco"))
    ranks_by = "loco_r2"
    needs = Needs("either", targets=True, refit=True, groups="one feature", minimum_rows=20)
    extra = "conditional"

    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        X, F, y, covers = judged_rows(problem, budget, rng, self.name)
        order = rng.permutation(len(X))
        rises = self._rises(problem, X, F, y, int(rng.integers(1, 2**31 - 1)))
        eps = float(np.finfo(problem.explained.precision).eps)
        error = _ROUNDINGS * eps * np.abs(F).max(axis=0)
        p = _larger(rises, error * (2 * np.abs(y - F).max(axis=0) + error))
        groups = RowGroups(len(X), GROUPS)
        sums = {"rise": groups.sums(np.moveaxis(rises, 0, -1), order)}
        for name, column in centred("y", y).items():
            sums[name] = groups.sums(column, order)[..., None]
        varies: Bool[np.ndarray, " o"] = differ(y)

        def measures(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            spread = np.where(varies[:, None], variance(m, "y"), np.nan)
            return {"loco_mse": m["rise"], "loco_r2": m["rise"] / spread}

        linearised, tails = Linearised(sums, groups, self.confidence), LossTails(problem.d, y=y)
        for i, rise in enumerate(rises):
            tails.add(i, rise)
        _, halves = linearised(measures)
        of = Interval(self.confidence, DELTA_METHOD, covers)
        found = tails.estimates(measures, linearised.means, halves, of, problem.features)
        note = f"a model was trained {problem.d} times, which is not in the budget"
        found["loco_mse"] = found["loco_mse"].noted(note)
        still = [name for name, v in zip(problem.outputs, varies, strict=True) if not v]
        if still:
            note = f"undefined for {', '.join(still)}: the target is constant over the rows"
            found["loco_r2"] = replace(found["loco_r2"], note=note)
        level = 1 - self.confidence
        return found | p_value_estimates("loco", p, level, problem.outputs, problem.features)

    def _rises(
        self,
        problem: Problem,
        X: Float[np.ndarray, "n columns"],
        F: Float[np.ndarray, "n o"],
        y: Float[np.ndarray, "n o"],
        seed: int,
    ) -> Float[np.ndarray, "d n o"]:
        """Return the rise of each row's squared error, of hidimstat's residuals."""
        hidimstat = imported("hidimstat", str(self.extra), self.name)
        recipe = recipe_of(problem, self.name)
        learned = recipe.learned()
        residuals: list[Float[np.ndarray, "d n o"]] = []

        def keep(tested: Float[np.ndarray, "d n o"]) -> Any:
            residuals.append(tested)
            return SimpleNamespace(pvalue=np.full(len(tested), np.nan))

        groups = {i: block.tolist() for i, block in enumerate(problem.space.blocks)}
        loco = hidimstat.LOCO(
            _regressor()(recipe, seed, self.name, lambda rows: F),
            loss=lambda y, predicted: ((y - predicted) ** 2).mean(),
            statistical_test=keep,
            features_groups=groups,
        )
        loco.fit(*learned).importance(X, y)
        return np.asarray(residuals[0] ** 2 - (y - F) ** 2)


def _larger(
    rises: Float[np.ndarray, "d n o"], rounding: Float[np.ndarray, " o"]
) -> Float[np.ndarray, "o d"]:
    """Return how likely a mean rise as large is where there is none; 1 where nothing changes.

    Rises that differ by no more than ``rounding`` are the same.
    """
    moves = np.ptp(rises, axis=1) > rounding
    p = np.where(rises[:, 0] > rounding, 0.0, 1.0)  # of rises that are all the same
    if moves.any():
        some = np.moveaxis(rises, 1, -1)[moves]
        p[moves] = stats.ttest_1samp(some, 0.0, axis=-1, alternative="greater").pvalue
    return p.T


def _regressor() -> Any:
    """Return the class of a scikit-learn regressor that is trained by a recipe.

    It is made here, as scikit-learn takes a second to import.
    """
    from sklearn.base import BaseEstimator, RegressorMixin

    class Again(RegressorMixin, BaseEstimator):
        """The model as it is; a clone of it is one that is to be trained."""

        def __init__(self, recipe: Refit, seed: int, who: str, predicts: Predicts):
            self.recipe, self.seed, self.who, self.predicts = recipe, seed, who, predicts
            self.n_features_in_ = recipe.learned()[0].shape[1]

        def fit(self, X: Float[np.ndarray, "n k"], y: Float[np.ndarray, "n o"]) -> "Again":
            self.predicts = self.recipe.fitted(X, y, self.seed, self.who)
            self.n_features_in_ = X.shape[1]
            return self

        def predict(self, X: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n o"]:
            return self.predicts(X)

        def __sklearn_clone__(self) -> "Again":
            return Again(self.recipe, self.seed, self.who, self.predicts)

    return Again
