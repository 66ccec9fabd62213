"""What numbers may come from: the model on the rows that the problem gives, and nothing else."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from sensbench.errors import ConformanceError
from sensbench.estimator.estimator import Estimator
from sensbench.estimator.result import Estimate, SensitivityResult
from sensbench.measure import measure
from sensbench.problem.problem import Problem
from sensbench.testing import _known
from sensbench.testing._rule import rule
from sensbench.testing._run import run
from sensbench.testing._tolerances import (
    BIAS_OF_LARGEST,
    HALF_WIDTHS,
    SHARE_OF_LARGEST,
)

_BUDGET = 2048
_NEW_NAMES = ("x1", "dead", "7", "a name with spaces")
_NEW_OUTPUTS = ("y1", "y2", "y3")


def check_rows(estimator: Estimator, who: str) -> None:
    """With a design or ``inputs="product"`` data play no part; else the marginals play none."""
    X = _rows(_known.data(0))
    alone = _known.given(None)
    same = _compared(estimator, who, _known.given(X, "product"), alone)
    rule(same, who, "inputs='product' leaves the data out",
         "the numbers change when a problem of marginals is given rows as well")  # fmt: skip
    if estimator.needs.design:
        same = _compared(estimator, who, _known.given(X), alone)
        rule(same, who, "a design leaves the data out",
             "the numbers change with the data; with rows='design' they are told to be of the "
             "product of the marginals")  # fmt: skip
        return
    same = _compared(estimator, who, _known.given(X), _known.given(X, spread=3.0))
    rule(same, who, "rows of data are the inputs",
         "the numbers change with the marginals although there are data; take rows from "
         "problem.rows and deviations from problem.sigma()")  # fmt: skip


def check_names(estimator: Estimator, who: str) -> None:
    """Other names of inputs and outputs leave every bit as it is."""
    other = _known.product(_NEW_NAMES, _NEW_OUTPUTS)
    same = _compared(estimator, who, _known.product(), other)
    rule(same, who, "names decide nothing", "the numbers change when inputs or outputs are renamed")


def check_truth_unused(estimator: Estimator, who: str) -> None:
    """A problem whose truth is known gives the same bits as one where it is not.

    It is told one per cent too large: near enough to be believed, and no method's own number.
    """
    finite = {n: v for n, v in _known.product_answers().items() if np.isfinite(v).all()}
    shifted = {name: 1.01 * value for name, value in finite.items()}
    same = _compared(estimator, who, _known.product(), _known.product(truth=shifted))
    rule(same, who, "the truth is not used",
         "the numbers change with problem.truth; an estimate is of the model alone")  # fmt: skip


def check_outputs(estimator: Estimator, who: str) -> None:
    """Outputs in another order have the same numbers in that order: each output has its own."""
    order = (2, 0, 1)
    first = _run(estimator, _known.product(), who)
    other = _run(estimator, _known.product(outputs=[_known.OUTPUTS[k] for k in order]), who)
    if first is None or other is None:
        return
    share = BIAS_OF_LARGEST if estimator.positive_bias else SHARE_OF_LARGEST
    for name in first.estimates:
        if name not in other.estimates:
            continue
        a, b = first[name], other[name]
        together = measure(name).axis == "aggregate"  # which has no order of outputs
        ordered = a if together else a.map(_taking(order))
        slack = HALF_WIDTHS * np.minimum(_half(ordered), _half(b))
        largest = np.nan_to_num(np.abs(ordered.value))
        if largest.ndim > 1:
            largest = largest.max(axis=-1, keepdims=True)
        gap = np.nan_to_num(np.abs(ordered.value - b.value))
        holds = (gap <= np.nan_to_num(slack) + share * largest + 1e-9).all()
        rule(holds, who, "every output has its own numbers",
             f"{name} differs by {gap.max():.3g} when the outputs are given in another "
             f"order")  # fmt: skip


def _compared(estimator: Estimator, who: str, one: Problem, other: Problem) -> bool:
    """Return whether both give the same bits, or cannot both be asked."""
    a, b = _run(estimator, one, who), _run(estimator, other, who)
    if a is None or b is None:
        return True
    return a.estimates.keys() == b.estimates.keys() and all(
        np.array_equal(getattr(a[name], end), getattr(b[name], end), equal_nan=True)
        for name in a.estimates
        for end in ("value", "low", "high")
    )


def _run(estimator: Estimator, problem: Problem, who: str) -> SensitivityResult | None:
    return run(estimator, problem, who, max(_BUDGET, int(estimator.minimum_budget(problem))))


def _taking(
    order: tuple[int, ...],
) -> Callable[[Float[np.ndarray, "..."]], Float[np.ndarray, "..."]]:
    return lambda values: values[list(order)]


def _half(estimate: Estimate) -> Float[np.ndarray, "..."]:
    return (estimate.high - estimate.low) / 2


def _rows(problem: Problem) -> Float[np.ndarray, "n d"]:
    if problem.data is None:
        raise ConformanceError("check_rows: expected a problem with data; got none")
    return problem.data.X
