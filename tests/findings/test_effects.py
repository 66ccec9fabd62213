"""Interactions, cancelling slopes and inputs without effect, of numbers chosen by hand."""

import pytest

from sensbench.findings import Cause
from sensbench.findings.inert import no_effect
from sensbench.findings.interactions import cancelling, interactions

from .conftest import made_up

LIKE_TOTAL = made_up("my_total", "surrogate", variance_power=1, total_order="estimate")
LIKE_BOUND = made_up("my_bound", "surrogate", total_order="bound")
RISE = made_up("rise", "derivative", signed=True)
STEEPNESS = made_up("steepness", "derivative")


def sobol(first, total):
    return {"sobol": {"total_order": total, "first_order": first}}


@pytest.mark.parametrize(("half", "sure"), [(0.01, True), (0.1, False)])
def test_effects_that_add_up(by_hand, half, sure):
    both = {"a": (0.7, half), "b": (0.3, half)}
    (found,) = interactions(by_hand(sobol(both, both)), "y")
    assert (found.cause, found.methods, found.sure) == (Cause.ADDITIVE, ("sobol",), sure)
    assert found.number("sum of first-order indices") == pytest.approx(1.0)
    assert found.number("low") == pytest.approx(1.0 - 2**0.5 * half)


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


def test_a_bound_proves_an_input_negligible(by_hand):
    numbers = {"mine": {"my_bound": {"a": (2.0, 0.1), "b": (0.003, 0.001), "c": (0.008, 0.01)}}}
    (found,) = no_effect(by_hand(numbers, measures=[LIKE_BOUND]), "y")
    assert (found.cause, found.features, found.sure) == (Cause.NEGLIGIBLE, ("b",), True)
    assert found.number("high") == pytest.approx(0.004)
