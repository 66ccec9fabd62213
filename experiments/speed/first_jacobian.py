"""The first call of sb.jacobian, with all its checks, and the loop over outputs by hand."""

import torch

import sensbench as sb
from experiments.speed import jacobian
from experiments.speed.case import Case, Numbers, Run

PEERS = jacobian.PEERS


def ours(case: Case) -> Run:
    """A module that has changed since: to sensbench it is a new one."""

    def run() -> Numbers:
        with torch.no_grad():
            for parameter in case.network.parameters():
                parameter.add_(0.0)
        return {"J": sb.jacobian(case.network, case.X)}

    return run
