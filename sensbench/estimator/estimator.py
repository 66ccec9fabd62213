"""Estimator: the contract every method fulfils, and all an author has to write."""

import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any, ClassVar, final

import numpy as np

from sensbench.calls import explained, refuse_unknown
from sensbench.errors import BudgetTooSmall, InputError, NotApplicable, TooFewRows
from sensbench.estimator.ask_and_tell import AskAndTell
from sensbench.estimator.result import Absent, Estimate, Impossible, NotAsked, SensitivityResult
from sensbench.estimator.scale import at_scale, in_units
from sensbench.estimator.undefined import undefined_said
from sensbench.estimator.unsettled import unsettled_said
from sensbench.extras import require_extra
from sensbench.measure import measure
from sensbench.problem.problem import Problem
from sensbench.threads import limited

# More than a model is ever asked: a slip of the keyboard, which would run for days.
MOST_ROWS = 10**9
# Units of a number's precision that a mean of equal numbers may be off by.
_ROUNDED = 32
# Of a hyper-parameter that was not there from the beginning.
LATER: Mapping[str, bool] = {"later": True}


class Estimator(AskAndTell):
    """A sensitivity method. Subclasses are frozen dataclasses: hyper-parameters are fields.

    An author writes ``_estimate``, names the measures and says what the method needs.
    :meth:`estimate` checks, meters and times.

    Attributes
    ----------
    name
        Registered name: in tables, figures and study files.
    measures
        Names of the measures it computes, all of them in :data:`sensbench.measure.MEASURES`
        (``sensbench.measure.define`` adds new ones).
    ranks_by
        The unit-free measure that its feature ranking is read from.
    needs
        What it asks of a problem, and its cost: a :class:`Needs`, or a property that computes it
        from the parameters.
    positive_bias
        Whether an input without effect scores above 0, by less the more rows there are: a
        distance between two samples of the same distribution is never quite 0.
    extra
        The extra of :data:`sensbench.extras.EXTRAS` whose packages it runs on. Its module imports
        them only in ``_estimate`` (:func:`sensbench.extras.imported`): it lists without them.
    library
        The package whose numbers these are, where it is not this one; by default its extra's.
    """

    measures: ClassVar[tuple[str, ...]]
    ranks_by: ClassVar[str]
    positive_bias: ClassVar[bool] = False
    extra: ClassVar[str | None] = None
    library: ClassVar[str | None] = None

    def __new__(cls, *args: Any, **params: Any) -> "Estimator":
        """Refuse hyper-parameters that it does not have, in the house's words."""
        if is_dataclass(cls):
            seed = {"seed": "a seed is given to compare or estimate, seed=; leave it out"}
            names = [field.name for field in fields(cls) if field.init]
            refuse_unknown(params, names, cls.name, seed)
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
        NotInstalled
            A package that it runs on is not there.
        ModelError
            The model failed: NaN, wrong rows, constant outputs, no derivative.
        """
        if not isinstance(problem, Problem):
            raise InputError(
                f"{self.name}: expected a Problem; got {type(problem).__name__}; for a model and "
                f"rows call sensbench.compare(model, X)"
            )
        if self.extra is not None:
            require_extra(self.extra, self.name)
        self._require_model(problem)
        self.require_budget(problem, budget)
        self._require_applicable(problem)
        metered, scale = at_scale(replace(problem, space=problem.drawn_from), int(budget))
        with limited() as threads:
            start = time.perf_counter()
            computed = self._estimate(metered, int(budget), np.random.default_rng(seed))
            seconds = time.perf_counter() - start
        model = metered.model
        precision = np.float64 if model is None else model.precision
        rounding = _ROUNDED * float(np.finfo(precision).eps)
        estimates = {
            name: in_units(item, measure(name), scale).beyond_rounding(rounding)
            for name, item in computed.items()
            if isinstance(item, Estimate)
        }
        absent = {
            name: item for name, item in computed.items() if isinstance(item, NotAsked | Impossible)
        }
        undefined = self._check(problem, estimates)
        return SensitivityResult(
            problem=problem.name,
            model=problem.explained_as,
            estimator=self.name,
            params=self.params(),
            outputs=problem.outputs,
            features=problem.features,
            estimates=estimates,
            absent=absent,
            inputs=problem.describe_inputs(self.needs.design),
            budget=int(budget),
            n_forward=model.n_forward if model else 0,
            n_backward=model.n_backward if model else 0,
            seconds=seconds,
            threads=threads,
            n_updated=model.n_updated if model else 0,
            notes=(
                *problem.notes,
                *(model.notes if model else ()),
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
        needs = self.needs
        rows = problem.data if problem.uses_rows and not needs.design else None
        if rows is not None and len(rows) < needs.minimum_rows:
            raise TooFewRows(
                f"{self.name}: expected at least {needs.minimum_rows} rows of data; got "
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
        needs = self.needs
        return needs.cost(problem.d, problem.o, needs.minimum_rows)

    def inapplicable(self, problem: Problem) -> Mapping[str, str]:
        """Return the features this method says nothing of, each with the reason.

        Their values are NaN. The reason completes "not applicable to 'rooms', …". Those are, for a
        method that needs gradients, the features without one.
        """
        return problem.space.without_derivative if self.needs.gradient else {}

    def params(self) -> dict[str, Any]:
        """Return the hyper-parameters by name.

        Seeds and keys of cells follow from them. One that came later (``metadata=LATER``) is left
        out at its default, so that those stay as they were.
        """
        if not is_dataclass(self) or isinstance(self, type):
            return {}
        later = [one for one in fields(self) if one.metadata.get("later")]
        as_before = {one.name for one in later if getattr(self, one.name) == one.default}
        return {name: value for name, value in asdict(self).items() if name not in as_before}

    @abstractmethod
    def _estimate(
        self, problem: Problem, budget: int, rng: np.random.Generator
    ) -> Mapping[str, Estimate | Absent]:
        """Compute every declared measure: an ``Estimate``, or ``Impossible``, or ``NotAsked``.

        Call ``problem.explained`` (its rows are counted), take all randomness from ``rng``, and
        do not change ``problem``.
        """

    def _require_model(self, problem: Problem) -> None:
        if problem.model is None and self.needs.rows != "given":
            raise NotApplicable(
                f"{self.name}: expected a model to call; got rows with measured outputs alone; "
                f"leave it out, or take a method of given rows, such as rank_first_order"
            )

    def _require_applicable(self, problem: Problem) -> None:
        if self.needs.refit and problem.refit is None:
            raise NotApplicable(
                f"{self.name}: expected a model that can be trained again; how "
                f"{problem.explained_as!r} was trained is not known; pass refit=Refit(train, X, y) "
                f"to compare with train(X, y, seed) and the rows it learned, train a network of "
                f"sensbench.networks without sobolev, or take leave_one_out, which trains nothing"
            )
        groups = [group.name for group in problem.space.groups]
        if groups and self.needs.groups == "refused":
            raise NotApplicable(
                f"{self.name}: expected a problem whose features are single inputs; got groups "
                f"{groups}, which this method does not take; leave it out or declare no groups"
            )
        if self.needs.law == "independent" and not problem.drawn_from.independent:
            raise NotApplicable(
                f"{self.name}: expected independent inputs, for which its answer means something; "
                f"got inputs that are {problem.space.dependence.describe()}; leave it out, or ask "
                f"for inputs='product', which draws every input by itself"
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
            meaning = measure(name)
            shapes = {np.shape(item.value), np.shape(item.low), np.shape(item.high)}
            directed = meaning.axis in ("direction", "set") and np.ndim(item.value) == 2
            shape = meaning.shape(problem.o, problem.d, np.shape(item.value)[1] if directed else 0)
            if shapes != {shape}:
                raise InputError(
                    f"{self.name}: expected values, low and high of shape {shape} for {name!r}; "
                    f"got {sorted(shapes)}; this is a defect of the estimator"
                )
            if meaning.axis == "feature" and not item.note:  # a note says why itself
                for k in np.flatnonzero(np.isnan(item.value[:, applies]).all(axis=1)):
                    undefined.setdefault(problem.outputs[k], []).append(name)
        remarks = [f"{n}: {item.note}" for n, item in estimates.items() if item.note]
        notes = [*undefined_said(undefined), *remarks, *unsettled_said(estimates, problem)]
        return [f"{self.name}: {text}" for text in notes]


def _listed(reasons: Mapping[str, str]) -> str:
    named = [f"{name!r}, {reason}" for name, reason in reasons.items()]
    more = [f"and {len(named) - 8} more"] if len(named) > 8 else []
    return "; ".join(named[:8] + more)
