"""sb.compare on many rows, of which it evaluates what its budget pays for, and on 2,000 of them."""

import numpy as np

import sensbench as sb
from experiments.speed.case import Case, Numbers, Peer, Run, same

FEW = 2000
FEW_ROWS = "2,000 of the rows"


def ours(case: Case) -> Run:
    return lambda: _asked(case, case.X)


def few(case: Case) -> Run:
    rows = case.X[:FEW]
    return lambda: _asked(case, rows)


def _asked(case: Case, X: np.ndarray) -> Numbers:
    comparison = sb.compare(case.network, X)
    return {"total_order": comparison["sobol"]["total_order"].value}


def alike(case: Case, ours: Numbers, theirs: Numbers) -> str:
    """Require the same indices but for what a sample of the rows changes."""
    return same(case, ours, theirs, relative=0.2)


PEERS = (Peer(FEW_ROWS, few, alike, limit=True),)
