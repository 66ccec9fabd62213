"""Quality: how well a model predicts an output, and how right its slopes are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.inputs.rows import differ

# Below this R² on held-out rows, more than half of what moves the target is not in the model,
# and a ranking of its inputs says little of the phenomenon.
POOR_R2 = 0.5

# Above this relative error of the gradient, what derivatives say is as much about how the model
# errs as about the function.
POOR_GRADIENT = 0.3


@dataclass(frozen=True)
class Quality:
    """How well a model predicts one output on the rows it was judged on.

    Attributes
    ----------
    r2
        R² = 1 - Σ(y - f)²/Σ(y - mean y)².
    rmse
        √mean (y - f)², in the output's unit; ``None`` in results files that only kept R².
    gradient_error
        Relative error of the gradient, √(Σᵢ E[σᵢ²(∂ᵢf - ∂ᵢg)²] / Σᵢ E[σᵢ²(∂ᵢg)²]), against that
        of the function g that the model learned; ``None`` where there is no such function. 0 is
        exact, 1 is no better than a gradient of 0. A model can fit g and not its gradient.
    """

    r2: float
    rmse: float | None = None
    gradient_error: float | None = None

    @classmethod
    def from_plain(cls, kept: Mapping[str, Any] | float) -> "Quality":
        """Return what a results file kept; the first ones kept the number R² alone."""
        return cls(**kept) if isinstance(kept, Mapping) else cls(float(kept))


def qualities(
    y: Float[np.ndarray, "n o"],
    F: Float[np.ndarray, "n o"],
    outputs: Sequence[str],
    gradient_errors: Float[np.ndarray, " o"] | None = None,
) -> dict[str, Quality]:
    """Return the quality of predictions F of every output that differ."""
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    squares = (y - F) ** 2
    r2 = 1.0 - squares.sum(axis=0) / np.where(total > 0, total, 1.0)
    rmse = np.sqrt(squares.mean(axis=0))
    slope = np.full(len(outputs), np.nan) if gradient_errors is None else gradient_errors
    return {
        outputs[k]: Quality(
            float(r2[k]), float(rmse[k]), None if np.isnan(slope[k]) else float(slope[k])
        )
        for k in np.flatnonzero(differ(y)).tolist()
    }


def gradient_errors(
    J: Float[np.ndarray, "n o d"], exact: Float[np.ndarray, "n o d"], sigma: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " o"]:
    """Return the relative error of the gradients J of every output; NaN where the exact is 0."""
    off = (((J - exact) * sigma) ** 2).mean(axis=0).sum(axis=1)
    size = ((exact * sigma) ** 2).mean(axis=0).sum(axis=1)
    return np.sqrt(off / np.where(size > 0, size, np.nan))
