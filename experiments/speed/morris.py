"""Elementary effects: sensbench, and the bare forward passes."""

import sensbench as sb
from experiments.speed.bare import forward
from experiments.speed.case import SEED, Case, Numbers, Peer, Run, counted, same_rows

_SCALE_SHARE = 0.2


def budget(case: Case) -> int:
    """Rows of ``n`` trajectories, and of the draws that give the output's spread."""
    return int(case.n * (case.d + 1) / (1 - _SCALE_SHARE))


def ours(case: Case) -> Run:
    estimator = sb.estimators.load("morris", scale_share=_SCALE_SHARE)

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=budget(case), seed=SEED)
        values = {name: estimate.value for name, estimate in result.estimates.items()}
        return {"rows": counted(result), **values}

    return run


def rows(case: Case) -> int:
    """Rows that an estimate really takes."""
    return int(ours(case)()["rows"][0])


PEERS = (Peer("bare forward", forward(rows), same_rows, limit=True),)
