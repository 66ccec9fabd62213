from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sensbench import networks
from sensbench.errors import require
from sensbench.networks._network import Network, require_whole
from sensbench.networks._rows import Part


class MeanOfMembers(nn.Module):
    """The mean of several modules' outputs."""

    def __init__(self, members: list[nn.Module]):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return the members' mean, in the outputs' own units."""
        return self._each(x).mean(dim=0)

    def spread(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n o"]:
        """Return the standard deviation between the members, in the outputs' own units."""
        return self._each(x).std(dim=0)

    def _each(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "m n o"]:
        return torch.stack([member(x) for member in self.members])


@dataclass(frozen=True, init=False)
class Ensemble(Network):
    """Mean of several networks of one kind that differ in their first weights only.

    All members learn the same rows: Lakshminarayanan et al. 2017, arXiv:1612.01474. The module's
    ``spread`` is the standard deviation between the members.

    Parameters
    ----------
    of
        Name of the members' kind.
    members
        Their number, at least 2.
    options
        Hyper-parameters of the members: ``hidden``, ``sobolev``, ``train_rows`` ….
    """

    name: ClassVar[str] = "ensemble"

    member: Network
    members: int

    def __init__(self, of: str = "mlp", members: int = 5, **options: Any):
        require(of != self.name, self.name, "of as a single network's name", of)
        require_whole(self.name, "members", members, 2)
        member = networks.load(of, **options)
        # frozen: what is learned from it must not change later
        for key, value in (
            ("member", member), ("members", members),
            ("train_rows", member.train_rows), ("sobolev", member.sobolev),
        ):  # fmt: skip
            object.__setattr__(self, key, value)

    def build(self, d: int, o: int, seed: int = 0) -> MeanOfMembers:
        return MeanOfMembers([self.member.build(d, o, s) for s in self._seeds(seed)])

    def learn(self, rows: Part, validation: Part, seed: int) -> tuple[nn.Module, int]:
        learned = [self.member.learn(rows, validation, s) for s in self._seeds(seed)]
        return MeanOfMembers([module for module, _ in learned]), sum(n for _, n in learned)

    def params(self) -> dict[str, Any]:
        return {"of": self.member.name, "members": self.members, **self.member.params()}

    @property
    def stops_early(self) -> bool:
        return self.member.stops_early

    def _seeds(self, seed: int) -> list[int]:
        return np.random.SeedSequence(seed).generate_state(self.members).tolist()
