"""sb.jacobian on a module, as a newcomer calls it, and the loop over outputs by hand."""

import numpy as np
import torch

import sensbench as sb
from experiments.speed.case import Case, Numbers, Peer, Run, same


def ours(case: Case) -> Run:
    """A module seen before, with the same parameters."""
    return lambda: {"J": sb.jacobian(case.network, case.X)}


def loop(case: Case) -> Run:
    def run() -> Numbers:
        x = torch.tensor(case.X, dtype=torch.float32, requires_grad=True)
        y = case.network(x)
        slopes = [
            torch.autograd.grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(case.o)
        ]
        return {"J": np.asarray(torch.stack(slopes, 1))}

    return run


PEERS = (Peer("loop over outputs", loop, same, limit=True),)
