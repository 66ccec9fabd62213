"""A case: one network, its inputs and rows, which everybody explains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import nn

import sensbench as sb

Numbers = Mapping[str, np.ndarray]
Run = Callable[[], Numbers]
SEED = 1


@dataclass(frozen=True)
class Case:
    """What is asked, and how large it is.

    ``n`` are base rows N of a Sobol' design, trajectories of Morris, else rows of data.
    """

    family: str
    d: int
    n: int
    o: int = 2
    hidden: tuple[int, ...] = (64, 64)
    options: Mapping[str, int] = field(default_factory=dict)

    def small(self) -> "Case":
        """The same at a size that only loads and warms what is needed."""
        return replace(self, n=64)

    @cached_property
    def network(self) -> nn.Module:
        """A float32 MLP with tanh. Untrained: speed does not depend on the weights."""
        torch.manual_seed(SEED)
        widths = (self.d, *self.hidden)
        layers: list[nn.Module] = []
        for i, width in enumerate(self.hidden):
            layers += [nn.Linear(widths[i], width), nn.Tanh()]
        return nn.Sequential(*layers, nn.Linear(widths[-1], self.o)).eval()

    @cached_property
    def space(self) -> sb.InputSpace:
        return sb.InputSpace.uniform({f"x{i + 1}": (-1.0, 1.0) for i in range(self.d)})

    @cached_property
    def X(self) -> np.ndarray:
        return np.random.default_rng(SEED).uniform(-1.0, 1.0, (self.n, self.d))

    @cached_property
    def tensor(self) -> torch.Tensor:
        """The rows as the network takes them; the others get them ready-made."""
        return torch.tensor(self.X, dtype=torch.float32)

    @cached_property
    def y(self) -> np.ndarray:
        """Targets: the network's outputs, and noise as large."""
        with torch.no_grad():
            f = self.network(self.tensor).double().numpy()
        return f + f.std(axis=0) * np.random.default_rng(SEED + 1).normal(size=f.shape)

    @cached_property
    def problem(self) -> sb.Problem:
        """For designs the space alone, for the rest the rows, with targets for permutation."""
        if self.family in ("sobol", "morris"):
            return sb.Problem.of(self.network, self.space)
        y = self.y if self.family == "permutation" else None
        return sb.Problem.of(self.network, self.space, X=self.X, y=y)

    @property
    def salib(self) -> dict:
        """A new one each time: SALib writes into it."""
        names = [f"x{i + 1}" for i in range(self.d)]
        return {"num_vars": self.d, "names": names, "bounds": [[-1.0, 1.0]] * self.d}

    def outputs(self, X: np.ndarray) -> np.ndarray:
        """The network by hand, as a person would call it on all rows."""
        with torch.no_grad():
            return self.network(torch.tensor(X, dtype=torch.float32)).double().numpy()


@dataclass(frozen=True)
class Peer:
    """Another way to the same numbers, or the bare passes of the model, which are the limit.

    Attributes
    ----------
    prepare
        From a case to what is timed.
    agree
        From the case, our numbers and theirs to a sentence; raises ``Disagreement``.
    needs
        Distributions that must be installed.
    limit
        Whether this is the model alone: then the ratio is sensbench ÷ it.
    design_bytes
        What the peer must hold at once; it is not run where that is too much.
    """

    name: str
    prepare: Callable[[Case], Run]
    agree: Callable[[Case, Numbers, Numbers], str]
    needs: tuple[str, ...] = ()
    limit: bool = False
    design_bytes: Callable[[Case], float] = lambda case: 0.0


class Disagreement(Exception):
    """Two ways to the same number gave different ones."""


def same(
    case: Case, ours: Numbers, theirs: Numbers, *, relative: float = 2e-4, scale: float = 0.0
) -> str:
    """Require equality up to single precision, relative to the largest of each kind of number."""
    worst, compared = 0.0, 0
    for name, values in theirs.items():
        if values.shape != ours[name].shape:
            raise Disagreement(f"{name}: shapes {ours[name].shape} and {values.shape}")
        known = np.isfinite(values)
        if not np.array_equal(known, np.isfinite(ours[name])) or not known.any():
            raise Disagreement(f"{name}: defined for different inputs, or for none")
        size = max(float(np.abs(values[known]).max()), scale)
        worst = max(worst, float(np.abs(values - ours[name])[known].max()) / size)
        compared += int(known.sum())
    if not worst <= relative:
        raise Disagreement(f"{compared} numbers differ by up to {worst:.1e} of the largest")
    return f"{compared} numbers equal to {worst:.0e} of the largest"


def same_rows(case: Case, ours: Numbers, theirs: Numbers) -> str:
    """Require that the bare passes went over just as many rows as sensbench."""
    if ours["rows"].tolist() != theirs["rows"].tolist():
        raise Disagreement(f"rows: {ours['rows'].tolist()} and {theirs['rows'].tolist()}")
    forward, backward = (int(n) for n in ours["rows"])
    return f"{forward:,} forward and {backward:,} backward rows each"


def counted(result: sb.SensitivityResult) -> np.ndarray:
    return np.array([result.n_forward, result.n_backward])
