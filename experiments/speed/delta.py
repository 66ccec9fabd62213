"""Borgonovo's delta: sensbench, and SALib by hand."""

import warnings

import numpy as np

import sensbench as sb
from experiments.speed.case import SEED, Case, Numbers, Peer, Run, counted, same

RESAMPLES = 100
_KEYS = (
    ("delta", "delta_raw"),
    ("delta_balanced",) * 2,
    ("delta_step",) * 2,
    ("first_order", "S1"),
)


def ours(case: Case) -> Run:
    # with the variants that SALib always computes
    estimator = sb.estimators.load("delta", method="salib", variants=True, resamples=RESAMPLES)

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=case.n, seed=SEED)
        values = {name: result[name].value for name, _ in _KEYS}
        return {"rows": counted(result), **values}

    return run


def salib(case: Case) -> Run:
    from SALib.analyze import delta as analysis

    seed = int(np.random.default_rng(SEED).integers(1, 2**31 - 1))  # as sensbench draws it

    def run() -> Numbers:
        Y = case.outputs(case.X)
        with warnings.catch_warnings(record=True):
            found = [
                analysis.analyze(case.salib, case.X, Y[:, k], num_resamples=RESAMPLES, seed=seed)
                for k in range(case.o)
            ]
        return {name: np.stack([one[key] for one in found]) for name, key in _KEYS}

    return run


PEERS = (Peer("SALib", salib, same, ("SALib",)),)
