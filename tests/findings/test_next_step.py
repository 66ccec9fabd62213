"""What to do next: a number of rows where rows help, and why not where they do not."""

import numpy as np
import pytest
import torch

import sensbench as sb
from sensbench.findings import Cause
from sensbench.findings.verdict import verdict
from sensbench.report.wording import words


def step_of(by_hand, **methods):
    """The step for inputs a, b and c: method to each one's value and half width."""
    results = by_hand(
        {
            label: {"total_order": dict(zip("abc", values, strict=True))}
            for label, values in methods.items()
        }
    )
    (step,) = verdict(results).next
    return step


def test_nothing_where_the_order_is_settled(by_hand):
    step = step_of(by_hand, one=[(0.6, 0.01), (0.3, 0.01), (0.1, 0.01)])
    assert step.cause is Cause.NOTHING_OPEN
    assert words([step]) == ["Nothing: the order of the inputs that hold 5 % or more is settled."]


def test_the_number_of_rows_follows_the_width_over_the_gap(by_hand):
    """Gaps of .03 and .02, half widths of .02 each: more rows for the smaller gap."""
    near, far = (
        step_of(by_hand, one=[(0.5 + gap, 0.02), (0.5 - gap, 0.02), (0.001, 0.0001)])
        for gap in (0.015, 0.01)
    )
    assert near.cause is far.cause is Cause.MORE_ROWS
    assert near.number("factor") < far.number("factor")
    assert far.number("rows") == pytest.approx(100 * far.number("factor"), rel=0.05)
    # at (.04/.03)² times the rows the ends would just touch
    assert near.number("factor") > (0.04 / 0.03) ** 2
    assert "would settle the order of a and b" in words([far])[0]


def test_of_many_alike_inputs_the_first_place_is_open(by_hand):
    """Thirty inputs with a thirtieth each: none holds 5 %, and yet nothing is settled."""
    values = {f"x{i}": (1.0 / 30, 0.01) for i in range(30)}
    (step,) = verdict(by_hand({"one": {"total_order": values}})).next
    assert step.cause is Cause.ROWS_DO_NOT_HELP
    assert "too close" in words([step])[0]


def test_where_one_input_holds_nearly_all_nothing_is_open(by_hand):
    step = step_of(by_hand, one=[(0.97, 0.001), (0.02, 0.001), (0.01, 0.001)])
    assert words([step]) == ["Nothing: a alone holds 5 % or more."]


def test_of_equal_inputs_no_number_is_named(by_hand):
    step = step_of(by_hand, one=[(0.5, 0.05), (0.499, 0.05), (0.001, 0.0001)])
    assert (step.cause, step.text("because")) == (Cause.ROWS_DO_NOT_HELP, "too close")
    assert step.features == ("a", "b")


def test_more_rows_do_not_end_a_contradiction(by_hand):
    step = step_of(
        by_hand,
        one=[(0.6, 0.01), (0.3, 0.01), (0.1, 0.01)],
        two=[(0.3, 0.01), (0.6, 0.01), (0.1, 0.01)],
    )
    assert (step.cause, step.methods) == (Cause.ROWS_DO_NOT_HELP, ("one", "two"))
    assert 'difference("one", "two")' in words([step])[0]


def test_without_intervals_there_is_no_number(by_hand):
    nan = float("nan")
    step = step_of(by_hand, one=[(0.6, nan, nan), (0.3, nan, nan), (0.1, nan, nan)])
    assert (step.cause, step.text("because")) == (Cause.ROWS_DO_NOT_HELP, "no interval")


def test_inputs_that_move_together_are_not_told_apart_by_rows(rng):
    a = rng.normal(size=400)
    X = np.stack([a, a + 0.1 * rng.normal(size=400), rng.normal(size=400)], axis=1)
    with pytest.warns(sb.errors.CorrelatedInputsWarning):
        comparison = sb.compare(
            lambda x: x[:, 0] ** 2 + x[:, 1] ** 2 + x[:, 2], X, estimators="permutation"
        )
    (step,) = comparison.verdict().next
    assert (step.cause, step.text("because")) == (Cause.ROWS_DO_NOT_HELP, "dependence")
    assert set(step.features) == {"x1", "x2"}


def test_of_given_rows_it_asks_for_rows_not_for_budget(rng):
    X = rng.normal(size=(150, 2))
    comparison = sb.compare(
        lambda x: x[:, 0] ** 2 + 0.7 * x[:, 1] ** 2, X, estimators="gradient", budget=4000
    )
    (step,) = comparison.verdict().next
    assert step.cause is Cause.MORE_ROWS
    assert step.text("of") == "data rows"


@pytest.mark.slow
def test_with_the_rows_it_asks_for_the_order_is_settled():
    """Of two squares, a few runs; ``experiments/next_rows.py`` counts over more."""
    space = sb.InputSpace.normal({"x1": (0, 1), "x2": (0, 1)})

    def asked(budget, seed):
        comparison = sb.compare(
            lambda x: torch.stack([x[:, 0] ** 2, 0.7 * x[:, 1] ** 2]).sum(0),
            space=space, estimators="permutation", budget=budget, seed=seed,
        )  # fmt: skip
        (step,) = comparison.verdict().next
        return step

    steps = [asked(4000, seed) for seed in range(12)]
    more = [step for step in steps if step.cause is Cause.MORE_ROWS]
    assert len(more) >= 3
    after = [asked(int(step.number("rows")), 100 + k) for k, step in enumerate(more)]
    assert np.mean([step.cause is Cause.NOTHING_OPEN for step in after]) >= 0.6
