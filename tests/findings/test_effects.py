"""Interactions, cancelling slopes and inputs without effect, of numbers chosen by hand."""

import pytest

from sensbench.findings import Cause
from sensbench.findings.inert import no_effect
from sensbench.findings.interactions import cancelling, interactions
from sensbench.inputs.association import Associations, Pair
from sensbench.problem.joint_law import JointLaw, VarianceRatio
from sensbench.report.wording import words

from .conftest import made_up

LIKE_TOTAL = made_up("my_total", "surrogate", variance_power=1, total_order="estimate")
LIKE_BOUND = made_up("my_bound", "surrogate", total_order="bound")
RISE = made_up("rise", "derivative", signed=True)
STEEPNESS = made_up("steepness", "derivative")


def sobol(first, total):
    return {"sobol": {"total_order": total, "first_order": first}}


def test_effects_that_add_up(by_hand):
    both = {"a": (0.7, 0.01), "b": (0.3, 0.01)}
    (found,) = interactions(by_hand(sobol(both, both)), "y")
    assert (found.cause, found.methods, found.sure) == (Cause.ADDITIVE, ("sobol",), True)
    assert found.number("sum of first-order indices") == pytest.approx(1.0)
    assert found.number("low") == pytest.approx(1.0 - 2**0.5 * 0.01)


@pytest.mark.parametrize(
    ("values", "half"),
    [((0.7, 0.3), 0.1), ((0.75, 0.3), 0.02), ((0.9, 0.6), 0.01), ((0.68, 0.29), 0.02)],
)
def test_effects_add_up_only_where_both_ends_say_so(by_hand, values, half):
    both = {f: (value, half) for f, value in zip("ab", values, strict=True)}
    assert interactions(by_hand(sobol(both, both)), "y") == []


def test_effects_that_add_up_apart_say_nothing_of_inputs_that_move_together(by_hand):
    both = {"a": (0.7, 0.01), "b": (0.3, 0.01)}
    law = JointLaw(Associations((Pair("a", "b", 0.9, 0.9, 0.9),)))
    assert interactions(by_hand(sobol(both, both), joint_law=law), "y") == []
    wide = JointLaw(ratios={"y": VarianceRatio(1.9, 1.6, 2.2)})
    assert interactions(by_hand(sobol(both, both), joint_law=wide), "y") == []
    loose = JointLaw(ratios={"y": VarianceRatio(1.9, 0.9, 3.2)})
    assert len(interactions(by_hand(sobol(both, both), joint_law=loose), "y")) == 1


def test_effects_that_do_not(by_hand):
    first = {"a": (0.5, 0.01), "b": (0.01, 0.02), "c": (0.2, 0.01)}
    total = {"a": (0.7, 0.01), "b": (0.3, 0.02), "c": (0.2, 0.01)}
    together, only = interactions(by_hand(sobol(first, total)), "y")
    assert (together.cause, together.sure) == (Cause.INTERACTIONS, True)
    assert together.number("sum of first-order indices") == pytest.approx(0.71)
    assert (only.cause, only.features, only.sure) == (Cause.ONLY_INTERACTIONS, ("b",), True)
    assert dict(only.evidence) == {"first_order": 0.01, "total_order": 0.3}


def test_nothing_is_said_where_the_intervals_leave_it_open(by_hand):
    both = {"a": (0.6, 0.1), "b": (0.3, 0.1)}
    assert interactions(by_hand(sobol(both, both)), "y") == []


@pytest.mark.parametrize(("half", "sure"), [(0.05, True), (0.3, False)])
def test_rises_and_falls_that_cancel(by_hand, half, sure):
    numbers = {
        "steepness": {"a": 2.0, "b": 2.0, "c": 0.0},
        "rise": {"a": (0.04, half), "b": (1.0, half), "c": (0.0, half)},
    }
    results = by_hand({"paths": numbers}, measures=[RISE, STEEPNESS])
    (found,) = cancelling(results, "y")
    assert (found.cause, found.features, found.methods) == (Cause.CANCELLING, ("a",), ("paths",))
    assert (found.number("mean"), found.number("typical size")) == (0.04, 2.0)
    assert found.sure == sure


