import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.errors import UnknownNameError, require
from sensbench.metrics.quality import r_squared
from sensbench.model import Model
from sensbench.networks._fitting import Rows, fit
from sensbench.networks._rows import split_rows
from sensbench.networks._trained import Trained
from sensbench.problem import Data, Problem

# Smooth ones first: the derivative of a network of kinks (relu) is a staircase.
_ACTIVATIONS = {"tanh": nn.Tanh, "silu": nn.SiLU, "softplus": nn.Softplus, "relu": nn.ReLU}


class StandardisedMLP(nn.Module):
    """Multilayer perceptron between inputs and outputs in their own units.

    It standardises inside, so that its derivatives are in output units per input unit. float64:
    on networks this small it costs little over float32, and L-BFGS's line search and
    finite-difference checks of the derivative need the digits.

    Parameters
    ----------
    d, o
        Number of inputs and outputs.
    hidden
        Width of each hidden layer; none makes it a linear regression.
    activation
        "tanh", "silu", "softplus" or "relu".
    seed
        Draws the first weights (Glorot & Bengio 2010, PMLR 9:249-256).
    """

    x_mean: Tensor
    x_std: Tensor
    y_mean: Tensor
    y_std: Tensor

    def __init__(
        self,
        d: int,
        o: int,
        hidden: tuple[int, ...] = (64, 64),
        activation: str = "tanh",
        seed: int = 0,
    ):
        super().__init__()
        for name, size in (("x", d), ("y", o)):
            self.register_buffer(f"{name}_mean", torch.zeros(size, dtype=torch.float64))
            self.register_buffer(f"{name}_std", torch.ones(size, dtype=torch.float64))
        generator = torch.Generator().manual_seed(seed)
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise((d, *hidden, o)):
            # skip_init: a layer's own initialisation draws from the caller's global generator
            layer = nn.utils.skip_init(nn.Linear, n_in, n_out, dtype=torch.float64)
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)
            layers += [layer, _ACTIVATIONS[activation]()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return the outputs in their own units."""
        return self.layers((x - self.x_mean) / self.x_std) * self.y_std + self.y_mean

    def standardise(self, rows: Data) -> None:
        """Take means and standard deviations from these rows; what is constant keeps scale 1."""
        for name, values in (("x", rows.X), ("y", rows.y)):
            if values is not None:
                mean, std = torch.from_numpy(values.mean(axis=0)), torch.from_numpy(values.std(0))
                getattr(self, f"{name}_mean").copy_(mean)
                getattr(self, f"{name}_std").copy_(torch.where(std > 0, std, 1.0))

    def standardised(self, rows: Data) -> Rows:
        """Return rows as the layers see them."""
        x, y = torch.from_numpy(rows.X), torch.from_numpy(np.asarray(rows.y))
        return Rows((x - self.x_mean) / self.x_std, (y - self.y_mean) / self.y_std)


@dataclass(frozen=True)
class Mlp:
    """Multilayer perceptron on standardised inputs and outputs, trained with early stopping.

    Parameters
    ----------
    hidden
        Width of each hidden layer.
    activation
        "tanh", "silu", "softplus" or "relu".
    weight_decay
        Weight of the squared weights in the loss on standardised outputs.
    iterations
        Of L-BFGS, at most.
    patience
        Iterations without a lower error on the validation rows, after which training stops.
    train_rows
        Rows drawn to learn from where the problem has no data.
    """

    name: ClassVar[str] = "mlp"

    hidden: Sequence[int] = (64, 64)
    activation: str = "tanh"
    weight_decay: float = 1e-5
    iterations: int = 600
    patience: int = 100
    train_rows: int = 2000

    def __post_init__(self) -> None:
        widths = isinstance(self.hidden, Sequence) and all(
            isinstance(width, int) and width >= 1 for width in self.hidden
        )
        require(widths, self.name, "hidden as a list of widths, each at least 1", self.hidden)
        # a study file has lists
        object.__setattr__(self, "hidden", tuple(self.hidden))
        if self.activation not in _ACTIVATIONS:
            raise UnknownNameError.of(self.name, "activation", self.activation, _ACTIVATIONS)
        decay_ok = math.isfinite(self.weight_decay) and self.weight_decay >= 0
        require(decay_ok, self.name, "weight_decay >= 0", self.weight_decay)
        for option, least in (("iterations", 1), ("patience", 1), ("train_rows", 20)):
            value = getattr(self, option)
            whole = isinstance(value, int) and value >= least
            require(whole, self.name, f"{option} >= {least}", value)

    def build(self, d: int, o: int, seed: int = 0) -> StandardisedMLP:
        """Return the untrained module."""
        return StandardisedMLP(d, o, tuple(self.hidden), self.activation, seed)

    def train(self, problem: Problem, seed: int | np.random.SeedSequence = 0) -> Trained:
        """Return the network trained on the problem's data, or on draws of its model.

        The same seed gives the same bits; neither the problem nor torch's global state changes.

        Raises
        ------
        TooFewRows
            Too few rows of data.
        InputError
            Neither measured targets nor a model to learn from.
        """
        start = time.perf_counter()
        rng = np.random.default_rng(seed)
        split = split_rows(problem, self.train_rows, rng)
        module = self.build(problem.space.d, problem.o, int(rng.integers(2**31)))
        module.standardise(split.fit)
        iterations = fit(
            module.layers,
            module.standardised(split.fit),
            module.standardised(split.validation),
            weight_decay=self.weight_decay,
            iterations=self.iterations,
            patience=self.patience,
        )
        module.requires_grad_(False).eval()
        model = Model(module, split.held_out.X, outputs=problem.outputs, name=self.name)
        training = {
            "rows": len(split.fit),
            "validation_rows": len(split.validation),
            "held_out_rows": len(split.held_out),
            "iterations": iterations,
            "parameters": sum(p.numel() for p in module.parameters()),
            "seconds": round(time.perf_counter() - start, 3),
        }
        judged = split.held_out
        quality = r_squared(np.asarray(judged.y), model(judged.X), problem.outputs)
        return Trained(self.name, module, problem.outputs, quality, training, split.held_out_rows)

    def restore(self, problem: Problem, metadata: Mapping[str, Any], weights: bytes) -> Trained:
        """Return the network that was trained on this problem, from what was kept of it.

        Raises
        ------
        InputError
            The weights are not those of a network with these hyper-parameters on this problem.
        """
        module = self.build(problem.space.d, problem.o).requires_grad_(False)
        return Trained.restore(self.name, module, problem.outputs, metadata, weights)
