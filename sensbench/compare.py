"""compare(): the battery of methods on one model, in memory."""

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from rich.console import Console

from sensbench import estimators as registered
from sensbench.asked import Asked
from sensbench.calls import explained
from sensbench.comparison import Comparison
from sensbench.effects.effects import Effects
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
from sensbench.problem.noise_floor import with_noise_floor
from sensbench.problem.problem import Inputs, Problem
from sensbench.problem.refit import Refit
from sensbench.study.carrying import carry_out
from sensbench.study.cells import Cell, cells_of, labels
from sensbench.study.environment import provenance
from sensbench.study.origin import Origin
from sensbench.study.outcome import Outcome
from sensbench.study.plan import Plan, PlannedSubject
from sensbench.study.question import method_of
from sensbench.study.store import ResultStore
from sensbench.study.tasks import Subject
from sensbench.study.workshop import Prepared
from sensbench.threads import limited

_log = logging.getLogger(__name__)

DEFAULT = ("gradient", "sobol", "morris", "permutation")
# where there is no model to call
OF_ROWS = ("rank_first_order", "cramer_von_mises", "delta", "regression")


@explained
def compare(
    model: Any = None,
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
    refit: Refit | None = None,
    noise_floor: bool | int = False,
    progress: bool | Callable[[str, int, int], None] = False,
    explain: bool = False,
) -> Comparison:
    """Ask several methods which inputs matter to a model, and whether they agree.

    Parameters
    ----------
    model
        A torch module, a function of tensors, arrays or a data frame, a fitted regressor, a
        :class:`Model` or a :class:`Problem`. ``None``: X and y alone are explained, by methods
        that call no model.
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
        Names or estimators; by default gradient, sobol, morris and permutation; without a model
        rank_first_order, cramer_von_mises, delta and regression.
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
    refit
        How the model was trained, for ``drop_column`` and ``loco``, which train it again without
        each input: :class:`Refit`. X and y are best rows that it was not trained on.
    noise_floor
        ``True``, or how many: inputs are added that the model ignores, and every method is asked
        about them too. What does not score above them is marked, and not ranked.
    progress
        ``True``: a line on stderr after each method. A function is called with the method, and how
        many of how many have ended.
    explain
        ``True``: where a verdict names two methods that differ, also find out why
        (``Comparison.explain``), with up to 200,000 rows more for each output.

    Raises
    ------
    InputError
        What was passed does not fit together; a budget too small for a method (before anything
        is computed).
    ModelError
        The model failed for every method. Where only some fail, the others' results are kept
        and a ``PartialResultWarning`` says why.
    """
    asked = Asked(
        model=model, X=X, y=y, space=space, features=features, output=output, outputs=outputs,
        inputs=inputs, discrete=discrete, groups=groups, arguments=arguments,
        derivatives=derivatives, refit=refit,
    )  # fmt: skip
    given = problem = asked.problem()
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not whole or not 0 <= seed < 2**63:
        raise InputError(f"compare: expected a whole seed from 0 to 2^63 - 1; got {seed!r}")
    if noise_floor:
        problem = with_noise_floor(given, int(noise_floor), int(seed))
    if estimators is None and problem.model is None:
        estimators = OF_ROWS
    chosen = _estimators(estimators)
    for estimator in chosen.values():
        _require_budget(estimator, problem, budget)
    methods = [method_of(label, estimator) for label, estimator in chosen.items()]
    name = problem.explained_as
    cells = cells_of([(problem.name, problem.name, name)], methods, [int(budget)], 1, int(seed))
    by_method: dict[str, SensitivityResult] = {}
    reasons: list[str] = []
    errors: list[BaseException] = []

    say = _printed if progress is True else progress or (lambda *facts: None)
    ended: list[str] = []

    def watch(cell: Cell, outcome: Outcome) -> None:
        ended.append(cell.method.label)
        say(cell.method.label, len(ended), len(cells))
        if outcome.result is not None:
            by_method[cell.method.label] = outcome.result
        else:
            label = cell.method.label
            reasons.append(f"{label}: {outcome.reason.removeprefix(f'{label}: ')}")
            if outcome.error is not None:
                errors.append(outcome.error)

    with limited() as threads, ResultStore() as store:
        title, command = f"Which inputs matter to {name}?", f"compare(…, {budget=}, {seed=})"
        facts = provenance(problem.name, title, int(seed), command, threads=threads)
        store.plan(cells, methods, facts)
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
    if problem.model is not None:
        effects = Effects(problem, int(budget), int(seed))
        results = replace(results, effects=dict.fromkeys(results.questions, effects))
    origin = Origin(
        given, chosen, int(budget), int(seed), model, asked.options, noise_floor=int(noise_floor)
    )
    comparison = Comparison(results, by_method, origin)
    if explain:
        comparison.explain(seed=int(seed))
    return comparison


def _printed(method: str, ended: int, of: int) -> None:
    Console(stderr=True).print(f"[{ended}/{of}] {method}", markup=False, highlight=False)


def _require_budget(estimator: Estimator, problem: Problem, budget: Any) -> None:
    """Raise if the budget is too small; what a faulty estimator raises fails that one, later."""
    if problem.model is None and estimator.needs.rows != "given":
        return  # it says so itself
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
