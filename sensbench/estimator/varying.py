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


def varying_in_either(
    samples: tuple[Float[np.ndarray, "n o"], Float[np.ndarray, "m o"]],
    spreads: tuple[Float[np.ndarray, " o"], Float[np.ndarray, " o"]],
    who: str,
    outputs: Sequence[str],
) -> Bool[np.ndarray, " o"]:
    """Return the same as :func:`varying` for the rows of two samples with these deviations."""
    n, m = map(len, samples)
    one, other = (Y.mean(axis=0) for Y in samples)
    within = (n * spreads[0] ** 2 + m * spreads[1] ** 2) / (n + m)
    spread = np.sqrt(within + n * m * ((one - other) / (n + m)) ** 2)
    largest = np.maximum.reduce([np.maximum(Y.max(axis=0), -Y.min(axis=0)) for Y in samples])
    return outputs_that_vary(spread, largest, samples[0][0], n + m, who, outputs)


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
