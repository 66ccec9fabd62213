import pytest

from sensbench.estimator.needs import Needs
from sensbench.findings import Cause
from sensbench.findings.agreement import agreed, pairs_of, without_shares
from sensbench.findings.consensus import headline_shares
from sensbench.findings.order import exact_order, order
from sensbench.findings.settled import Settled
from sensbench.inputs.association import Associations, Pair
from sensbench.problem.joint_law import JointLaw
from sensbench.report.wording import words

NAN = float("nan")


def indices(by_hand, width=0.01, **methods):
    return by_hand(
        {
            label: {"total_order": dict(zip("abc", [(v, width) for v in values], strict=True))}
            for label, values in methods.items()
        }
    )


def verdict_of(by_hand, width=0.01, **methods):
    """The verdict's lines, and the mean shares that close it."""
    return order(headline_shares(indices(by_hand, width, **methods)), "y")


def test_first_by_all_where_intervals_say_so(by_hand):
    first, chain, means = verdict_of(by_hand, one=[0.7, 0.2, 0.1], two=[0.5, 0.3, 0.2])
    assert (first.cause, first.features, first.methods) == (
        Cause.SAME_FIRST, ("a",), ("one", "two"),
    )  # fmt: skip
    assert first.sure
    assert (chain.cause, chain.features) == (Cause.IN_ORDER, ("a", "b", "c"))
    assert means.of("mean share", means.features) == pytest.approx([0.6, 0.25, 0.15])
    assert means.of("methods", means.features) == [2, 2, 2]
    said = words([first, chain, means])
    assert said[0] == "a first, by one and two. a, b and c: in this order."


def test_a_second_place_is_said_where_the_order_is_open_behind_it(by_hand):
    widths = {"a": (0.6, 0.01), "b": (0.3, 0.01), "c": (0.06, 0.03), "d": (0.04, 0.03)}
    results = by_hand({m: {"total_order": widths} for m in ("one", "two")})
    said = " ".join(words(order(headline_shares(results), "y")))
    assert said.startswith(
        "a first, by one and two. b second. The order of the next 2 (c and d) is not settled."
    )


def test_how_many_methods_ran_is_said_where_some_answer_another_question(by_hand):
    three = {m: [0.7, 0.2, 0.1] for m in ("one", "two", "three")}
    frame = headline_shares(indices(by_hand, **three))
    assert words(order(frame, "y"))[0].startswith("a first, by all 3 methods.")
    assert words(order(frame, "y", 5))[0].startswith("a first, by 3 of 5 methods.")


def test_equal_inputs_have_no_first(by_hand):
    (open_first, means) = verdict_of(by_hand, 0.05, one=[0.48, 0.47, 0.05], two=[0.48, 0.47, 0.05])
    assert (open_first.cause, open_first.features) == (Cause.FIRST_OPEN, ("a", "b"))
    said = " ".join(words([open_first, means]))
    assert said.startswith("First place is not settled: no majority of intervals tells a and b")
    assert "matters most" not in said


def test_intervals_that_contradict_each_other_on_who_is_first(by_hand):
    by_one, by_two, *_ = verdict_of(by_hand, one=[0.7, 0.2, 0.1], two=[0.4, 0.5, 0.1])
    assert (by_one.cause, by_one.features, by_one.methods) == (Cause.FIRST_BY, ("a",), ("one",))
    assert (by_two.features, by_two.methods) == (("b",), ("two",))
    assert "a by one, b by two" in words([by_one, by_two])[0]


def test_a_method_whose_intervals_do_not_tell_is_no_part_of_a_contradiction(by_hand):
    numbers = {
        "one": {"a": 0.7, "b": 0.2}, "two": {"a": 0.4, "b": 0.6},
        "three": {"a": (0.49, 0.1), "b": (0.48, 0.1)},
    }  # fmt: skip
    results = by_hand({label: {"total_order": values} for label, values in numbers.items()})
    by_one, by_two, *_ = order(headline_shares(results), "y")
    assert (by_one.methods, by_two.methods) == (("one",), ("two",))
    assert "a by one, b by two (three does not tell)" in words([by_one, by_two])[0]


def test_one_method_that_contradicts_the_others_unsettles_a_majority(by_hand):
    found = verdict_of(by_hand, one=[0.7, 0.2, 0.1], two=[0.7, 0.2, 0.1], three=[0.4, 0.5, 0.1])
    assert [f.cause for f in found[:2]] == [Cause.FIRST_BY, Cause.FIRST_BY]


def test_a_majority_settles_what_the_rest_does_not_tell(by_hand):
    total = {
        "one": {"a": 0.6, "b": 0.3}, "two": {"a": 0.6, "b": 0.3},
        "three": {"a": (0.5, 0.2), "b": (0.4, 0.2)},
    }  # fmt: skip
    results = by_hand({label: {"total_order": values} for label, values in total.items()})
    first, *_ = order(headline_shares(results), "y")
    assert (first.cause, first.features, first.sure) == (Cause.SAME_FIRST, ("a",), False)
    assert words([first])[0] == "a first, by one and two; three does not tell it from b."


def test_an_order_behind_the_first_that_is_not_settled(by_hand):
    first, behind, _ = verdict_of(by_hand, 0.04, one=[0.7, 0.16, 0.14])
    assert (first.cause, behind.cause) == (Cause.SAME_FIRST, Cause.ORDER_OPEN)
    assert behind.features == ("b", "c")
    assert "The order of the next 2 (b and c) is not settled." in words([first, behind])[0]


