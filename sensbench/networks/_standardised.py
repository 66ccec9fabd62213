"""The module every network is: layers between inputs and outputs in their own units."""

from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.inputs.rows import differ
from sensbench.networks._fitting import Rows, Slopes
from sensbench.networks._rows import Part

# Smooth ones first: the derivative of a network of kinks (relu) is a staircase.
ACTIVATIONS = {"tanh": nn.Tanh, "silu": nn.SiLU, "softplus": nn.Softplus, "relu": nn.ReLU}


class Standardised(nn.Module):
    """Layers between inputs and outputs in their own units.

    It standardises inside, so that its derivatives are in output units per input unit. float64:
    on networks this small it costs little over float32, and L-BFGS's line search and
    finite-difference checks of the derivative need the digits.

    Parameters
    ----------
    d, o
        Number of inputs and outputs.
    layers
        From standardised inputs to standardised outputs.
    """

    x_mean: Tensor
    x_std: Tensor
    y_mean: Tensor
    y_std: Tensor

    def __init__(self, d: int, o: int, layers: nn.Module):
        super().__init__()
        for name, size in (("x", d), ("y", o)):
            self.register_buffer(f"{name}_mean", torch.zeros(size, dtype=torch.float64))
            self.register_buffer(f"{name}_std", torch.ones(size, dtype=torch.float64))
        self.layers = layers

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return the outputs in their own units."""
        return self.layers((x - self.x_mean) / self.x_std) * self.y_std + self.y_mean

    def standardise(self, rows: Part) -> None:
        """Take means and standard deviations from these rows; what is constant keeps scale 1."""
        for name, values in (("x", rows.X), ("y", rows.y)):
            mean, std = torch.from_numpy(values.mean(axis=0)), torch.from_numpy(values.std(0))
            getattr(self, f"{name}_mean").copy_(mean)
            moves = torch.from_numpy(differ(values))
            getattr(self, f"{name}_std").copy_(torch.where(moves, std, 1.0))

    def standardised(self, rows: Part) -> Rows:
        """Return rows as the layers see them."""
        x, y = torch.from_numpy(rows.X), torch.from_numpy(rows.y)
        x, y = (x - self.x_mean) / self.x_std, (y - self.y_mean) / self.y_std
        if rows.slopes is None:
            return Rows(x, y)
        columns = torch.from_numpy(np.flatnonzero(rows.sloping))
        values = torch.from_numpy(rows.slopes) * self.x_std[columns] / self.y_std[:, None]
        size = (values**2).sum(dim=2).mean(dim=0)
        return Rows(x, y, Slopes(values, columns, torch.where(size > 0, size, 1.0)))


def linear_layer(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Return a layer with weights of Glorot & Bengio 2010, PMLR 9:249-256, and no offset."""
    # skip_init: a layer's own initialisation draws from the caller's global generator
    layer = nn.utils.skip_init(nn.Linear, n_in, n_out, dtype=torch.float64)
    nn.init.xavier_uniform_(layer.weight, generator=generator)
    nn.init.zeros_(layer.bias)
    return layer


class Residual(nn.Module):
    """x + activation(linear(x)): a layer that starts near the identity (He et al. 2016).

    doi:10.1109/CVPR.2016.90
    """

    def __init__(self, linear: nn.Linear, activation: nn.Module):
        super().__init__()
        self.linear, self.activation = linear, activation

    def forward(self, x: Float[Tensor, "n w"]) -> Float[Tensor, "n w"]:
        """Return the input and what the layer adds to it."""
        return x + self.activation(self.linear(x))


def perceptron(
    widths: tuple[int, ...], activation: str, generator: torch.Generator, residual: bool = False
) -> nn.Sequential:
    """Return layers of these widths, inputs first and outputs last, with activations between.

    With ``residual`` every hidden layer but the first adds to what it is given.
    """
    layers: list[nn.Module] = []
    pairs = list(pairwise(widths))
    for k, (n_in, n_out) in enumerate(pairs):
        layer, last = linear_layer(n_in, n_out, generator), k == len(pairs) - 1
        if last:
            layers.append(layer)
        elif residual and k > 0:
            layers.append(Residual(layer, ACTIVATIONS[activation]()))
        else:
            layers += [layer, ACTIVATIONS[activation]()]
    return nn.Sequential(*layers)
