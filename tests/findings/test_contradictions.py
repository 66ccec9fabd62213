"""Numbers that cannot all be right, planted and not."""

from dataclasses import replace

import pytest
import torch

import sensbench as sb
from sensbench.findings import Cause, Label, verdict
from sensbench.findings.contradictions import contradictions
from sensbench.report.wording import words


def two(by_hand, lower, half=0.02, params=None):
    numbers = {
        "sobol": {"first_order": {"a": (0.98, half), "b": (0.01, half)}},
        "rbd": {"first_order": {"a": (lower, half), "b": (0.01, half)}},
    }
    results = by_hand(numbers)
    rbd = replace(results.methods["rbd"], params=params or {})
    return replace(results, methods={**results.methods, "rbd": rbd})


def test_one_measure_with_intervals_apart(by_hand):
    (found,) = contradictions(two(by_hand, 0.01, params={"harmonics": 10}), "y")
    assert (found.cause, found.features, found.methods) == (
        Cause.ESTIMATES_APART, ("a",), ("rbd", "sobol"),
    )  # fmt: skip
    assert (found.text("cause"), found.text("trust")) == ("harmonics", "sobol")
    (said,) = words([found])
    assert "S_1 of a is 0.010 by rbd and 0.98 by sobol, and their intervals are apart" in said
    assert "10 harmonics" in said
    (unknown,) = contradictions(two(by_hand, 0.01), "y")
    assert (unknown.text("cause"), unknown.text("trust")) == ("", "")
    assert "cause unclear" in words([unknown])[0]


@pytest.mark.parametrize(("lower", "half"), [(0.96, 0.03), (0.5, 0.3), (0.95, 0.001)])
def test_intervals_that_overlap_or_are_near_do_not_contradict(by_hand, lower, half):
    assert contradictions(two(by_hand, lower, half), "y") == []


def sobol(first, total, bound=0.9, lower=0.0):
    return {
        "sobol": {"total_order": {"a": total, "b": 0.4}, "first_order": {"a": first, "b": 0.3}},
        "gradient": {"derivative_rms_standardised": {"a": 1.0, "b": 0.7},
                     "total_order_bound": {"a": bound, "b": 0.9},
                     "total_order_lower_bound": {"a": lower, "b": 0.3}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "causes"),
    [
        (sobol(0.5, 0.6), []),
        (sobol(0.6, 0.4), [Cause.FIRST_ABOVE_TOTAL]),
        (sobol(0.5, 0.6, bound=0.02), [Cause.BOUND_BELOW_TOTAL]),
        (sobol(0.5, 0.6, lower=0.55), []),
        (sobol(0.5, 0.6, lower=0.95), [Cause.LOWER_BOUND_ABOVE_TOTAL]),
        (sobol(1.2, 1.2, bound=2.0), [Cause.SUM_ABOVE_ONE]),
    ],
)
def test_what_theory_forbids(by_hand, numbers, causes):
    results = by_hand(numbers)
    found = contradictions(results, "y")
    assert [f.cause for f in found] == causes
    assert len(words(found)) == len(causes)
    alert = verdict(results).alert(Label.CONTRADICTION)
    assert (alert is not None) == bool(causes)


def test_a_model_that_jumps_breaks_the_bounds_from_its_slopes():
    """A saw rises at every row, and falls as far in a cliff that no row is met on."""
    space = sb.InputSpace.uniform({"x": (0, 4), "z": (0, 4)})
    results = sb.compare(
        lambda x: x[:, 0] - (1 + torch.tanh(1e7 * (x[:, 0] - 2))) + 0.1 * x[:, 1],
        space=space, estimators=["gradient", "sobol"], budget=4000,
    )  # fmt: skip
    (found,) = results.findings().only(Cause.LOWER_BOUND_ABOVE_TOTAL)
    assert (found.features, found.methods) == (("x",), ("gradient", "sobol"))
    assert found.number("bound") > 1 > found.number("total-order index")
    (said,) = words([found])
    assert "The lower bound of x by gradient" in said
    assert "the model jumps" in said


def test_a_verdict_has_lines_ranks_and_alerts(by_hand):
    results = by_hand(sobol(0.1, 0.6), r2=0.7)
    judged = verdict(results)
    assert judged.output == "y"
    assert judged.ranks == {"a": (1, 1), "b": (2, 2)}
    assert judged.lines[0].cause == Cause.SAME_FIRST
    assert judged.alert(Label.POOR_FIT).weakens
    assert judged.alert(Label.ACTS_JOINTLY).weakens is False
    assert verdict(by_hand(sobol(0.1, 0.6), r2=0.9)).alert(Label.POOR_FIT) is None


def test_of_dependent_inputs_a_first_order_index_may_be_the_larger_one():
    """y = x1 + x2 + x3 with ρ₂₃ = .9: S_1 of x3 is .93, its S_T .08."""
    space = sb.InputSpace.normal(
        {"x1": (0, 1), "x2": (0, 1), "x3": (0, 2)}, correlation={("x2", "x3"): 0.9}
    )
    results = sb.compare(
        lambda x: x[:, 0] + x[:, 1] + x[:, 2], space=space, estimators="kucherenko", budget=4000
    )
    first, total = (results["kucherenko"][m] for m in ("first_order", "total_order"))
    assert first.low[0, 2] > total.high[0, 2]
    assert not results.findings().only(Cause.FIRST_ABOVE_TOTAL)
