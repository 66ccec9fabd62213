"""Which ranks intervals allow: against all orders of points within them, and over seeds."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.metrics.rank_intervals import rank_intervals
from sensbench.metrics.ranks import shares


def frame(low, high, rank=None):
    d = len(low)
    return pd.DataFrame(
        {
            "problem": "p", "model": "m", "output": "y", "estimator": "e",
            "feature": [f"x{i}" for i in range(d)], "share_low": low, "share_high": high,
            "rank": np.arange(1.0, d + 1) if rank is None else rank,
        }
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_they_are_the_ranks_of_all_points_within_the_intervals(seed):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 8, size=4).astype(float)
    high = low + rng.integers(0, 4, size=4)
    grids = [np.linspace(a, b, 5) for a, b in zip(low, high, strict=True)]
    ranks = np.array([[1 + sum(w > v for w in point) for v in point] for point in product(*grids)])
    behind = np.array([[4 - sum(w < v for w in point) for v in point] for point in product(*grids)])
    found = rank_intervals(frame(low, high))
    assert found["best"].tolist() == ranks.min(axis=0).tolist()
    assert found["worst"].tolist() == behind.max(axis=0).tolist()


def test_without_an_interval_or_a_rank_there_is_none():
    found = rank_intervals(frame([0.5, np.nan, 0.1], [0.6, np.nan, 0.2], [1.0, 2.0, np.nan]))
    assert found["best"].tolist()[0] == 1
    assert found["worst"].tolist()[0] == 1
    assert found.iloc[1:].isna().all().all()


def test_methods_and_outputs_are_apart():
    two = pd.concat(
        [frame([3.0, 1.0], [4.0, 2.0]), frame([1.0, 3.0], [2.0, 4.0]).assign(output="z")],
        ignore_index=True,
    )
    assert rank_intervals(two)["best"].tolist() == [1, 2, 2, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "method"), [("sobol_g", "sobol"), ("friedman1", "sobol"), ("friedman1", "gradient")]
)
def test_they_hold_the_true_rank_as_often_as_the_intervals_claim(name, method):
    problem, estimator = sb.problems.load(name), sb.estimators.load(method)
    truth = problem.truth[estimator.ranks_by].value[0].round(9)
    best = 1 + (truth[None] > truth[:, None]).sum(1)
    worst = len(truth) - (truth[None] < truth[:, None]).sum(1)
    held = []
    for seed in range(40):
        numbers = estimator.estimate(problem, budget=800, seed=seed).to_frame()
        found = rank_intervals(shares(numbers[numbers["measure"] == estimator.ranks_by]))
        # of inputs that are truly alike any of their ranks is right
        held.append((found["best"] <= worst) & (found["worst"] >= best))
    # three standard errors below the 95 % of the intervals; the inputs of a run count as one
    assert np.mean(held) >= 0.95 - 3 * (0.95 * 0.05 / 40) ** 0.5
