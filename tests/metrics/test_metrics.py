import numpy as np
import pandas as pd
import pytest

from sensbench.metrics.accuracy import accuracy
from sensbench.metrics.agreement import agreement
from sensbench.metrics.ranks import shares


def headline(**values):
    """One problem, one output; values by method, (measure, numbers)."""
    rows = [
        ("p", "m", method, measure, "y", f"x{i}", "", v, v - 0.1, v + 0.1)
        for method, (measure, numbers) in values.items()
        for i, v in enumerate(numbers)
    ]
    names = [
        "problem",
        "model",
        "estimator",
        "measure",
        "output",
        "feature",
        "partner",
        "value",
        "low",
        "high",
    ]
    return pd.DataFrame(rows, columns=names)


def test_shares_are_on_the_variance_scale_and_sum_to_one():
    found = shares(
        headline(
            g=("derivative_rms_standardised", [0.6, 0.8, 0.0]), s=("total_order", [0.36, 0.64, 0.0])
        )
    )
    by = found.pivot(index="feature", columns="estimator", values="share")
    np.testing.assert_allclose(by["g"], by["s"])
    np.testing.assert_allclose(by.sum(), 1)
    assert found["rank"].tolist() == [2, 1, 3] * 2


def test_negative_estimates_keep_their_sign_and_do_not_enter_the_sum():
    found = shares(headline(s=("total_order", [0.5, -0.02, 0.5])))
    assert found["share"].tolist() == pytest.approx([0.5, -0.02, 0.5])
    assert found["rank"].tolist() == [1, 3, 1]


def test_noise_has_ranks_and_no_shares():
    """Negative values of the same size, or no interval above 0: nothing is divided."""
    found = shares(
        headline(
            cancel=("total_order", [0.5, -0.48, 0.2]),
            wide=("total_order", [0.05, 0.02, 0.01]),
            clear=("total_order", [0.6, 0.4, -0.05]),
        )
    )
    assert found["share"].isna().tolist() == [True] * 6 + [False] * 3
    assert found["rank"].tolist() == [1, 3, 2, 1, 2, 3, 1, 2, 3]


def test_the_size_of_a_signed_measure_ranks():
    found = shares(headline(g=("derivative_mean_standardised", [-0.8, 0.6])))
    assert found["rank"].tolist() == [1, 2]
    assert found["share"].tolist() == pytest.approx([0.64, 0.36])
    assert (found["share_low"] <= found["share"]).all()
    assert (found["share"] <= found["share_high"]).all()


def test_agreement_of_known_orders():
    """Kendall's tau-b with one tie by hand: (5 - 0)/sqrt(6 · 5)."""
    found = agreement(
        headline(
            a=("total_order", [4.0, 3.0, 2.0, 1.0]),
            b=("total_order", [1.0, 2.0, 3.0, 4.0]),
            c=("total_order", [4.0, 3.0, 1.0, 1.0]),
        )
    ).set_index(["first", "second"])
    assert found.loc[("a", "b"), ["spearman", "kendall"]].tolist() == pytest.approx([-1, -1])
    assert found.loc[("a", "c"), "kendall"] == pytest.approx(5 / np.sqrt(30))
    assert found.loc[("a", "c"), "same_top"]
    assert not found.loc[("a", "b"), "same_top"]


def test_two_features_or_equal_values_have_no_correlation():
    two = agreement(headline(a=("total_order", [1, 2]), b=("total_order", [1, 2])))
    flat = agreement(headline(a=("total_order", [1, 1, 1]), b=("total_order", [1, 2, 3])))
    assert np.isnan(two["spearman"].iloc[0])
    assert np.isnan(flat["kendall"].iloc[0])


def test_accuracy_is_against_the_same_measure_only():
    frame = headline(s=("total_order", [3.0, 4.1]), g=("dgsm", [1.0, 1.0]))
    frame = frame.assign(budget=10, replicate=0, n_forward=8, n_backward=2)
    found = accuracy(frame, {("p", "m", "total_order", "y"): {"x0": 3.0, "x1": 4.0}})
    assert found["measure"].tolist() == ["total_order"]
    assert found["relative_error"].iloc[0] == pytest.approx(0.1 / 5)
    assert found["covered"].iloc[0] == 1.0
    assert found["rows"].iloc[0] == 10


