"""Methods that say nothing of some features, among methods that rank all of them."""

import numpy as np
import pandas as pd

from sensbench.metrics.agreement import agreement
from sensbench.metrics.ranks import shares

FEATURES = ["a", "b", "c", "d"]


def headline(**methods):
    frames = []
    for label, values in methods.items():
        value = np.array(values)
        frames.append(
            pd.DataFrame(
                {
                    "problem": "p",
                    "model": "m",
                    "estimator": label,
                    "measure": "total_order",
                    "output": "y",
                    "feature": FEATURES,
                    "partner": "",
                    "value": value,
                    "low": value - 0.1,
                    "high": value + 0.1,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def column(frame, method, name):
    return frame[frame["estimator"] == method][name].to_numpy()


def test_unranked_features_have_no_share_and_the_others_share_what_is_theirs():
    frame = shares(headline(whole=[0.5, 0.3, 0.2, 0.0], part=[np.nan, 9.0, 3.0, np.nan]))
    np.testing.assert_array_equal(column(frame, "part", "rank"), [np.nan, 1, 2, np.nan])
    # as the method says: the other methods change nothing of it
    np.testing.assert_allclose(column(frame, "part", "share"), [np.nan, 0.75, 0.25, np.nan])
    np.testing.assert_allclose(column(frame, "whole", "share"), [0.5, 0.3, 0.2, 0.0])


def test_without_a_method_that_ranks_all_shares_are_of_what_is_ranked():
    frame = shares(headline(part=[np.nan, 3.0, 1.0, np.nan]))
    np.testing.assert_allclose(column(frame, "part", "share"), [np.nan, 0.75, 0.25, np.nan])


def test_agreement_is_over_the_features_both_rank():
    found = agreement(
        headline(whole=[0.9, 0.5, 0.3, 0.1], part=[np.nan, 5.0, 3.0, 1.0], none=[np.nan] * 4)
    ).set_index(["first", "second"])
    assert found.loc[("whole", "part"), ["spearman", "kendall", "n"]].tolist() == [1.0, 1.0, 3]
    assert found.loc[("whole", "none"), "n"] == 0
    assert np.isnan(found.loc[("whole", "none"), "spearman"])
    assert not found.loc[("whole", "none"), "same_top"]
