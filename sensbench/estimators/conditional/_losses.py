"""What two methods share that draw one input anew given the others, and look at the loss."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import require
from sensbench.estimator.bootstrap import Means, RowGroups, centred, variance
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.interval import SAMPLING, Covers, Interval, check_confidence
from sensbench.estimator.linearised import DELTA_METHOD, GROUPS, Linearised
from sensbench.estimator.loss_tails import LossTails
from sensbench.estimator.needs import Cost, Needs
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.varying import varying
from sensbench.estimators._exchange import exchanged
from sensbench.estimators.conditional._redrawn import law_of_rows, single_redraws
from sensbench.inputs.rows import differ
from sensbench.problem.problem import Problem

_TARGETS: frozenset[Covers] = frozenset({"targets"})
_FITTED = ("gaussian", "vine", "rows")


@dataclass(frozen=True)
class ConditionalLoss(Estimator):
    """The rise of a loss over rows when one input is drawn anew given the others.

    Parameters
    ----------
    draws
        How often each input is drawn for each row.
    dependence
        The law that is fitted to rows of data, where the problem's inputs have none: as for
        :meth:`InputSpace.from_data`.
    confidence
        Level of the intervals.
    """

    least_draws: ClassVar[int] = 1

    draws: int = 2
    dependence: str = "gaussian"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        check_confidence(self.name, self.confidence)
        whole = isinstance(self.draws, int) and not isinstance(self.draws, bool)
        least = self.least_draws
        require(whole and self.draws >= least, self.name, f"draws >= {least}", self.draws)
        kinds = f"dependence one of {', '.join(_FITTED)}"
        require(self.dependence in _FITTED, self.name, kinds, self.dependence)

    @property
    def needs(self) -> Needs:
        """Every row once, and once more per input and draw."""
        cost = Cost(1, per_feature=self.draws)
        return Needs("either", targets=True, groups="one feature", minimum_rows=20, cost=cost)

    @abstractmethod
    def _rise(
        self,
        y: Float[np.ndarray, "n o"],
        base: Float[np.ndarray, "n o"],
        drawn: Float[np.ndarray, "draws n o"],
    ) -> Float[np.ndarray, "n o"]:
        """Return the rise of each row's loss, from its targets, squared error and draws."""

    @abstractmethod
    def _measures(
        self,
        rise: Float[np.ndarray, "..."],
        variance_y: Float[np.ndarray, "..."],
        variance_f: Float[np.ndarray, "..."],
    ) -> dict[str, Float[np.ndarray, "..."]]:
        """Return the measures from the mean rise and the variances of targets and outputs."""

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        law = law_of_rows(problem, self.dependence, self.name)
        rows = problem.rows(budget // self.needs.cost(problem.d, problem.o, 1), rng)
        order = rng.permutation(len(rows))  # rows of data may be sorted
        with problem.explained.many_calls():
            F = problem.explained(rows.X)
            varies = varying(F, self.name, problem.outputs)
            y = F if rows.y is None else rows.y
            groups = RowGroups(len(rows), GROUPS)
            rises = np.empty((len(groups), problem.o, problem.d))
            tails = LossTails(problem.d, y=y, f=F)
            redraws = single_redraws(law, rows.X, self.draws, rng, self.name)
            outputs = exchanged(problem.explained, rows.X, redraws)
            for i in range(problem.d):
                drawn = np.stack([next(outputs) for _ in range(self.draws)])
                rise = self._rise(y, (y - F) ** 2, drawn)
                rises[:, :, i] = groups.sums(rise, order)
                tails.add(i, rise)
        sums = {"rise": rises}
        for name, column in (centred("y", y) | centred("f", F)).items():
            sums[name] = groups.sums(column, order)[..., None]
        y_varies = differ(y)

        def spread(m: Means, of: str) -> Float[np.ndarray, "..."]:
            return np.where((varies & y_varies)[:, None], variance(m, of), np.nan)

        def measures(m: Means) -> dict[str, Float[np.ndarray, "..."]]:
            return self._measures(m["rise"], spread(m, "y"), spread(m, "f"))

        linearised = Linearised(sums, groups, self.confidence)
        _, halves = linearised(measures)
        covers = SAMPLING if rows.y is None else SAMPLING | _TARGETS
        of = Interval(self.confidence, DELTA_METHOD, covers)
        estimates = tails.estimates(measures, linearised.means, halves, of, problem.features)
        return self._with_notes(estimates, problem, law.dependence.describe(), y_varies)

    def _with_notes(
        self,
        estimates: dict[str, Estimate],
        problem: Problem,
        law: str,
        y_varies: Bool[np.ndarray, " o"],
    ) -> dict[str, Estimate]:
        if problem.uses_rows:
            note = f"each input is drawn given the others, of inputs that are {law}"
            if problem.space.independent:
                note += "; the intervals do not cover the fit"
            first = self.measures[0]
            estimates[first] = estimates[first].noted(note)
        still = [name for name, v in zip(problem.outputs, y_varies, strict=True) if not v]
        if still:
            note = f"undefined for {', '.join(still)}: the target is constant over the rows"
            for name in self.measures[1:]:
                estimates[name] = estimates[name].noted(note)
        return estimates
