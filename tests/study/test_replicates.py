"""Replicates as evidence: the interval of their mean."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sensbench.study.replicates import METHOD, METHOD_OF_FEW, pooled

BY = ["estimator", "measure", "feature", "level", "interval", "covers"]
DRAWN, GIVEN = "the product of the marginals", "the 300 data rows"


def runs(values, half=0.1, covers="sampling", inputs=DRAWN, measure="derivative_mean", **more):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(
        {
            "estimator": "gradient", "measure": measure, "feature": "a", "level": 0.95,
            "interval": "delta method", "covers": covers, "value": values, "low": values - half,
            "high": values + half, "tail": 0.1, "inputs": inputs, **more,
        }
    )  # fmt: skip


def of(frame, signed=True, biased=frozenset()):
    (row,) = pooled(frame, BY, {"derivative_mean": signed}, biased).to_dict("records")
    return row


def test_four_and_more_speak_for_themselves(rng):
    values = rng.normal(2, 0.3, 16)
    row = of(runs(values))
    half = stats.t.ppf(0.975, 15) * values.std(ddof=1) / 4
    assert row["value"] == pytest.approx(values.mean())
    assert (row["low"], row["high"]) == pytest.approx((values.mean() - half, values.mean() + half))
    assert (row["interval"], row["covers"]) == (METHOD, "sampling")


def test_few_are_joined_by_what_the_runs_say():
    """Two that happen to agree: (1·0 + 2·(.1/1.96)²) / 3 is the variance of a run, t of 3."""
    row = of(runs([1.0, 1.0]))
    half = stats.t.ppf(0.975, 3) * np.sqrt(2 / 3) * 0.1 / stats.norm.ppf(0.975) / np.sqrt(2)
    assert row["high"] - 1 == pytest.approx(half)
    assert row["interval"] == METHOD_OF_FEW


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3, 4, 16])
def test_means_of_replicates_are_covered(count, rng):
    values = rng.normal(0, 0.1, (1500, count))
    frame = pd.concat(
        [runs(v, half=0.196, feature=f"x{k}") for k, v in enumerate(values)], ignore_index=True
    )
    found = pooled(frame, BY, {}, frozenset())
    share = ((found["low"] <= 0) & (found["high"] >= 0)).mean()
    # of few, with runs whose own intervals are right, Student's quantile allows for too much
    assert 0.935 < share < (1.0 if count < 4 else 0.965)
    assert (found["high"] - found["low"]).mean() / 2 < 1.7 * 0.196 / np.sqrt(count)


def test_one_run_keeps_its_interval():
    row = of(runs([1.0]))
    assert (row["low"], row["high"], row["interval"]) == (0.9, 1.1, "delta method")


def test_replicates_of_the_same_rows_say_nothing_of_other_rows():
    row = of(runs([1.0, 1.0, 1.0, 1.0], inputs=GIVEN))
    assert (row["low"], row["high"]) == pytest.approx((0.9, 1.1))
    assert (row["interval"], row["covers"]) == ("delta method", "sampling")
    # a design is drawn anew, whatever the data
    assert of(runs([1.0, 1.1, 0.9, 1.0], covers="design", inputs=GIVEN))["interval"] == METHOD


def test_no_average_takes_a_bias_away():
    row = of(runs([1.0, 1.2, 1.1, 0.9]), biased=frozenset({"gradient"}))
    assert (row["low"], row["high"]) == pytest.approx((0.95, 1.15))


def test_what_is_not_negative_has_an_interval_from_0():
    values = [0.0, 0.2, 0.0, 0.1]
    assert of(runs(values))["low"] < 0
    assert of(runs(values), signed=False)["low"] == 0


def test_where_most_runs_have_no_interval_there_is_none():
    frame = runs([1.0, 1.1, 0.9, 1.0])
    for count, has in ((1, True), (2, True), (3, False)):
        some = frame.copy()
        some.loc[: count - 1, ["low", "high"]] = np.nan
        assert np.isfinite(of(some)["low"]) == has
    none = runs([1.0, 1.1]).assign(level=np.nan, interval="", covers="", low=np.nan, high=np.nan)
    row = of(none)
    assert np.isnan(row["low"])
    assert row["interval"] == ""
