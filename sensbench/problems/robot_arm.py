import math

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.shipped import shipped

SHIPPED: list[dict[str, float]] = [{}]


def robot_arm() -> Problem:
    """Distance of a robot arm's end from its shoulder: 4 segments, 8 inputs; θ1 is inert.

    f = √(u² + v²), u = Σ Lᵢ cos(θ1 + … + θᵢ), v = Σ Lᵢ sin(θ1 + … + θᵢ), with lengths
    Lᵢ ~ U(0, 1) and angles θᵢ ~ U(0, 2π). An & Owen 2001, doi:10.1006/jcom.2001.0588.

    θ1 turns the whole arm and changes nothing; the four lengths matter alike, because sums of
    uniform angles are independent and uniform again. f has a cone's tip where the arm's end
    meets its shoulder: its gradient jumps there, but is bounded and exists elsewhere. Truths are
    sampled, apart from those of θ1, which are 0.
    """

    def function(x: Float[Tensor, "n 8"]) -> Float[Tensor, " n"]:
        lengths, turns = x[:, :4], x[:, 5:]
        # measured from the first segment: θ1 drops out, and its derivative is exactly 0
        angles = turns.cumsum(dim=1)
        u = lengths[:, 0] + (lengths[:, 1:] * torch.cos(angles)).sum(dim=1)
        v = (lengths[:, 1:] * torch.sin(angles)).sum(dim=1)
        return torch.hypot(u, v)

    bounds = {f"L{i}": (0.0, 1.0) for i in range(1, 5)}
    bounds |= {f"theta{i}": (0.0, 2.0 * math.pi) for i in range(1, 5)}
    return Problem.of(
        function,
        InputSpace.of(bounds, units={f"theta{i}": "rad" for i in range(1, 5)}),
        name="robot_arm",
        outputs=["distance"],
        truth=shipped("robot_arm"),
        source="An & Owen 2001, doi:10.1006/jcom.2001.0588",
    )
