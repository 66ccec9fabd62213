"""Sobol' indices of all outputs together: means of each output's, weighted by its variance."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

_OF = ("first_order", "total_order")


def with_aggregated(
    values: Mapping[str, Float[np.ndarray, "o ..."]],
    added: Mapping[str, Float[np.ndarray, "parts blocks o _"]],
) -> tuple[dict[str, Float[np.ndarray, "..."]], dict[str, Float[np.ndarray, "..."]]]:
    """Return the same with Σ V_k·S_k / Σ V_k over outputs k, and what each block adds to it.

    That is ``(d,)`` and ``(parts, blocks, 1, d)``. Gamboa et al. 2014, doi:10.1214/14-EJS895.

    Parameters
    ----------
    values, added
        Of each output, with its ``variance`` among them, shape ``(o, 1)``.
    """
    variance, spread = values["variance"], added["variance"]
    whole = variance.sum()
    inverse = 1 / whole if whole > 0 else np.nan
    found, blocks = dict(values), dict(added)
    for name in _OF:
        index = (variance * values[name]).sum(axis=0) * inverse
        moved = (variance * added[name] + (values[name] - index) * spread) * inverse
        found[f"aggregated_{name}"] = index
        blocks[f"aggregated_{name}"] = moved.sum(axis=2, keepdims=True)
    return found, blocks
