"""Errors of single runs, each by another route: SciPy's Somers' D, NumPy's norms, closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sensbench.metrics.accuracy import accuracy

KEY = ("p", "m", "total_order", "y")


def frame(values):
    rows = len(values)
    return pd.DataFrame(
        {
            "problem": "p", "model": "m", "estimator": "sobol", "measure": "total_order",
            "output": "y", "budget": 100, "replicate": 0, "partner": "",
            "feature": [f"x{k}" for k in range(rows)], "value": np.asarray(values, dtype=float),
            "low": np.nan, "high": np.nan, "n_forward": 100, "n_backward": 0,
        }
    )  # fmt: skip


def judged(values, exact, signed=()):
    truth = {KEY: {f"x{k}": float(value) for k, value in enumerate(exact)}}
    return accuracy(frame(values), truth, signed).iloc[0]


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.25])
def test_values_that_are_all_too_large_by_a_factor_are_biased_by_it(factor):
    exact = np.array([0.1, 0.4, 0.2, 0.3])
    line = judged(factor * exact, exact)
    assert line["bias"] == pytest.approx(factor - 1)
    assert line["relative_error"] == pytest.approx(abs(factor - 1))
    assert line["max_error"] == pytest.approx(abs(factor - 1))


def test_errors_that_cancel_are_no_bias():
    assert judged([0.3, 0.5], [0.4, 0.4])["bias"] == pytest.approx(0.0)


def test_the_largest_error_is_the_maximum_norm(rng):
    exact, values = rng.normal(size=(2, 9))
    norms = [np.linalg.norm(v, ord=np.inf) for v in (values - exact, exact)]
    assert judged(values, exact)["max_error"] == pytest.approx(norms[0] / norms[1])


def test_pairs_in_wrong_order_are_those_of_somers_d(rng):
    """With ties on both sides: D(estimate | truth) counts the pairs whose true values differ."""
    for _ in range(20):
        exact, values = rng.integers(0, 5, size=(2, 8))
        if len(set(exact)) > 1:
            d = stats.somersd(exact, values).statistic
            assert judged(values, exact)["misordered"] == pytest.approx((1 - d) / 2)


def test_a_signed_measure_is_ordered_by_size():
    assert judged([-3.0, 2.0, 1.0], [3.0, -2.0, 1.0], {"total_order"})["misordered"] == 0
    assert judged([-3.0, 2.0, 1.0], [3.0, 2.0, 1.0])["misordered"] == pytest.approx(2 / 3)


def test_equal_true_values_have_no_order():
    assert np.isnan(judged([0.1, 0.2], [0.5, 0.5])["misordered"])