@pytest.mark.parametrize(("half", "sure"), [(0.004, True), (0.3, False)])
def test_no_effect_is_sure_where_the_upper_end_is_small_as_well(by_hand, half, sure):
    numbers = {"mine": {"my_total": {"a": (0.9, half), "b": (0.002, half), "c": (0.05, 0.2)}}}
    (found,) = no_effect(by_hand(numbers, measures=[LIKE_TOTAL]), "y")
    assert (found.cause, found.features, found.methods) == (Cause.INERT, ("b",), ("mine",))
    assert found.number("largest index") == 0.002
    assert found.number("high") == pytest.approx(0.002 + half)
    assert found.sure == sure


def test_every_estimate_of_the_total_order_index_must_see_nothing(by_hand):
    numbers = {
        "mine": {"my_total": {"a": 0.9, "b": 0.002}},
        "sobol": {"total_order": {"a": 0.9, "b": (0.05, 0.01)}},
    }
    assert no_effect(by_hand(numbers, measures=[LIKE_TOTAL]), "y") == []


def test_a_bound_from_sampled_derivatives_is_an_estimate(by_hand):
    bound = {"mine": {"my_bound": {"a": (2.0, 0.1), "b": (0.003, 0.001)}}}
    measures = [LIKE_BOUND, LIKE_TOTAL]
    small = {"its": {"my_total": {"a": (0.99, 0.01), "b": (0.004, 0.003)}}}
    large = {"its": {"my_total": {"a": (0.7, 0.1), "b": (0.26, 0.1)}}}
    (alone,) = no_effect(by_hand(bound, measures=measures), "y")
    (borne_out,) = no_effect(by_hand({**bound, **small}, measures=measures), "y")
    assert (alone.sure, borne_out.sure) == (False, True)
    assert words([alone])[0].startswith("Small, as far as the sampled derivatives show: b")
    assert words([borne_out])[0].startswith("Negligible: b")
    assert no_effect(by_hand({**bound, **large}, measures=measures), "y") == []


def test_a_small_bound(by_hand):
    numbers = {"mine": {"my_bound": {"a": (2.0, 0.1), "b": (0.003, 0.001), "c": (0.008, 0.01)}}}
    (found,) = no_effect(by_hand(numbers, measures=[LIKE_BOUND]), "y")
    assert (found.cause, found.features, found.sure) == (Cause.NEGLIGIBLE, ("b",), False)
    assert found.number("high") == pytest.approx(0.004)


def test_of_inputs_that_move_together_first_orders_do_not_add_up(by_hand):
    first = total = {"a": (0.6, 0.01), "b": (0.4, 0.01)}
    assert interactions(by_hand(sobol(first, total), law="joined"), "y") == []
    assert interactions(by_hand(sobol(first, total)), "y")[0].cause == Cause.ADDITIVE


def test_a_share_through_other_inputs_is_told_from_no_effect(by_hand):
    first = {"a": (0.8, 0.01), "proxy": (0.5, 0.02), "inert": (0.002, 0.01)}
    total = {"a": (0.3, 0.01), "proxy": (0.0, 0.001), "inert": (0.0, 0.001)}
    inert, through = no_effect(by_hand(sobol(first, total), law="joined"), "y")
    assert (inert.cause, inert.features) == (Cause.INERT, ("inert",))
    assert (through.cause, through.features) == (Cause.THROUGH_OTHERS, ("proxy",))
    assert dict(through.evidence) == {"share": 0.5, "low": pytest.approx(0.48)}
    alone = no_effect(by_hand(sobol(first, total)), "y")
    assert [f.features for f in alone] == [("proxy",), ("inert",)]
