from dataclasses import is_dataclass

import numpy as np
import torch

from sensbench.errors import BudgetTooSmall
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import RESULT_COLUMNS, SensitivityResult
from sensbench.measure import MEASURES, measure
from sensbench.problem.problem import Problem
from sensbench.testing import _cases
from sensbench.testing._answers import check_answers
from sensbench.testing._invariance import check_dead_input, check_relabelled, check_units
from sensbench.testing._report import Conformance
from sensbench.testing._rule import rule
from sensbench.testing._run import run
from sensbench.testing._sources import check_names, check_outputs, check_rows, check_truth_unused

_BUDGET = 2048


def check_estimator(estimator: Estimator) -> Conformance:
    """Check an estimator against every rule of the contract, on small problems of its own.

    The rules: it is a frozen dataclass with a name and known measures, and ranks by one without
    a unit; every declared measure is returned, or absent with a reason; values are finite or a
    note says why, and lie inside their intervals; the same seed gives the same bits, 0 included,
    and another seed others unless the numbers are exact; the budget is never exceeded nor
    undercounted, and the smallest one works; a dead input scores about 0 (with ``positive_bias``:
    little, and less the more rows there are); inputs in another order or unit change nothing,
    nor do other names; every output has its own numbers; nothing is printed or warned of;
    problem, data, module and global random states are left alone; a group of columns, where the
    estimator takes groups, is drawn and shuffled as a whole.

    With data the rows are those of the data, whatever the marginals, unless the estimator has a
    design or ``inputs="product"`` was asked for: then the data play no part.

    Answers: measures with a closed form are compared with it, on linear outputs and an interaction,
    over independent inputs and over correlated rows, as means over seeds; larger effects rank
    higher; intervals are neither narrower than the spread between seeds, at their level, nor wider
    than the values, reach to both sides of the value, and narrow with more rows. The problem's
    ``truth`` plays no part. Of a measure without a closed form here (``pawn``, one of the author's
    own) only the order can be checked.

    A problem it says it cannot be asked (``NotApplicable``) is passed over, but not all of them.

    Returns
    -------
    What was checked, and what was passed over; it prints as a list.

    Raises
    ------
    ConformanceError
        A rule is broken; the message names the estimator and the rule.
    """
    kind = type(estimator).__name__
    rule(isinstance(estimator, Estimator), kind, "is an Estimator", f"got {estimator!r}")
    who = f"estimator {getattr(estimator, 'name', kind)!r}"
    _check_declaration(estimator, who)
    module = _cases.module()
    cases = (_cases.linear(), _cases.nonlinear(), _cases.rows(module), _cases.mixed())
    applicable = [case for case in cases if _check_result(estimator, case, who)]
    rule(applicable, who, "can be asked something", "it refused every problem")
    for case in applicable:
        _check_budget(estimator, case, who)
    _check_untouched(estimator, who)
    _check_seeds(estimator, applicable, who)
    check_dead_input(estimator, who)
    check_relabelled(estimator, who)
    check_units(estimator, who)
    check_rows(estimator, who)
    check_names(estimator, who)
    check_truth_unused(estimator, who)
    check_outputs(estimator, who)
    check_answers(estimator, who)
    titles = ", ".join(case.title for case in applicable)
    return Conformance(
        who,
        (
            "declaration: a frozen dataclass, known measures, ranks by one without a unit",
            f"results: every measure or a reason, values inside their intervals, on {titles}",
            "budget: never exceeded nor undercounted, and the smallest one works",
            "left alone: problem, data, module and global random states",
            "seeds: the same one gives the same bits",
            "a dead input scores about 0",
            "inputs in another order, unit or name change nothing",
            "rows: given ones or draws, as it says; the truth is not read; every output its own",
            "closed forms: values and intervals of known measures",
        ),
        tuple(
            f"{case.title}: it says it cannot be asked" for case in cases if case not in applicable
        ),
    )


def _check_declaration(estimator: Estimator, who: str) -> None:
    frozen = is_dataclass(estimator) and type(estimator).__dataclass_params__.frozen
    rule(frozen, who, "is a frozen dataclass", "its hyper-parameters must be fields")
    for attribute in ("name", "measures", "ranks_by"):
        rule(getattr(estimator, attribute, ""), who, f"has {attribute}", "it is empty or not set")
    unknown = sorted(set(estimator.measures) - set(MEASURES))
    rule(not unknown, who, "known measures", f"{unknown}; sensbench.measure.define adds new ones")
    own = estimator.ranks_by in estimator.measures
    rule(own, who, "ranks by a measure of its own", f"got {estimator.ranks_by!r}")
    axis = measure(estimator.ranks_by).axis
    rule(axis == "feature", who, "ranks by a measure of the inputs",
         f"{estimator.ranks_by} belongs to the {axis}")  # fmt: skip
    unit = measure(estimator.ranks_by).unit
    rule(unit == "", who, "ranks by a measure without unit", f"{estimator.ranks_by} has {unit!r}")


def _check_result(estimator: Estimator, case: _cases.Case, who: str) -> bool:
    """Check what is returned; whether the problem could be asked at all."""
    result = run(estimator, case.problem, who, _BUDGET)
    if result is None:
        return False
    given = {*result.estimates, *result.absent}
    declared = set(estimator.measures)
    rule(given == declared, who, "every declared measure is returned or absent",
         f"declared but not given: {sorted(declared - given)}; "
         f"given but not declared: {sorted(given - declared)}")  # fmt: skip
    for name, absent in result.absent.items():
        rule(absent.reason.strip(), who, "absent with a reason", f"{name} has none")
    for name in result.estimates:
        _check_values(result, name, f"{who} on {case.title}")
    columns = tuple(result.to_frame().columns)
    rule(columns == RESULT_COLUMNS, who, "the frame has the documented columns", f"got {columns}")
    return True


