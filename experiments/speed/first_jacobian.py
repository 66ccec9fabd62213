"""The first call of sb.jacobian, with all its checks, and the loop over outputs by hand."""

import copy
import itertools

import sensbench as sb
from experiments.speed import jacobian
from experiments.speed.case import Case, Numbers, Run

PEERS = jacobian.PEERS
# more than sensbench remembers: the one whose turn it is has been forgotten
_MODULES = 32


def ours(case: Case) -> Run:
    """A module that was never seen, or not for so long that it is a new one."""
    modules = itertools.cycle([copy.deepcopy(case.network) for _ in range(_MODULES)])

    def run() -> Numbers:
        return {"J": sb.jacobian(next(modules), case.X)}

    return run
