"""False discoveries, on frames whose counts are plain to see and on intervals of known level."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sensbench.metrics.null_inputs import false_discoveries

RUN = {"problem": "p", "model": "m", "estimator": "e", "output": "y", "budget": 100}


def rows(values, lows, highs, measure="delta", replicate=0):
    return pd.DataFrame(
        {
            **RUN, "measure": measure, "replicate": replicate, "partner": "",
            "feature": [f"x{k}" for k in range(len(values))], "value": values,
            "low": lows, "high": highs,
        }
    )  # fmt: skip


def truth(*values):
    return {("p", "m", "delta", "y"): {f"x{k}": v for k, v in enumerate(values)}}


def test_intervals_beyond_zero_are_claims():
    given = rows([0.5, 0.1, 0.1, -0.2], [0.4, 0.05, -0.05, -0.3], [0.6, 0.2, 0.2, -0.1])
    line = false_discoveries(given, truth(0.5, 0.0, 0.0, 1e-12), {}).iloc[0]
    assert (line["null"], line["claimed"]) == (3, 2)


def test_what_is_below_the_methods_floor_is_no_claim():
    given = rows([0.5, 0.1, 0.3], [0.4, 0.05, 0.25], [0.6, 0.2, 0.35])
    exact, floors = truth(0.5, 0.0, 0.0), {"delta": "delta_floor"}
    of_all = rows([0.2], [np.nan], [np.nan], "delta_floor").assign(feature="")
    by_input = rows([0.2, 0.2, 0.4], *[[np.nan] * 3] * 2, "delta_floor")
    both = false_discoveries(pd.concat([given, of_all]), exact, floors)
    assert both[["null", "claimed"]].to_numpy().tolist() == [[2, 1]]
    both = false_discoveries(pd.concat([given, by_input]), exact, floors)
    assert both[["null", "claimed"]].to_numpy().tolist() == [[2, 0]]


def test_a_real_effect_that_is_as_good_as_none_is_no_false_claim():
    # Tu of the borehole function: a total-order index of 1.1e-11, which an estimate can see
    given = rows([0.9, 1.3e-11], [0.8, 8.9e-12], [1.0, 1.8e-11])
    line = false_discoveries(given, truth(0.9, 1.07e-11), {}).iloc[0]
    assert (line["null"], line["claimed"]) == (1, 0)


def test_without_an_interval_or_an_input_without_effect_nothing_is_counted():
    given = rows([0.5, 0.1], [0.4, np.nan], [0.6, np.nan])
    assert false_discoveries(given, truth(0.5, 0.0), {}).empty
    # where nothing has an effect, "no effect" tells nothing apart
    assert false_discoveries(given, truth(0.0, 0.0), {}).empty


def test_intervals_of_ninety_per_cent_claim_one_in_ten(rng):
    half = stats.norm.ppf(0.95)
    runs = []
    for replicate in range(300):
        value = np.append(9.0, rng.normal(size=10))
        runs.append(rows(value, value - half, value + half, replicate=replicate))
    counts = false_discoveries(pd.concat(runs), truth(9.0, *[0.0] * 10), {})
    low, high = stats.binom.interval(0.999, 3000, 0.1)
    assert counts["null"].sum() == 3000
    assert low <= counts["claimed"].sum() <= high
    assert len(counts) == pytest.approx(300)
