"""Whose the variance is: against SciPy's analysis of variance, and where it is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sensbench.metrics.stability import variance_split


def headline(values):
    """``values``: networks × replicates × inputs."""
    rows = [
        ("p", f"net{n}", "sobol", "y", f"x{i}", r, values[n, r, i])
        for n, r, i in itertools.product(*map(range, values.shape))
    ]
    columns = ["problem", "model", "estimator", "output", "feature", "replicate", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_one_input_is_the_one_way_analysis_of_variance(rng):
    values = rng.normal(size=(4, 5, 1)) + rng.normal(size=(4, 1, 1))
    line = variance_split(headline(values)).iloc[0]
    f = stats.f_oneway(*values[..., 0]).statistic
    ratio = max(0.0, (f - 1) / 5)  # of the variances, between by within
    assert line["of_networks"] == pytest.approx(ratio / (1 + ratio))
    assert line["of_networks"] + line["of_replicates"] == pytest.approx(1)
    assert (line["networks"], line["replicates"]) == (4, 5)


def test_parts_are_those_the_numbers_were_drawn_with(rng):
    """Variances 3 and 1 over many inputs: three quarters are the networks'."""
    values = rng.normal(size=(6, 4, 4000)) + 3**0.5 * rng.normal(size=(6, 1, 4000))
    assert variance_split(headline(values))["of_networks"].iloc[0] == pytest.approx(0.75, abs=0.02)


def test_networks_that_are_alike_move_nothing(rng):
    values = np.repeat(rng.normal(size=(1, 5, 3)), 4, axis=0)
    assert variance_split(headline(values))["of_networks"].iloc[0] == 0


def test_one_network_or_one_replicate_says_nothing(rng):
    assert variance_split(headline(rng.normal(size=(1, 5, 3)))).empty
    assert variance_split(headline(rng.normal(size=(5, 1, 3)))).empty
