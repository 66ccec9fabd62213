"""Permutation importance: sensbench, the same by full rows, bare passes, scikit-learn by hand."""

import numpy as np
import torch

import sensbench as sb
from experiments.speed.bare import forward
from experiments.speed.case import SEED, Case, Numbers, Peer, Run, counted, same, same_rows

REPEATS = 10


def rows(case: Case) -> int:
    return case.n * (1 + case.d * REPEATS)


def ours(case: Case, exchange: str = "auto") -> Run:
    estimator = sb.estimators.load("permutation", repeats=REPEATS, exchange=exchange)

    def run() -> Numbers:
        result = estimator.estimate(case.problem, budget=rows(case), seed=SEED)
        return {"rows": counted(result), "permutation_mse": result["permutation_mse"].value}

    return run


class Regressor:
    """What scikit-learn asks for: an object with ``fit`` and ``predict``."""

    def __init__(self, network: torch.nn.Module):
        self.network = network

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Regressor":
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.network(torch.from_numpy(X)).numpy()


def errors(regressor: Regressor, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Every output's own score from one prediction: the fastest way to all outputs."""
    mse = ((y - regressor.predict(X)) ** 2).mean(axis=0)
    return {str(k): -value for k, value in enumerate(mse)}


def scikit_learn(case: Case) -> Run:
    from sklearn.inspection import permutation_importance

    regressor, X = Regressor(case.network), case.X.astype(np.float32)
    seed = int(np.random.default_rng(SEED).integers(1, 2**31 - 1))  # as sensbench draws it

    def run() -> Numbers:
        found = permutation_importance(
            regressor, X, case.y, scoring=errors, n_repeats=REPEATS, random_state=seed
        )
        means = [found[str(k)].importances_mean for k in range(case.o)]
        return {"permutation_mse": np.stack(means)}

    return run


def full_rows(case: Case) -> Run:
    """Ours, without updates of the first layer."""
    return ours(case, "full")


def same_but_for_rounding(case: Case, ours: Numbers, theirs: Numbers) -> str:
    return same(case, ours, theirs, relative=1e-5)


PEERS = (
    Peer("bare forward", forward(rows), same_rows, limit=True),
    Peer("full rows", full_rows, same_but_for_rounding),
    Peer("scikit-learn", scikit_learn, same, ("scikit-learn",)),
)
