"""What every space must fulfil."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from sensbench.errors import InputError
from sensbench.inputs.from_scipy import unfrozen
from sensbench.inputs.marginal import Marginal, is_constant
from sensbench.inputs.names import require_order


def require_columns(columns: Any, marginals: Sequence[Any]) -> None:
    """Raise an ``InputError`` unless there is one marginal with moments per distinct name."""
    require_order(columns, "InputSpace", "columns")
    if not columns or len(columns) != len(marginals):
        raise InputError(
            f"InputSpace: expected one marginal per name and at least one; "
            f"got {len(columns)} names and {len(marginals)} marginals"
        )
    if len(set(columns)) != len(columns):
        raise InputError(f"InputSpace: expected distinct names; got {list(columns)}")
    for name, marginal in zip(columns, marginals, strict=True):
        if not isinstance(marginal, Marginal) or unfrozen(marginal):
            raise InputError(
                f"InputSpace: expected a scipy.stats frozen distribution for {name!r}; "
                f"got {marginal!r}; InputSpace.of takes bounds, values and other forms too"
            )
        moments = float(marginal.mean()), float(marginal.std())
        if not np.isfinite(moments).all():
            raise InputError(
                f"InputSpace: expected a finite mean and standard deviation for {name!r}; "
                f"got {moments}; variance-based importance needs both"
            )


def require_features(
    names: Sequence[str],
    blocks: Sequence[Int[np.ndarray, " _"]],
    marginals: Sequence[Marginal],
    units: Sequence[str],
) -> None:
    """Raise an ``InputError`` unless every feature varies and has a unit, if any has one."""
    if units and len(units) != len(names):
        raise InputError(f"InputSpace: expected {len(names)} units; got {list(units)}")
    for name, block in zip(names, blocks, strict=True):
        # One column of a group may be constant: a category that no row of the data has.
        if all(is_constant(marginals[i]) for i in block):
            raise InputError(
                f"InputSpace: expected {name!r} to vary; it is constant "
                f"({marginals[block[0]].mean():g}), so its importance is undefined; leave "
                f"it out (fix it inside the model) or pass space= with a distribution for it"
            )


def require_law(law: Any, d: int) -> None:
    """Raise an ``InputError`` unless this is a law of so many inputs."""
    if any(not hasattr(law, name) for name in ("independent", "join", "describe")):
        raise InputError(
            f"InputSpace: expected dependence with independent, join and describe, as "
            f"sensbench.inputs.dependence.Dependence says; got {law!r}"
        )
    joined = np.shape(law.join(np.full((1, d), 0.5))) if _sized(law, d) else None
    if joined != (1, d):
        raise InputError(
            f"InputSpace: expected a dependence of {d} inputs; got one of another number that is "
            f"{law.describe()}"
        )


def _sized(law: Any, d: int) -> bool:
    correlation = getattr(law, "correlation", None)
    return not isinstance(correlation, np.ndarray) or len(correlation) == d
