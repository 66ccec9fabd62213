"""PAWN: sensbench with intervals (or nearly without), and SALib by hand, which has none."""

import numpy as np

import sensbench as sb
from experiments.speed.case import SEED, Case, Numbers, Peer, Run, counted, same

# the fewest there can be: the number, and as good as no interval
FEWEST = 2
RESAMPLES = 100


def ours(case: Case) -> Run:
    resamples = case.options.get("resamples", RESAMPLES)
    estimator = sb.estimators.load("pawn", resamples=resamples)

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=case.n, seed=SEED)
        return {"rows": counted(result), "pawn": result["pawn"].value}

    return run


def salib(case: Case) -> Run:
    from SALib.analyze import pawn as analysis

    def run() -> Numbers:
        Y = case.outputs(case.X)
        found = [analysis.analyze(case.salib, case.X, y, S=10)["median"] for y in Y.T]
        return {"pawn": np.stack(found)}

    return run


PEERS = (Peer("SALib", salib, same, ("SALib",)),)
