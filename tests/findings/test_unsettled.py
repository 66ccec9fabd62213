import math

import pytest

from sensbench.findings import Cause, Label, find, verdict
from sensbench.report.wording import words

NAN = float("nan")


def decided_by_few(by_hand, tail, **ends):
    """A method of which a few rows decide a's value, beside one that does not look for that."""
    a = (0.7, ends.get("low", NAN), ends.get("high", NAN))
    numbers = {
        "few": {"total_order": {"a": a, "b": 0.3, "c": (0.002, 0.001)}},
        "other": {"total_order": {"a": 0.6, "b": 0.3, "c": 0.1}},
    }
    return by_hand(numbers, tails={"few": {"a": tail, "b": 0.3, "c": tail}})


def test_values_that_a_few_rows_decide_are_an_alert_of_their_method(by_hand):
    results = decided_by_few(by_hand, 0.8)
    (found,) = find(results).only(Cause.UNSETTLED)
    # c counts for nothing in that method; b's tail is light
    assert (found.features, found.methods) == (("a",), ("few",))
    assert found.evidence["tail of a"] == 0.8
    alert = verdict(results).alert(Label.UNSETTLED_TAIL)
    assert alert.weakens
    assert words(alert.evidence) == [
        "Unsettled in few: a few rows decide the mean for a (Pareto index up to 0.800; above 0.7 "
        "no interval); as long as the tail stays as heavy, settling takes about 100,000 rows."
    ]


@pytest.mark.parametrize("tail", [0.69, -0.1, NAN])
def test_a_light_tail_or_one_that_nobody_looked_for_is_no_alert(by_hand, tail):
    results = decided_by_few(by_hand, tail, low=0.6, high=0.8)
    assert not find(results).only(Cause.UNSETTLED)
    assert verdict(results).alert(Label.UNSETTLED_TAIL) is None


def test_an_interval_that_is_given_may_be_too_narrow(by_hand):
    (found,) = find(decided_by_few(by_hand, 0.75, low=0.6, high=0.8)).only(Cause.UNSETTLED)
    assert "above 0.7 the intervals given may be too narrow" in words([found])[0]


def test_a_tail_without_a_mean_never_settles(by_hand):
    (found,) = find(decided_by_few(by_hand, 1.2)).only(Cause.UNSETTLED)
    assert math.isinf(found.number("rows"))
    assert "no number of rows settles it" in words([found])[0]
