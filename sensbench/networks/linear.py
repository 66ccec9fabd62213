from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from sensbench.networks._fitting import Rows
from sensbench.networks._network import Network, require_weight, require_whole
from sensbench.networks._rows import Part
from sensbench.networks._standardised import Standardised, linear_layer


@dataclass(frozen=True, kw_only=True)
class Linear(Network):
    """Linear regression by least squares, the yardstick for the others.

    The loss has one minimum, which is solved for: no iterations, and the rows that other networks
    stop by are not used. Of several minima (columns that determine each other) it is the one of
    smallest weights.

    Parameters
    ----------
    weight_decay
        Weight of the squared weights in the loss on standardised outputs: ridge regression.
    sobolev
        Weight of the gradient's squared relative error in the loss; see ``mlp``.
    train_rows
        Rows drawn to learn from where the problem has no data.
    """

    name: ClassVar[str] = "linear"

    weight_decay: float = 0.0
    sobolev: float = 0.0
    train_rows: int = 2000

    def __post_init__(self) -> None:
        for option in ("weight_decay", "sobolev"):
            require_weight(self.name, option, getattr(self, option))
        require_whole(self.name, "train_rows", self.train_rows, 20)

    def build(self, d: int, o: int, seed: int = 0) -> Standardised:
        layer = linear_layer(d, o, torch.Generator().manual_seed(seed))
        return Standardised(d, o, nn.Sequential(layer))

    def learn(self, rows: Part, validation: Part, seed: int) -> tuple[nn.Module, int]:
        module = self.build(rows.X.shape[1], rows.y.shape[1], seed)
        module.standardise(rows)
        seen, weight = module.standardised(rows), module.get_parameter("layers.0.weight")
        with torch.no_grad():
            for k in range(len(weight)):
                weight[k] = self._weights(seen, k)
        # The offset stays 0: standardised inputs and targets have mean 0.
        return module, 1

    @property
    def stops_early(self) -> bool:
        return False

    def _weights(self, rows: Rows, k: int) -> Tensor:
        """Return output k's weights: each term of its loss is a block of equations."""
        n, o = rows.y.shape
        unit = torch.eye(rows.x.shape[1], dtype=torch.float64)
        left, right = [rows.x / n**0.5], [rows.y[:, k] / n**0.5]
        if rows.slopes is not None:
            # A constant slope's squared distance to many differs from that to their mean by a
            # constant.
            weight = (self.sobolev / rows.slopes.size[k]) ** 0.5
            left.append(weight * unit[rows.slopes.columns])
            right.append(weight * rows.slopes.values[:, k].mean(dim=0))
        if self.weight_decay > 0:
            left.append((self.weight_decay * o) ** 0.5 * unit)
            right.append(torch.zeros(len(unit), dtype=torch.float64))
        # gelsd: the smallest solution where there are several
        return torch.linalg.lstsq(
            torch.cat(left), torch.cat(right)[:, None], driver="gelsd"
        ).solution[:, 0]

    def params(self) -> dict[str, Any]:
        return asdict(self)
