"""OutputScale: powers of two that bring outputs of extreme size near 1, which changes no digit."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

# Beyond 1e±100 squares, and products of these, leave the range of double precision.
_EXTREME = 332


class OutputScale:
    """What the outputs are divided by: chosen per output from the first batch that is not all 0.

    Attributes
    ----------
    exponents
        Of 2; 0 for outputs of ordinary size.
    """

    def __init__(self, o: int):
        self.exponents: Int[np.ndarray, " o"] = np.zeros(o, dtype=np.int64)
        self._open = np.ones(o, dtype=bool)

    @property
    def changes(self) -> bool:
        """Whether any output is scaled."""
        return bool(self.exponents.any())

    def see(self, values: Float[np.ndarray, "n o"]) -> None:
        """Choose the scale of outputs that have none yet."""
        if not self._open.any():
            return
        largest = np.abs(values).max(axis=0)
        settled = self._open & (largest > 0)
        exponents = np.frexp(np.where(settled, largest, 1.0))[1].astype(np.int64)
        self.exponents = np.where(
            settled & (np.abs(exponents) > _EXTREME), exponents, self.exponents
        )
        self._open &= ~settled

    def outputs(self, values: Float[np.ndarray, "n o"]) -> Float[np.ndarray, "n o"]:
        """Return scaled outputs."""
        self.see(values)
        return np.ldexp(values, -self.exponents) if self.changes else values

    def tensor(self, values: Float[Tensor, "n o"]) -> Float[Tensor, "n o"]:
        """Return scaled outputs with their graph."""
        self.see(values.detach().to("cpu", torch.float64).numpy())
        if not self.changes:
            return values
        first = -self.exponents // 2  # in two steps: 2 to the whole may be beyond all numbers
        for part in (first, -self.exponents - first):
            values = values * torch.from_numpy(np.ldexp(1.0, part)).to(values)
        return values

    def slopes(self, k: int, values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Return the scaled derivatives of an output whose values were seen."""
        return np.ldexp(values, -self.exponents[k]) if self.exponents[k] else values

    def part(
        self, Y: Float[np.ndarray, "n o"], slopes: list[Float[np.ndarray, "n d"]]
    ) -> tuple[Float[np.ndarray, "n o"], list[Float[np.ndarray, "n d"]]]:
        """Return scaled outputs, and the scaled derivatives of each."""
        scaled = self.outputs(Y)
        return scaled, [self.slopes(k, slope) for k, slope in enumerate(slopes)]