def test_only_one_input_above_the_noise(by_hand):
    only, _ = verdict_of(by_hand, 0.004, one=[1.0, 0.0, 0.002])
    assert (only.cause, only.features) == (Cause.ONLY_ONE, ("a",))


def test_nothing_above_the_noise(by_hand):
    (nothing,) = verdict_of(by_hand, 0.5, one=[0.3, 0.3, 0.4])
    assert nothing.cause == Cause.NOTHING_VISIBLE
    assert words([nothing]) == ["Nothing rises above the noise floor."]


def test_rank_ranges_count_what_is_settled_above_and_below(by_hand):
    frame = headline_shares(indices(by_hand, 0.04, one=[0.7, 0.16, 0.14]))
    assert Settled(frame, ["a", "b", "c"]).ranges() == {"a": (1, 1), "b": (2, 3), "c": (2, 3)}


def test_shares_of_methods_that_ask_at_different_distributions_are_not_averaged(by_hand):
    numbers = {
        "one": {"total_order": {"a": 0.9, "b": 0.1}},
        "two": {"total_order": {"a": 0.7, "b": 0.3}},
        "real": {"total_order": {"a": 0.1, "b": 0.9}},
    }
    needs = {
        "one": Needs("design", "independent"), "two": Needs("design", "independent"),
        "real": Needs("given"),
    }  # fmt: skip
    alone = by_hand(numbers, needs=needs)
    together = by_hand(
        numbers, needs=needs, joint_law=JointLaw(Associations((Pair("a", "b", 0.9, 0.9, 0.9),)))
    )
    means = order(headline_shares(alone), "y")[-1]
    assert means.of("mean share", "ab") == pytest.approx([1.7 / 3, 1.3 / 3])
    means = order(headline_shares(together), "y")[-1]
    assert means.methods == ("one", "two")
    assert means.of("mean share", "ab") == pytest.approx([0.8, 0.2])


def test_exact_indices_that_are_equal_share_a_place(by_hand):
    results = by_hand(
        {"one": {"total_order": {"a": 0.5, "b": 0.2, "c": 0.2}}},
        truth={"total_order": {"b": 0.25, "a": 0.5, "c": 0.25}},
    )
    (found,) = exact_order(results, "y")
    assert (found.features, found.sure) == (("a", "b", "c"), True)
    assert found.of("total-order index", "abc") == [0.5, 0.25, 0.25]
    assert found.of("place", "abc") == [1, 2, 2]


def agreement_of(by_hand, width=0.01, **methods):
    results = indices(by_hand, width, **methods)
    (found,) = agreed(pairs_of(results), headline_shares(results), "y")
    assert found.cause == Cause.AGREEMENT
    return found


def test_settled_orders_are_alike(by_hand):
    found = agreement_of(by_hand, one=[0.7, 0.2, 0.1], two=[0.5, 0.3, 0.2])
    assert (found.features, found.methods) == (("a",), ("one", "two"))
    assert (found.text("orders"), found.number("lowest end"), found.sure) == ("alike", 1.0, True)
    assert words([found])[0].startswith("Over the inputs above the noise the orders are alike")


def test_orders_differ_only_where_both_settle_two_inputs_in_opposite_order(by_hand):
    found = agreement_of(by_hand, one=[0.7, 0.2, 0.1], two=[0.3, 0.6, 0.1])
    assert found.text("orders") == "different"
    assert words([found])[0].startswith(
        "The orders differ: one puts a above b, two b above a, both clear of their intervals"
    )


@pytest.mark.parametrize("width", [0.05, 0.2])
def test_of_equal_inputs_it_is_never_said_that_the_orders_differ(by_hand, width):
    found = agreement_of(by_hand, width, one=[0.34, 0.33, 0.33], two=[0.32, 0.33, 0.35])
    assert found.number("lowest correlation") < 0
    assert found.text("orders") == "open"
    assert "leave a ρ of −1.00 to 1.00 open" in words([found])[0]


def test_without_intervals_nothing_is_said_of_the_orders(by_hand):
    ends = (NAN, NAN)
    values = {"one": [0.7, 0.2, 0.1], "two": [0.1, 0.2, 0.7]}
    numbers = {
        label: {"total_order": {f: (v, *ends) for f, v in zip("abc", of, strict=True)}}
        for label, of in values.items()
    }
    results = by_hand(numbers, covers={"one": "", "two": ""})
    (found,) = agreed(pairs_of(results), headline_shares(results), "y")
    assert (found.text("orders"), found.sure) == ("open", False)
    assert "no two methods have intervals" in words([found])[0]


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


def test_a_method_that_skips_an_input_keeps_its_shares_and_is_not_averaged(by_hand):
    results = indices(by_hand, one=[0.7, 0.2, 0.1], part=[NAN, 0.64, 0.36])
    frame = headline_shares(results)
    part = frame[frame["estimator"] == "part"].set_index("feature")["share"]
    assert part[["b", "c"]].tolist() == pytest.approx([0.64, 0.36])
    means = order(frame, "y")[-1]
    assert means.methods == ("one",)
    assert means.of("mean share", "abc") == pytest.approx([0.7, 0.2, 0.1])
