"""Estimator: the contract every method fulfils, and all an author has to write."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Bool, Float

from sensbench.calls import explained, refuse_unknown
from sensbench.errors import (
    BudgetTooSmall,
    ConstantOutputError,
    InputError,
    NotApplicable,
    TooFewRows,
    require,
)
from sensbench.measure import measure
from sensbench.problem import Problem
from sensbench.result import Absent, Estimate, SensitivityResult
from sensbench.threads import limited

# More than a model is ever asked: a slip of the keyboard, which would run for days.
MOST_ROWS = 10**9
# Of more constant outputs than this, one note tells.
_MOST_NOTES = 6


class Estimator(ABC):
    """A sensitivity method. Subclasses are frozen dataclasses: hyper-parameters are fields.

    An author writes ``_estimate`` (and ``minimum_budget`` where one row is not enough) and names
    the measures. :meth:`estimate` checks, meters and times.

    Attributes
    ----------
    name
        Registered name: in tables, figures and study files.
    measures
        Names of the measures it computes, all of them in :data:`sensbench.measure.MEASURES`
        (``sensbench.measure.define`` adds new ones).
    ranks_by
        The unit-free measure that its feature ranking is read from.
    design
        Whether it evaluates points of its own design (drawn from the marginals), or the rows
        that :meth:`Problem.rows` gives.
    minimum_rows
        Rows of data it needs, where it uses them.
    groups
        Whether it can take several columns as one feature (``problem.space.blocks``); if not,
        problems with groups are refused, and ``problem.d`` is the number of columns.
    biased_up
        Whether an input without effect scores above 0, by less the more rows there are: a
        distance between two samples of the same distribution is never quite 0.
    """

    name: ClassVar[str]
    measures: ClassVar[tuple[str, ...]]
    ranks_by: ClassVar[str]
    design: ClassVar[bool] = False
    minimum_rows: ClassVar[int] = 2
    groups: ClassVar[bool] = False
    biased_up: ClassVar[bool] = False

    def __new__(cls, *args: Any, **params: Any) -> "Estimator":
        """Refuse hyper-parameters that it does not have, in the house's words."""
        if is_dataclass(cls):
            seed = {"seed": "a seed is given to compare or estimate, seed=; leave it out"}
            known = [field.name for field in fields(cls) if field.init]
            refuse_unknown(params, known, cls.name, seed)
        return super().__new__(cls)

    @final
    @explained
    def estimate(
        self, problem: Problem, *, budget: int, seed: int | np.random.SeedSequence = 0
    ) -> SensitivityResult:
        """Return this method's measures for every output, with intervals and counted cost.

        Parameters
        ----------
        problem
            What is explained.
        budget
            Rows through the model, at most: forward rows plus backward rows.
        seed
            The same seed gives the same bits; 0 is a seed like any other.

        Raises
        ------
        BudgetTooSmall
            The budget does not pay for this method's smallest run.
        NotApplicable
            The method cannot be asked this: groups, or no input it applies to.
        ModelError
            The model failed: NaN, wrong rows, constant outputs, no derivative.
        """
        if not isinstance(problem, Problem):
            raise InputError(
                f"{self.name}: expected a Problem; got {type(problem).__name__}; for a model and "
                f"rows call sensbench.compare(model, X)"
            )
        self.require_budget(problem, budget)
        self._require_applicable(problem)
        metered = replace(problem, model=problem.explained.metered(int(budget)))
        with limited() as threads:
            start = time.perf_counter()
            found = self._estimate(metered, int(budget), np.random.default_rng(seed))
            seconds = time.perf_counter() - start
        estimates = {name: item for name, item in found.items() if isinstance(item, Estimate)}
        absent = {name: item.reason for name, item in found.items() if isinstance(item, Absent)}
        undefined = self._check(problem, estimates)
        return SensitivityResult(
            problem=problem.name,
            model=problem.explained.name,
            estimator=self.name,
            params=self.params(),
            outputs=problem.outputs,
            features=problem.features,
            estimates=estimates,
            absent=absent,
            inputs=problem.describe_inputs(self.design),
            budget=int(budget),
            n_forward=metered.explained.n_forward,
            n_backward=metered.explained.n_backward,
            seconds=seconds,
            threads=threads,
            notes=(
                *problem.notes,
                *metered.explained.notes,
                *self._notes_on_features(problem),
                *undefined,
            ),
        )

    @final
    def require_budget(self, problem: Problem, budget: Any) -> None:
        """Raise if the budget or the data are not enough, with the figure that would do.

        Raises
        ------
        InputError, BudgetTooSmall, TooFewRows
        """
        if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
            raise InputError(f"{self.name}: expected a budget of whole rows; got {budget!r}")
        if budget > MOST_ROWS:
            raise InputError(
                f"{self.name}: expected a budget of at most {MOST_ROWS:,} rows; got {budget:,}"
            )
        rows = problem.data if problem.uses_rows and not self.design else None
        if rows is not None and len(rows) < self.minimum_rows:
            raise TooFewRows(
                f"{self.name}: expected at least {self.minimum_rows} rows of data; got "
                f"{len(rows)}; give more rows, or inputs='product' to draw from their marginals, "
                f"or leave {self.name} out of estimators="
            )
        needed = self.minimum_budget(problem)
        if budget < needed:
            raise BudgetTooSmall(
                f"{self.name}: expected a budget of at least {needed} rows for {problem.d} inputs "
                f"and {problem.o} outputs; got {budget}; raise the budget or leave "
                f"{self.name} out"
            )

    def minimum_budget(self, problem: Problem) -> int:
        """Return the rows that the smallest run of this method costs on this problem."""
        return 1

    def inapplicable(self, problem: Problem) -> Mapping[str, str]:
        """Return the features this method says nothing of, each with the reason.

        Their values are NaN. The reason completes "not applicable to 'rooms', …".
        """
        return {}

    def params(self) -> dict[str, Any]:
        """Return the hyper-parameters by name."""
        return asdict(self) if is_dataclass(self) and not isinstance(self, type) else {}

    @abstractmethod
    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        """Compute every declared measure: an ``Estimate``, or ``Absent`` with the reason.

        Call ``problem.explained`` (its rows are counted), take all randomness from ``rng``, and
        do not change ``problem``.
        """

    def _require_applicable(self, problem: Problem) -> None:
        groups = [group.name for group in problem.space.groups]
        if groups and not self.groups:
            raise NotApplicable(
                f"{self.name}: expected a problem whose features are single inputs; got groups "
                f"{groups}, which this method does not take; leave it out or declare no groups"
            )
        reasons = self.inapplicable(problem)
        if len(reasons) == problem.d:
            raise NotApplicable(
                f"{self.name}: expected a feature it is applicable to; got {_listed(reasons)}; "
                f"leave {self.name} out"
            )

    def _notes_on_features(self, problem: Problem) -> list[str]:
        reasons = self.inapplicable(problem)
        return [f"{self.name}: not applicable to {_listed(reasons)}"] if reasons else []

    def _check(self, problem: Problem, estimates: Mapping[str, Estimate]) -> list[str]:
        """Check shapes; return one note per output a measure is undefined for, and the estimates'.

        A feature that the method is not applicable to has its note already.
        """
        skipped = self.inapplicable(problem)
        applies = np.array([name not in skipped for name in problem.features])
        undefined: dict[str, list[str]] = {}
        for name, item in estimates.items():
            shape = measure(name).shape(problem.o, problem.d)
            shapes = {np.shape(item.value), np.shape(item.low), np.shape(item.high)}
            if shapes != {shape}:
                raise InputError(
                    f"{self.name}: expected values, low and high of shape {shape} for {name!r}; "
                    f"got {sorted(shapes)}; this is a defect of the estimator"
                )
            if item.value.ndim == 2 and not item.note:  # a note says why itself
                for k in np.flatnonzero(np.isnan(item.value[:, applies]).all(axis=1)):
                    undefined.setdefault(problem.outputs[k], []).append(name)
        remarks = [f"{self.name}: {n}: {item.note}" for n, item in estimates.items() if item.note]
        return [f"{self.name}: {text}" for text in _constant(undefined)] + remarks