def _check_values(result: SensitivityResult, name: str, who: str) -> None:
    item, axis = result[name], measure(name).axis
    read = np.ones(item.value.shape, dtype=bool)
    if axis == "pair":
        read &= np.triu(np.ones(item.value.shape[-2:], dtype=bool), 1)
    ends = np.stack([item.low, item.value, item.high])
    if item.interval is None:
        rule(np.isnan(ends[[0, 2]]).all(), who, "ends of intervals come with what they are",
             f"{name} has ends and no Interval; without one, Estimate.of leaves them out",
             )  # fmt: skip
        ends = np.repeat(item.value[None], 3, axis=0)
    named = np.array([any(repr(f) in note for note in result.notes) for f in result.features])
    if axis == "feature":
        excused = read & named
    elif axis == "pair":
        excused = read & (named[:, None] | named)
    else:  # no feature's remark excuses a number that belongs to none
        excused = np.zeros_like(read)
    explained = (
        any(name in note for note in result.notes) or np.isfinite(ends[:, read & ~excused]).all()
    )
    rule(explained, who, "finite, or a note says why", f"{name} = {item.value}")
    numbers = ends[:, read]
    low, value, high = numbers[:, np.isfinite(numbers).all(axis=0)]
    inside = ((low <= value) & (value <= high)).all()
    rule(inside, who, "values lie inside their intervals",
         f"{name}: low {item.low}, value {item.value}, high {item.high}")  # fmt: skip


def _check_budget(estimator: Estimator, case: _cases.Case, who: str) -> None:
    least = estimator.minimum_budget(case.problem)
    whole = isinstance(least, int | np.integer) and least >= 1
    rule(whole, who, "the smallest budget is a number of rows", f"got {least!r}")
    for budget in (least, least + 1, 2 * least + 3, 997 + least):
        before, checked = case.seen.rows, case.problem.explained.n_check
        result = run(estimator, case.problem, who, int(budget))
        rule(result is not None, who, "applies whatever the budget", f"not with {budget} rows")
        if result is None:
            continue
        spent, really = result.n_forward + result.n_backward, case.seen.rows - before
        # the checks a model gets once are outside every method's budget; a forward and a backward
        # row of theirs are one row seen
        really -= case.problem.explained.n_check - checked
        rule(spent <= budget, who, "the budget is not exceeded", f"{spent} of {budget} rows")
        # Rows evaluated behind the meter: every method would look cheaper than it is.
        rule(really <= result.n_forward, who, "all rows are counted",
             f"{really} rows evaluated, {result.n_forward} counted")  # fmt: skip
    if least > 1:
        try:
            estimator.estimate(case.problem, budget=int(least) - 1, seed=0)
        except BudgetTooSmall:
            return
        rule(False, who, "refuses a budget below the smallest", f"it ran with {least - 1} rows")


def _check_seeds(estimator: Estimator, cases: list[_cases.Case], who: str) -> None:
    for case in cases:
        first, again, other = (run(estimator, case.problem, who, _BUDGET, s) for s in (0, 0, 1))
        if first is None or again is None or other is None:
            continue
        for name in first.estimates:
            a, b = first[name], again[name]
            same = all(
                np.array_equal(getattr(a, end), getattr(b, end), equal_nan=True)
                for end in ("value", "low", "high")
            )
            rule(same, who, "the same seed gives the same bits", f"{name} differs with seed 0")
        # Rows of data may all be used, and then no seed matters.
        if case.problem.data is None:
            same = all(
                np.array_equal(first[name].value, other[name].value, equal_nan=True)
                for name in first.estimates
            )
            exact = all(
                np.allclose(e.low, e.high, rtol=1e-9, atol=1e-12, equal_nan=True)
                for e in first.estimates.values()
            )
            rule(exact or not same, who, "another seed gives other numbers, unless they are exact",
                 f"seeds 0 and 1 agree in every bit on {case.title}")  # fmt: skip


def _check_untouched(estimator: Estimator, who: str) -> None:
    module = _cases.module()
    problem = _cases.rows(module).problem
    before, states = _fingerprint(problem, module), _global_states()
    run(estimator, problem, who, _BUDGET)
    rule(_global_states() == states, who, "global random states are left alone",
         "numpy's or torch's generator was used; take all randomness from rng")  # fmt: skip
    rule(_fingerprint(problem, module) == before, who, "the problem is left alone",
         "its data, module or counters were changed")  # fmt: skip


def _fingerprint(problem: Problem, module: torch.nn.Module) -> tuple[object, ...]:
    """Return the bytes of all that an estimator could change."""
    data, model = problem.data, problem.explained
    arrays = [] if data is None else [data.X, data.y]
    return (
        *(None if array is None else array.tobytes() for array in arrays),
        *(tensor.numpy().tobytes() for tensor in module.state_dict().values()),
        model.n_forward,
        model.n_backward,
        problem.space.from_unit(np.full((1, problem.space.d), 0.3)).tobytes(),
    )


def _global_states() -> tuple[object, ...]:
    # Not Python's own: run-time type checkers draw from it. Whoever uses it has no seed.
    legacy = np.random.get_state(legacy=True)
    return (
        *(part.tobytes() if isinstance(part, np.ndarray) else part for part in legacy),
        bytes(torch.random.get_rng_state().numpy()),
    )
