"""What follows from a few known moments, for every measure they decide."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError
from sensbench.inputs.marginal import family_of
from sensbench.inputs.poincare import NoConstant, poincare_constant
from sensbench.inputs.space import InputSpace
from sensbench.problem.truth import Truth, Truths

_SLOPES = ("derivative_mean", "derivative_abs")
_ROUNDING = 1e-14


def exact_truth(space: InputSpace, *, how: str = "closed form", **moments: Any) -> Truths:
    """Return exact values of every measure that follows from closed forms.

    Parameters
    ----------
    moments
        Measure name to values, of ``variance`` (outputs,), ``mean`` (outputs,), ``first_order``,
        ``total_order``, ``second_order`` (outputs, features, features), ``shapley``, ``dgsm``,
        ``derivative_mean`` and ``derivative_abs``, those that are known; variance is needed.

    Raises
    ------
    InputError
        Moments of derivatives over a space with groups, which have none.
    """
    shapes = {"mean": 1, "variance": 1, "second_order": 3}
    truths = {}
    for name, value in moments.items():
        array = np.asarray(value, dtype=np.float64)
        shape = shapes.get(name, 2)
        truths[name] = Truth.exact(array.reshape((1,) * (shape - array.ndim) + array.shape), how)
    return Truths.of(implied(space, truths))


def with_sizes(
    space: InputSpace, known: Truths, sizes: Callable[[], Float[np.ndarray, " d"]]
) -> Truths:
    """Return truths of one output and exact E|∂f/∂x_i|, with what follows from them."""

    def make() -> dict[str, Truth]:
        return implied(space, {**known, "derivative_abs": Truth.exact(sizes()[None])})

    return Truths(make)


def implied(space: InputSpace, known: Mapping[str, Truth]) -> dict[str, Truth]:
    """Return the known moments and all that follows from them; the variance must be exact.

    Independent inputs and y = f(x) are assumed: then the permutation importance is
    2·Var·S_T (Gregorutti et al. 2017, doi:10.1007/s11222-016-9646-1), and the total index is
    bounded by C·DGSM/Var (Roustant et al. 2017, doi:10.1214/17-EJS1310), and from below, where all
    inputs are normal, by the squared mean derivative (Kucherenko & Song 2016, arXiv:1605.07830).

    Raises
    ------
    InputError
        Moments of derivatives over a space with groups, which have none.
    """
    if space.groups and any(name in known for name in ("dgsm", *_SLOPES)):
        raise InputError(
            f"exact_truth: expected indices only (first_order, total_order …) for a space with "
            f"groups ({', '.join(group.name for group in space.groups)}); got derivatives"
        )
    truth = dict(known)
    variance = known["variance"].value[:, None]

    def add(name: str, source: str, value: Float[np.ndarray, "o d"], error: Any = None) -> None:
        of = truth[source]
        truth.setdefault(
            name, Truth(value, np.zeros_like(value) if error is None else error, of.how)
        )

    if "total_order" in known:
        total = known["total_order"].value
        add("permutation_mse", "total_order", 2 * variance * total)
        add("permutation_r2", "total_order", 2 * total)
        add("permutation_total_order", "total_order", total)
    if "dgsm" in known:
        squares = known["dgsm"].value
        add("derivative_rms", "dgsm", np.sqrt(squares))
        if "derivative_mean" in known:
            mean = known["derivative_mean"].value
            spread = squares - mean**2
            # of a slope that is the same everywhere, this difference is rounding
            spread = np.where(spread < _ROUNDING * squares, 0.0, spread)
            add("derivative_std", "dgsm", np.sqrt(spread))
        constants = [poincare_constant(marginal) for marginal in space.marginals]
        if not any(isinstance(constant, NoConstant) for constant in constants):
            add("total_order_bound", "dgsm", np.array(constants) * squares / variance)
    if "derivative_mean" in known and all(family_of(m) == "norm" for m in space.marginals):
        of, along = known["derivative_mean"], space.std() ** 2 / variance
        error = 2 * np.abs(of.value) * of.standard_error * along
        add("total_order_lower_bound", "derivative_mean", of.value**2 * along, error)
    for name in (*_SLOPES, "derivative_rms", "derivative_std"):
        if name in truth:
            scale = space.std() / np.sqrt(variance)
            of = truth[name]
            add(f"{name}_standardised", name, of.value * scale, of.standard_error * scale)
    ranges = np.array([np.ptp(np.array(m.support(), dtype=float)) for m in space.marginals])
    uniform = all(family_of(m) == "uniform" for m in space.marginals)
    if "derivative_abs" in known and uniform:
        of = known["derivative_abs"]
        add("mu_star_limit", "derivative_abs", of.value * ranges, of.standard_error * ranges)
    return truth
