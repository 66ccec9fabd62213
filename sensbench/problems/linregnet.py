from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench.errors import require
from sensbench.inputs.space import InputSpace, default_names
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable

_D, _O = 4, 2
_Numbers = Sequence[float] | Float[np.ndarray, "..."] | Float[Tensor, "..."]


class LinRegNet(nn.Module):
    """Linear regression on standardised inputs, which returns its outputs on two scales.

    ``forward`` gives ``(y_descaled, y_scaled)``: physical units, and standard deviations from
    the mean. The scaling constants are plain attributes, as in many people's modules, so that
    ``.to()`` and ``state_dict()`` do not know of them.
    """

    def __init__(
        self,
        x_means: _Numbers = (0.0,) * _D,
        x_deviations: _Numbers = (1.0,) * _D,
        y_means: _Numbers = (0.0,) * _O,
        y_deviations: _Numbers = (1.0,) * _O,
        dtype: torch.dtype = torch.float32,
        linear: nn.Linear | None = None,
    ):
        super().__init__()
        self.linear = nn.Linear(_D, _O, dtype=dtype) if linear is None else linear
        self.x_means = torch.as_tensor(x_means, dtype=dtype).clone()
        self.x_deviations = torch.as_tensor(x_deviations, dtype=dtype).clone()
        self.y_means = torch.as_tensor(y_means, dtype=dtype).clone()
        self.y_deviations = torch.as_tensor(y_deviations, dtype=dtype).clone()

    def forward(self, x: Float[Tensor, "n 4"]) -> tuple[Float[Tensor, "n 2"], Float[Tensor, "n 2"]]:
        """Return the outputs in physical units and in standard deviations from their means."""
        x_scaled = (x - self.x_means) / self.x_deviations
        y_scaled = self.linear(x_scaled)
        y_descaled = y_scaled * self.y_deviations + self.y_means
        return y_descaled, y_scaled


def linregnet(seed: int = 0) -> Problem:
    """Linear network with scaling attributes and a tuple of outputs: every measure is exact.

    Four normal inputs whose units differ by orders of magnitude, two outputs in physical and in
    standardised units: four output columns in all. The raw derivatives of a column rank its
    inputs by their units; its standardised ones by their effect.

    Parameters
    ----------
    seed
        Draws the weights and the scales of inputs and outputs.

    Raises
    ------
    InputError
        A seed that is not a whole number of at least 0.
    """
    whole = isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0
    require(whole, "linregnet", "a seed of at least 0", seed)
    rng = np.random.default_rng(seed)
    x_deviations = 10.0 ** rng.uniform(-2, 3, _D)
    x_means = x_deviations * rng.normal(0.0, 3.0, _D)
    y_deviations = 10.0 ** rng.uniform(-1, 2, _O)
    y_means = y_deviations * rng.normal(0.0, 3.0, _O)
    weights = rng.normal(size=(_O, _D))
    # Rows of length 1 make the variance of a scaled output 1, as its name promises.
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)

    # nn.Linear initialises itself from the global generator, which belongs to the caller.
    linear = nn.utils.skip_init(nn.Linear, _D, _O, dtype=torch.float64)
    module = LinRegNet(x_means, x_deviations, y_means, y_deviations, torch.float64, linear)
    with torch.no_grad():
        module.linear.weight.copy_(torch.from_numpy(weights))
        module.linear.bias.zero_()

    moments = zip(x_means.tolist(), x_deviations.tolist(), strict=True)
    space = InputSpace.normal(dict(zip(default_names(_D), moments, strict=True)))
    scaled = weights / x_deviations
    slopes = np.concatenate([scaled * y_deviations[:, None], scaled])
    constants = np.concatenate([y_means, np.zeros(_O)]) - slopes @ x_means
    truth = separable(
        space,
        *(
            [(float(constant), {}), *((float(slope[i]), {i: _itself}) for i in range(_D))]
            for constant, slope in zip(constants, slopes, strict=True)
        ),
    )
    return Problem.of(module, space, name="linregnet", truth=truth)


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