def _constant(undefined: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which outputs the measures are undefined for; many of them in one sentence."""
    alike: dict[str, list[str]] = {}
    for output, names in undefined.items():
        alike.setdefault(", ".join(names), []).append(output)
    found = []
    for names, outputs in alike.items():
        if len(outputs) <= _MOST_NOTES:
            found += [
                f"undefined for output {output!r}, which is constant over the inputs: {names}"
                for output in outputs
            ]
            continue
        first = ", ".join(map(repr, outputs[:_MOST_NOTES]))
        found.append(
            f"undefined for {len(outputs)} outputs, which are constant over the inputs ({first} "
            f"and {len(outputs) - _MOST_NOTES} more): {names}"
        )
    return found


def _listed(reasons: Mapping[str, str]) -> str:
    named = [f"{name!r}, {reason}" for name, reason in reasons.items()]
    more = [f"and {len(named) - 8} more"] if len(named) > 8 else []
    return "; ".join(named[:8] + more)


def varying(
    Y: Float[np.ndarray, "n o"], who: str, outputs: Sequence[str]
) -> Bool[np.ndarray, " o"]:
    """Return which outputs vary over the rows, beyond rounding.

    Raises
    ------
    ConstantOutputError
        None does: there is nothing to attribute to the inputs.
    """
    return outputs_that_vary(Y.std(axis=0), np.abs(Y).max(axis=0), Y[0], len(Y), who, outputs)


def outputs_that_vary(
    spread: Float[np.ndarray, " o"],
    largest: Float[np.ndarray, " o"],
    first: Float[np.ndarray, " o"],
    n: int,
    who: str,
    outputs: Sequence[str],
) -> Bool[np.ndarray, " o"]:
    """Return the same as :func:`varying` for ``n`` rows that are not held.

    What is known of each output are its standard deviation, its largest size and its first value.
    """
    mask = spread > 1e-12 * largest
    if not mask.any():
        named = ", ".join(f"{name} = {value:g}" for name, value in zip(outputs, first, strict=True))
        raise ConstantOutputError(
            f"{who}: expected an output that varies over the inputs; all are constant over "
            f"{n} rows ({named}); check the model, or widen the inputs' distribution"
        )
    return mask


def check_interval_options(who: str, resamples: int, confidence: float) -> None:
    """Check the two hyper-parameters that every bootstrapping estimator has."""
    require(isinstance(resamples, int) and resamples >= 2, who, "resamples >= 2", resamples)
    check_confidence(who, confidence)


def check_confidence(who: str, confidence: float) -> None:
    """Check the level of the intervals."""
    require(0 < confidence < 1, who, "confidence between 0 and 1", confidence)
