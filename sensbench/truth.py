"""Exact values: what follows from a few closed forms, for every measure they decide."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.poincare import NoConstant, poincare_constant
from sensbench.problem import Truth
from sensbench.space import InputSpace


def exact_truth(
    space: InputSpace,
    *,
    variance: Sequence[float],
    first_order: Any = None,
    total_order: Any = None,
    dgsm: Any = None,
    derivative_mean: Any = None,
    derivative_abs: Any = None,
) -> Truth:
    """Return exact values of every measure that follows from these, each ``(outputs, features)``.

    Independent inputs and y = f(x) are assumed: then the permutation importance is
    2·Var·S_T (Gregorutti et al. 2017, doi:10.1007/s11222-016-9646-1), and the total index is
    bounded by C·DGSM/Var (Roustant et al. 2017, doi:10.1214/17-EJS1310).

    Raises
    ------
    InputError
        Moments of derivatives over a space with groups, which have none.
    """
    slopes = (dgsm, derivative_abs, derivative_mean)
    if space.groups and any(value is not None for value in slopes):
        raise InputError(
            f"exact_truth: expected indices only (first_order, total_order) for a space with "
            f"groups ({', '.join(group.name for group in space.groups)}); got derivatives"
        )
    var = np.asarray(variance, dtype=np.float64)[:, None]
    # Read only where there are derivatives, and so a column per feature.
    scale = space.std() / np.sqrt(var)
    truth: dict[str, Float[np.ndarray, "o d"]] = {}

    def add(name: str, value: Any) -> None:
        truth[name] = np.atleast_2d(np.asarray(value, dtype=np.float64))

    if first_order is not None:
        add("first_order", first_order)
    if total_order is not None:
        add("total_order", total_order)
        add("permutation_mse", 2 * var * truth["total_order"])
        add("permutation_r2", 2 * truth["total_order"])
        add("permutation_total_order", truth["total_order"])
    if dgsm is not None:
        add("dgsm", dgsm)
        add("derivative_rms", np.sqrt(truth["dgsm"]))
        add("derivative_rms_standardised", truth["derivative_rms"] * scale)
        constants = [poincare_constant(marginal) for marginal in space.marginals]
        if not any(isinstance(constant, NoConstant) for constant in constants):
            add("total_order_bound", np.array(constants) * truth["dgsm"] / var)
    if derivative_abs is not None:
        add("derivative_abs", derivative_abs)
        add("derivative_abs_standardised", truth["derivative_abs"] * scale)
    if derivative_mean is not None:
        add("derivative_mean", derivative_mean)
        add("derivative_mean_standardised", truth["derivative_mean"] * scale)
        if dgsm is not None:
            spread = np.sqrt(np.maximum(truth["dgsm"] - truth["derivative_mean"] ** 2, 0.0))
            add("derivative_std", spread)
            add("derivative_std_standardised", spread * scale)
    return MappingProxyType(truth)
