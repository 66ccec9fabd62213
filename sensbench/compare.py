"""compare(): the battery of methods on one model, in memory."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from sensbench import estimators as registered
from sensbench.asked import Asked
from sensbench.calls import explained
from sensbench.comparison import Comparison
from sensbench.errors import (
    InputError,
    ModelError,
    PartialResultWarning,
    SensbenchError,
)
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import SensitivityResult
from sensbench.inputs.names import Names
from sensbench.inputs.space import Groups, InputSpace
from sensbench.model.boundary.arguments import Arguments
from sensbench.model.boundary.columns import Selector
from sensbench.model.model import Derivatives
from sensbench.problem.problem import Inputs, Problem
from sensbench.study.cells import Cell, cells_of, labels
from sensbench.study.environment import provenance
from sensbench.study.outcome import Outcome
from sensbench.study.planning import Plan, PlannedSubject
from sensbench.study.question import method_of
from sensbench.study.runner import carry_out
from sensbench.study.store import ResultStore
from sensbench.study.tasks import Subject
from sensbench.study.workshop import Prepared
from sensbench.threads import limited

_log = logging.getLogger(__name__)

DEFAULT = ("gradient", "sobol", "morris", "permutation")


@explained
def compare(
    model: Any,
    X: Any = None,
    *,
    y: Any = None,
    space: InputSpace | None = None,
    features: Names | None = None,
    output: Selector = None,
    outputs: Names | None = None,
    estimators: Sequence[str | Estimator] | str | Estimator | None = None,
    budget: int = 10_000,
    seed: int = 0,
    inputs: Inputs = "data",
    discrete: Any = None,
    groups: Groups | None = None,
    arguments: Arguments = None,
    derivatives: Derivatives = "auto",
) -> Comparison:
    """Ask several methods which inputs matter to a model, and whether they agree.

    Parameters
    ----------
    model
        A torch module, a function of tensors, arrays or a data frame, a fitted regressor, a
        :class:`Model` or a :class:`Problem`.
    X
        Rows the model is used on: array, tensor, list or data frame (pandas, Polars). Text, dates
        and missing values are sampled as they are for a model that takes them, such as a fitted
        pipeline; gradients by them are not applicable.
    y
        Targets measured with X: permutation importance is then taken against them, else against
        the model's own output. The columns of a frame, or a Series's name, also name the outputs
        that the model itself gives no names (a tensor; not dict keys, fields or variables).
    space
        The inputs' distribution; by default each column of X, independently.
    features
        Names of the columns of X; for a data frame, which columns, in the model's order.
    output
        Which outputs to explain: position, name or list (``output=0``: the first of a tuple).
    outputs
        Names for the outputs.
    estimators
        Names or estimators; by default gradient, sobol, morris and permutation.
    budget
        Rows through the model for each method, forward and backward rows counted alike.
    seed
        The same seed gives the same numbers.
    inputs
        ``"data"``: gradient and permutation use the rows of X themselves, Sobol' and Morris the
        product of the marginals. ``"product"``: all use the product, for a like-for-like
        comparison.
    discrete
        Columns of X that take separate values only (codes, counts, 0 and 1): gradients by them
        mean nothing. By default a frame's integer, bool and categorical columns; ``[]``: none.
    groups
        Columns that are one feature together, such as a one-hot code:
        ``{"region": ["region_north", "region_south"]}``. Their values are taken from X as whole
        rows.
    arguments
        Which features go into which argument, for a model of several; see :class:`Model`.
    derivatives
        ``"auto"``, ``"autograd"`` or ``"finite-difference"``; see :class:`Model`.

    Raises
    ------
    InputError
        What was passed does not fit together; a budget too small for a method (before anything
        is computed).
    ModelError
        The model failed for every method. Where only some fail, the others' results are kept
        and a ``PartialResultWarning`` says why.
    """
    problem = Asked(
        model=model, X=X, y=y, space=space, features=features, output=output, outputs=outputs,
        inputs=inputs, discrete=discrete, groups=groups, arguments=arguments,
        derivatives=derivatives,
    ).problem()  # fmt: skip
    chosen = _estimators(estimators)
    for estimator in chosen.values():
        _require_budget(estimator, problem, budget)
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 2**63:
        raise InputError(f"compare: expected a whole seed from 0 to 2^63 - 1; got {seed!r}")

    methods = [method_of(label, estimator) for label, estimator in chosen.items()]
    name = problem.explained.name
    cells = cells_of([(problem.name, problem.name, name)], methods, [int(budget)], 1, int(seed))
    by_method: dict[str, SensitivityResult] = {}
    reasons: list[str] = []
    errors: list[BaseException] = []

    def watch(cell: Cell, outcome: Outcome) -> None:
        if outcome.result is not None:
            by_method[cell.method.label] = outcome.result
        else:
            label = cell.method.label
            reasons.append(f"{label}: {outcome.reason.removeprefix(f'{label}: ')}")
            if outcome.error is not None:
                errors.append(outcome.error)

    with limited() as threads, ResultStore() as store:
        title, command = f"Which inputs matter to {name}?", f"compare(…, {budget=}, {seed=})"
        origin = provenance(problem.name, title, int(seed), command, threads=threads)
        store.plan(cells, methods, origin)
        subject = PlannedSubject(Subject(problem.name), problem.name, name)
        plan = Plan({problem.name: subject}, methods, cells)
        workshop = Prepared(problem, {cell.key: chosen[cell.method.label] for cell in cells})
        carry_out(plan, store, workshop.carry_out, watch)
        results = store.results()
    if not by_method:
        kind = next((type(e) for e in errors if isinstance(e, SensbenchError)), ModelError)
        raise kind("compare: every method failed:\n" + "\n".join(reasons)) from errors[0]
    for reason in reasons:
        warnings.warn(
            f"{reason} (the other methods' results are kept)", PartialResultWarning, stacklevel=3
        )
    return Comparison(results, by_method)


def _require_budget(estimator: Estimator, problem: Problem, budget: Any) -> None:
    """Raise if the budget is too small; what a faulty estimator raises fails that one, later."""
    try:
        estimator.require_budget(problem, budget)
    except SensbenchError:
        raise
    except Exception as error:
        if type(estimator).__module__.startswith("sensbench."):
            raise
        _log.debug("%s: %s", estimator.name, error)


def _estimators(chosen: Any) -> dict[str, Estimator]:
    chosen = DEFAULT if chosen is None else chosen
    if isinstance(chosen, str | Estimator):
        chosen = (chosen,)
    if not isinstance(chosen, Sequence):
        raise InputError(f"compare: expected estimators as a list of names; got {chosen!r}")
    loaded = [registered.load(one) if isinstance(one, str) else one for one in chosen]
    for one in loaded:
        if not isinstance(one, Estimator):
            raise InputError(
                f"compare: expected estimators as names or Estimator instances; got {one!r}"
            )
    if not loaded:
        raise InputError("compare: expected at least one estimator; got none")
    names = labels([(one.name, one.params()) for one in loaded])
    return dict(zip(names, loaded, strict=True))
