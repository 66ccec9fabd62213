"""What the attribution methods share: rows, their attributions one chunk at a time, and means."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.estimator.bootstrap import RowGroups
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.linearised import GROUPS
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimators.attribution._sums import AttributionSums
from sensbench.problem.problem import Problem

_CHUNK_BYTES = 2**25


class Attributed(NamedTuple):
    """What came of some rows.

    Attributes
    ----------
    outputs
        f(x).
    attributions
        Of each output, to each column that has one.
    quarters
        Where attributions are means of random draws: the means of each quarter of the draws.
    change
        What the attributions of a row are to add up to, where they are to add up to something.
    """

    outputs: Float[np.ndarray, "n o"]
    attributions: Float[np.ndarray, "n o m"]
    quarters: Float[np.ndarray, "4 n o m"] | None = None
    change: Float[np.ndarray, "n o"] | None = None


Attribute = Callable[[Float[np.ndarray, "n d"]], Attributed]


class Attribution(Estimator):
    """An estimator that attributes the outputs at every row to the inputs, and averages over rows.

    Rows are real ones where the problem has them. Of the attributions φ of an input: mean |φ|,
    mean φ and rms φ, in the units of the output and in its standard deviations.

    Intervals: Student's, from standard errors by the delta method over up to 128 groups of rows;
    those of standardised measures include the uncertainty of σ_y.
    """

    _most_groups: ClassVar[int] = GROUPS

    confidence: float

    @abstractmethod
    def _attribute(
        self, problem: Problem, columns: Int[np.ndarray, " m"], rng: np.random.Generator
    ) -> tuple[Attribute, str]:
        """Return what attributes the outputs at rows to ``columns``, and what starts from where.

        The words complete "baseline: …"; none for a method without a baseline.
        """

    @abstractmethod
    def _rows_for_each(self, problem: Problem) -> int:
        """Return the rows of the model that one explained row costs."""

    def _rows_once(self, problem: Problem) -> int:
        """Return the rows of the model that a run costs whatever the number of rows."""
        return 0

    def minimum_budget(self, problem: Problem) -> int:
        # finite differences cost more than the backward rows that needs.cost counts
        each = self._rows_for_each(problem)
        return self.needs.minimum_rows * each + self._rows_once(problem)

    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        applies, columns = self._attributed_columns(problem)
        n = (budget - self._rows_once(problem)) // self._rows_for_each(problem)
        X = problem.rows(n, rng).X
        if problem.uses_rows:  # data may be sorted
            X = X[rng.permutation(len(X))]
        attribute, start = self._attribute(problem, columns, rng)
        groups = RowGroups(len(X), self._most_groups)
        sums = AttributionSums(groups, problem.o, len(columns))
        with problem.explained.many_calls():
            for rows in self._chunks(X, groups, problem):
                sums.add(*attribute(rows))
        found = sums.estimates(
            self.name, problem.outputs, self._scale(problem, columns), self.confidence
        )
        said = (start and f"baseline: {start}", self._complete(sums, problem))
        note = "; ".join(filter(None, said))
        named = {f"{self.name}_{kind}": _at(item, applies) for kind, item in found.items()}
        return named | {self.ranks_by: replace(named[self.ranks_by], note=note)}

    def _scale(self, problem: Problem, columns: Int[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
        """Return what an attribution is multiplied by, besides 1/σ_y, to be without a unit."""
        return np.ones(len(columns))

    def _complete(self, sums: AttributionSums, problem: Problem) -> str:
        """Say how well the attributions of a row add up to what they are to add up to."""
        return sums.completeness("f(x) - f(baseline)")

    def _attributed_columns(
        self, problem: Problem
    ) -> tuple[Bool[np.ndarray, " d"], Int[np.ndarray, " m"]]:
        """Return the features that have attributions, and the first column of each of these."""
        skipped = self.inapplicable(problem)
        applies = np.array([name not in skipped for name in problem.features])
        first = np.array([block[0] for block in problem.space.blocks])
        return applies, first[applies]

    def _chunks(
        self, X: Float[np.ndarray, "n d"], groups: RowGroups, problem: Problem
    ) -> Iterator[Float[np.ndarray, "_ d"]]:
        """Yield whole runs of rows, as many as fit."""
        model = problem.explained
        most = min(model.chunk_rows, _CHUNK_BYTES // (8 * model.o * model.d))
        step = max(1, most // groups.run) * groups.run
        for start in range(0, len(X), step):
            yield X[start : start + step]


def starts(
    X: Float[np.ndarray, "n d"], row: Float[np.ndarray, " d"], columns: Int[np.ndarray, " m"]
) -> Float[np.ndarray, "n d"]:
    """Return the rows with the baseline's values in ``columns``.

    Other columns stay as they are: what has no derivative is not moved along a path.
    """
    moved = X.copy()
    moved[:, columns] = row[columns]
    return moved


def _at(item: Estimate, applies: Bool[np.ndarray, " d"]) -> Estimate:
    """Return the same with NaN for the features that have no attribution."""
    if applies.all():
        return item

    def full(values: Float[np.ndarray, "o m"]) -> Float[np.ndarray, "o d"]:
        of_all = np.full((len(values), len(applies)), np.nan)
        of_all[:, applies] = values
        return of_all

    return replace(item.map(full), tail=None if item.tail is None else full(item.tail))
