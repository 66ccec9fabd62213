"""What an index of distance is by chance: the noise floor of inputs without effect."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

_MOST = 8
Index = Callable[[Float[np.ndarray, "n o"]], Float[np.ndarray, "o d"]]


def noise_floor(
    index: Index,
    outputs: Float[np.ndarray, "n o"],
    shuffles: int,
    confidence: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, " o"]:
    """Return what the largest index of all inputs stays below when the outputs are shuffled.

    One shuffle serves all inputs and outputs, so that what they share stays as it is. As a test at
    ``1 - confidence`` it is exact: the outputs as they are count as one more shuffle. With too few
    shuffles for that it is the largest.
    """
    largest = np.array([index(rng.permutation(outputs)).max(axis=1) for _ in range(shuffles)])
    at = min(int(np.ceil(confidence * (shuffles + 1))), shuffles) - 1
    return np.asarray(np.sort(largest, axis=0)[at])


def not_above(
    value: Float[np.ndarray, "o d"],
    floor: Float[np.ndarray, " o"],
    outputs: Sequence[str],
    features: Sequence[str],
) -> str:
    """Say which inputs are not told apart from one without effect; "" where all are."""
    parts = []
    for name, row, end in zip(outputs, value, floor, strict=True):
        below = [feature for feature, v in zip(features, row, strict=True) if v <= end]
        if below:
            more = f" and {len(below) - _MOST} more" if len(below) > _MOST else ""
            parts.append(f"{', '.join(below[:_MOST])}{more} (output {name!r}, up to {end:.3g})")
    more = f"; and inputs of {len(parts) - _MOST} more outputs" if len(parts) > _MOST else ""
    what = "not told apart from an input without effect: "
    return what + "; ".join(parts[:_MOST]) + more if parts else ""