def test_an_interval_covers_what_is_between_its_ends_and_the_ends():
    """Half widths are 0.1: one interval is too high, one too low, one has the truth at its end."""
    frame = headline(s=("total_order", [2.0, 2.0, 2.0, 2.0]))
    frame = frame.assign(budget=10, replicate=0, n_forward=8, n_backward=2)
    for truths, covered in (
        ([1.0, 1.0, 1.0, 1.0], 0.0),
        ([3.0, 3.0, 3.0, 3.0], 0.0),
        ([1.9, 2.1, 2.0, 1.0], 0.75),
        ([1.89, 2.11, 2.05, 1.95], 0.5),
    ):
        exact = {f"x{i}": value for i, value in enumerate(truths)}
        found = accuracy(frame, {("p", "m", "total_order", "y"): exact})
        assert found["covered"].tolist() == [covered]


def test_an_interval_that_is_not_given_does_not_miss():
    """Of two inputs one has an interval, which holds the truth; then none has one."""
    frame = headline(s=("total_order", [2.0, 2.0]))
    frame = frame.assign(budget=10, replicate=0, n_forward=8, n_backward=2)
    truth = {("p", "m", "total_order", "y"): {"x0": 2.0, "x1": 5.0}}
    ends = ["low", "high"]
    frame.loc[frame["feature"] == "x1", ends] = np.nan
    assert accuracy(frame, truth)["covered"].tolist() == [1.0]
    frame[ends] = np.nan
    assert np.isnan(accuracy(frame, truth)["covered"].iloc[0])


@pytest.mark.parametrize(("negative", "noise"), [(0.49, False), (0.51, True)])
def test_negative_values_of_half_the_size_of_the_positive_ones_are_noise(negative, noise):
    found = shares(headline(s=("total_order", [0.8, 0.2, -negative])))
    assert found["share"].isna().all() == noise


def test_shares_equal_to_six_decimals_share_a_rank():
    found = shares(headline(s=("total_order", [0.3, 0.3 - 2e-7, 0.3 - 4e-6, 0.1])))
    assert found["rank"].tolist() == [1, 1, 3, 4]


def test_a_signed_interval_across_0_is_of_sizes_from_0_to_its_longer_side():
    frame = headline(g=("derivative_mean_standardised", [0.8, -0.6, 0.0]))
    frame["low"], frame["high"] = [-0.1, -0.9, -0.2], [1.0, -0.3, 0.1]
    found = shares(frame)
    np.testing.assert_allclose(found["share_low"], [0, 0.09, 0], atol=1e-15)
    np.testing.assert_allclose(found["share_high"], [1, 0.81, 0.04])


def test_three_features_are_enough_for_a_correlation():
    found = agreement(headline(a=("total_order", [3, 2, 1]), b=("total_order", [3, 1, 2])))
    assert found[["spearman", "kendall"]].to_numpy()[0] == pytest.approx([1 / 2, 1 / 3])


def test_ties_are_shared_as_in_tau_b():
    """Of six pairs one is tied in the first and another in the second: 4/sqrt(5 · 5)."""
    found = agreement(headline(a=("total_order", [3, 3, 2, 1]), b=("total_order", [4, 3, 1, 1])))
    assert found["kendall"].iloc[0] == pytest.approx(4 / 5)


def test_the_order_of_inputs_without_effect_does_not_count():
    noise = [0.001, -0.002, 0.0005, -0.001]
    found = agreement(
        headline(
            a=("total_order", [4.0, 3.0, 2.0, *noise]),
            b=("total_order", [4.0, 3.0, 2.0, *noise[::-1]]),
        )
    )
    assert found[["spearman", "n"]].to_numpy().tolist() == [[1.0, 3]]
