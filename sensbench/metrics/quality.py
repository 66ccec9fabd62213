"""Quality of a model: how much of the targets' variation it predicts."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def r_squared(
    y: Float[np.ndarray, "n o"], F: Float[np.ndarray, "n o"], outputs: Sequence[str]
) -> dict[str, float]:
    """Return R² = 1 - Σ(y - f)²/Σ(y - mean y)² of every output that varies."""
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    rest = ((y - F) ** 2).sum(axis=0)
    varies = np.ptp(y, axis=0) > 0
    return {outputs[k]: float(1.0 - rest[k] / total[k]) for k in np.flatnonzero(varies).tolist()}
