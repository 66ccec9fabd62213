import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._parameters import real
from sensbench.truths.gaussian_polynomial import gaussian_polynomial

_NAMES = ("cause", "mediator", "confounder", "proxy", "original", "copy", "alone", "inert")
_MODEL = {"mediator": 1.0, "confounder": 1.0, "original": 0.5, "copy": 0.5, "alone": 1.0}


def causal_roles(rho: float = 0.8, interaction: float = 0.0) -> Problem:
    """Y = mediator + confounder + (original + copy)/2 + alone: inputs whose roles are known.

    Standard normal inputs, which correlate by ``rho`` in three pairs. ``cause`` moves y only
    through ``mediator``; ``proxy`` follows ``confounder``, and the model does not use it;
    ``original`` and ``copy`` say nearly the same, and the model uses both; ``alone`` depends on
    nothing; ``inert`` has no part at all. So ``cause`` and ``proxy`` have a first-order index and
    Shapley effect, and no total-order index and no slope.

    Parameters
    ----------
    rho
        Correlation of cause and mediator, confounder and proxy, original and copy.
    interaction
        Coefficient of mediator·alone, to add.

    Raises
    ------
    InputError
        A correlation that is not between -1 and 1, numbers that are not finite.
    """
    rho, interaction = (
        real("causal_roles", "rho", rho),
        real("causal_roles", "interaction", interaction),
    )
    pairs = [("cause", "mediator"), ("confounder", "proxy"), ("original", "copy")]
    space = InputSpace.normal(
        {name: (0.0, 1.0) for name in _NAMES}, correlation={pair: rho for pair in pairs}
    )
    slopes = np.array([_MODEL.get(name, 0.0) for name in _NAMES])
    m, a = _NAMES.index("mediator"), _NAMES.index("alone")

    def function(x: Float[Tensor, "n 8"]) -> Float[Tensor, " n"]:
        linear = x @ torch.as_tensor(slopes, dtype=x.dtype, device=x.device)
        return linear + interaction * x[:, m] * x[:, a]

    terms = [(float(c), {i: 1}) for i, c in enumerate(slopes)]
    return Problem.of(
        function,
        space,
        name="causal_roles",
        outputs=["y"],
        truth=gaussian_polynomial(space, [*terms, (interaction, {m: 1, a: 1})]),
        source="the roles: Ewald et al. 2024, doi:10.1007/978-3-031-63797-1_22",
    )
