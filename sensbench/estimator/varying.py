"""Which outputs vary over the rows: where nothing varies there is nothing to attribute."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import ConstantOutputError


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
