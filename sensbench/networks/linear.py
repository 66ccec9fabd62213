from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from sensbench.networks._network import Single
from sensbench.networks._standardised import Standardised, linear_layer


@dataclass(frozen=True, kw_only=True)
class Linear(Single):
    """Linear regression by least squares, the yardstick for the others.

    There is nothing to stop early for: it goes to the minimum, and the validation rows are not
    used. Of several minima (columns that determine each other) it is the one of smallest weights.

    Parameters
    ----------
    weight_decay, sobolev, iterations, patience, train_rows
        As for every network: see ``Single``.
    """

    name: ClassVar[str] = "linear"
    stops_early: ClassVar[bool] = False

    weight_decay: float = 0.0

    def build(self, d: int, o: int, seed: int = 0) -> Standardised:
        layer = linear_layer(d, o, torch.Generator().manual_seed(seed))
        # From 0, L-BFGS stays in the span of the rows, where the smallest minimum is.
        nn.init.zeros_(layer.weight)
        return Standardised(d, o, nn.Sequential(layer))
