from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from sensbench.errors import UnknownNameError, require
from sensbench.networks._network import Single, as_widths
from sensbench.networks._standardised import ACTIVATIONS, Standardised, perceptron


@dataclass(frozen=True, kw_only=True)
class Mlp(Single):
    """Multilayer perceptron on standardised inputs and outputs, trained with early stopping.

    Parameters
    ----------
    hidden
        Width of each hidden layer.
    activation
        "tanh", "silu", "softplus" or "relu".
    residual
        Whether every hidden layer but the first adds to what it is given, for deep networks.
    weight_decay, sobolev, iterations, patience, train_rows
        As for every network: see ``Single``.
    """

    name: ClassVar[str] = "mlp"

    hidden: Sequence[int] = (64, 64)
    activation: str = "tanh"
    residual: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "hidden", as_widths(self.name, self.hidden))
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError.of(self.name, "activation", self.activation, ACTIVATIONS)
        require(isinstance(self.residual, bool), self.name, "residual true or false", self.residual)
        if self.residual:
            alike = len(set(self.hidden)) == 1
            require(alike, self.name, "hidden layers of one width with residual", self.hidden)

    def build(self, d: int, o: int, seed: int = 0) -> Standardised:
        widths, generator = (d, *self.hidden, o), torch.Generator().manual_seed(seed)
        return Standardised(d, o, perceptron(widths, self.activation, generator, self.residual))
