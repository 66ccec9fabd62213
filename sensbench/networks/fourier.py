import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.errors import UnknownNameError, require
from sensbench.networks._network import Single, as_widths, require_whole
from sensbench.networks._standardised import ACTIVATIONS, Standardised, perceptron


class Waves(nn.Module):
    """The inputs, and cosines and sines of random combinations of them."""

    frequencies: Tensor

    def __init__(self, frequencies: Float[Tensor, "d m"]):
        super().__init__()
        self.register_buffer("frequencies", frequencies)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """Return ``(x, cos xΩ, sin xΩ)``."""
        phase = x @ self.frequencies
        return torch.cat([x, phase.cos(), phase.sin()], dim=1)


@dataclass(frozen=True, kw_only=True)
class Fourier(Single):
    """Random Fourier features of standardised inputs, and layers above them.

    Frequencies are drawn once, from a normal distribution, and not trained: the network of Tancik
    et al. 2020, arXiv:2006.10739. With ``hidden=()`` it approximates regression with a Gaussian
    kernel (Rahimi & Recht 2007, "Random features for large-scale kernel machines"), and needs
    more features. The inputs themselves are features too, for trends.

    Parameters
    ----------
    features
        Number of random frequencies, each with a cosine and a sine.
    scale
        Standard deviation, in radians, of the phase that a row has in a wave: the larger, the
        wigglier. A frequency has scale/√d per standard deviation of an input.
    hidden
        Width of each hidden layer above the features.
    activation
        "tanh", "silu", "softplus" or "relu"; where there are hidden layers.
    weight_decay, sobolev, iterations, patience, train_rows
        As for every network: see ``Single``.
    """

    name: ClassVar[str] = "fourier"

    features: int = 64
    scale: float = 1.0
    hidden: Sequence[int] = (64,)
    activation: str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole(self.name, "features", self.features, 1)
        real = isinstance(self.scale, int | float) and math.isfinite(self.scale) and self.scale > 0
        require(real, self.name, "scale > 0", self.scale)
        object.__setattr__(self, "hidden", as_widths(self.name, self.hidden))
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError.of(self.name, "activation", self.activation, ACTIVATIONS)

    def build(self, d: int, o: int, seed: int = 0) -> Standardised:
        generator = torch.Generator().manual_seed(seed)
        size = (d, self.features)
        frequencies = torch.randn(size, generator=generator, dtype=torch.float64) * (
            self.scale / math.sqrt(d)
        )
        widths = (d + 2 * self.features, *self.hidden, o)
        layers = perceptron(widths, self.activation, generator)
        return Standardised(d, o, nn.Sequential(Waves(frequencies), *layers))
