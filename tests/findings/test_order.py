import numpy as np
import pandas as pd
import pytest

from sensbench.findings import Cause
from sensbench.findings.agreement import agreed, pairs_of, without_shares
from sensbench.findings.consensus import headline_shares
from sensbench.findings.order import certainty, exact_order, order

NAN = float("nan")


def indices(by_hand, width=0.01, **methods):
    return by_hand(
        {
            label: {"total_order": dict(zip("abc", [(v, width) for v in values], strict=True))}
            for label, values in methods.items()
        }
    )


def test_the_order_by_mean_share_where_methods_agree(by_hand):
    frame = headline_shares(indices(by_hand, one=[0.7, 0.2, 0.1], two=[0.5, 0.3, 0.2]))
    (found,) = order(frame, "y")
    assert (found.cause, found.output, found.sure) == (Cause.SAME_FIRST, "y", True)
    assert found.features == ("a", "b", "c")
    assert found.methods == ("one", "two")
    assert found.of("mean share", found.features) == pytest.approx([0.6, 0.25, 0.15])
    assert found.number("features that hold nearly all") == 3
    unsure = headline_shares(indices(by_hand, 0.15, one=[0.7, 0.2, 0.1], two=[0.5, 0.3, 0.2]))
    assert [f.sure for f in order(unsure, "y")] == [False]


def test_who_puts_what_first_where_methods_differ(by_hand):
    frame = headline_shares(indices(by_hand, 0.06, one=[0.7, 0.2, 0.1], two=[0.4, 0.5, 0.1]))
    by_one, by_two, mean = order(frame, "y")
    assert (by_one.cause, by_one.features, by_one.methods) == (Cause.FIRST_BY, ("a",), ("one",))
    assert (by_two.features, by_two.methods) == (("b",), ("two",))
    assert (by_one.sure, by_two.sure) == (True, False)  # 0.46 > 0.44 overlaps
    assert (mean.cause, mean.features) == (Cause.MEAN_ORDER, ("a", "b", "c"))


def test_only_one_input_is_sure_where_the_ends_of_all_others_are_small(by_hand):
    near = headline_shares(indices(by_hand, 0.004, one=[1.0, 0.0, 0.002]))
    far = headline_shares(indices(by_hand, 0.2, one=[1.0, 0.0, 0.002]))
    for frame, sure in ((near, True), (far, False)):
        (found,) = order(frame, "y")
        assert (found.cause, found.features[0], found.sure) == (Cause.ONLY_ONE, "a", sure)


def test_which_methods_tell_first_from_second(by_hand):
    results = indices(by_hand, 0.06, one=[0.7, 0.2, 0.1], two=[0.4, 0.5, 0.1])
    clear, unclear = certainty(headline_shares(results), "y")
    assert (clear.cause, clear.features, clear.methods) == (
        Cause.FIRST_CLEAR, ("a", "b"), ("one",),
    )  # fmt: skip
    assert clear.number("low of the first") == pytest.approx(0.64)
    assert clear.number("high of the second") == pytest.approx(0.26)
    assert (unclear.cause, unclear.features, unclear.sure) == (
        Cause.FIRST_UNCLEAR, ("b", "a"), False,
    )  # fmt: skip


def test_exact_indices_that_are_equal_share_a_place(by_hand):
    results = by_hand(
        {"one": {"total_order": {"a": 0.5, "b": 0.2, "c": 0.2}}},
        truth={"total_order": {"b": 0.25, "a": 0.5, "c": 0.25}},
    )
    (found,) = exact_order(results, "y")
    assert (found.features, found.sure) == (("a", "b", "c"), True)
    assert found.of("total-order index", "abc") == [0.5, 0.25, 0.25]
    assert found.of("place", "abc") == [1, 2, 2]


@pytest.mark.parametrize(
    ("rho", "orders"),
    [(0.91, "alike"), (0.89, "similar"), (0.51, "similar"), (0.49, "different")],
)
def test_how_alike_orders_are_is_the_lowest_correlation(by_hand, rho, orders):
    frame = headline_shares(indices(by_hand, one=[0.7, 0.2, 0.1], two=[0.5, 0.3, 0.2]))
    (found,) = agreed(pd.DataFrame({"spearman": [1.0, rho]}), frame, "y")
    assert (found.cause, found.features, found.methods) == (Cause.AGREEMENT, ("a",), ("one", "two"))
    assert found.text("orders") == orders
    assert (found.number("lowest correlation"), found.number("highest correlation")) == (rho, 1.0)


def test_one_method_agrees_with_nobody(by_hand):
    results = indices(by_hand, one=[0.7, 0.2, 0.1])
    (found,) = agreed(pairs_of(results), headline_shares(results), "y")
    assert (found.cause, found.methods) == (Cause.ONE_METHOD, ("one",))


@pytest.mark.parametrize(
    ("values", "width", "because"),
    [
        ([0.0, 0.0, 0.0], 0.1, "zero"),
        ([0.3, -0.3, 0.1], 0.01, "negative values"),
        ([0.3, 0.2, 0.1], 0.5, "intervals"),
    ],
)
def test_why_a_method_has_no_shares(by_hand, values, width, because):
    results = indices(by_hand, width, one=values)
    (found,) = without_shares(results, "y", headline_shares(results))
    assert (found.cause, found.methods) == (Cause.NO_SHARES, ("one",))
    assert dict(found.evidence) == {"because": because}
    assert found.sure == (because == "zero")


def test_an_input_that_a_method_cannot_judge_does_not_count(by_hand):
    results = indices(by_hand, one=[0.7, 0.2, 0.1], part=[NAN, 0.9, 0.1])
    (found,) = order(headline_shares(results), "y")
    assert (found.cause, found.features[0]) == (Cause.SAME_FIRST, "a")
    assert np.isfinite(found.of("mean share", found.features)).all()
