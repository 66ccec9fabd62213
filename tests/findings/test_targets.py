"""Who used measured targets: told by the results; of old ones, by what numbers show."""

import pytest

from sensbench.estimator.needs import Needs
from sensbench.findings import Cause
from sensbench.findings.agreement import without_shares
from sensbench.findings.consensus import headline_shares
from sensbench.findings.targets import against_targets, constant_targets

from .conftest import made_up

NAN = float("nan")
GUESS = made_up("guess", "prediction", variance_power=1)
ERROR = made_up("error", "prediction")

SHUFFLED = {
    "permutation_total_order": {"a": 0.4, "b": 0.2},
    "permutation_r2": {"a": 0.8, "b": 0.4},
}
OF_TARGETS = {**SHUFFLED, "permutation_r2": {"a": 0.5, "b": 0.25}}


@pytest.mark.parametrize(
    ("covers", "used"), [("sampling, targets", True), ("sampling", False), ("design", False)]
)
def test_intervals_say_what_they_cover(by_hand, covers, used):
    # the ratio of the numbers would say the opposite
    numbers = SHUFFLED if used else OF_TARGETS
    results = by_hand({"method": numbers}, covers={"method": covers})
    assert against_targets(results, "y", "method") == (used, True)


@pytest.mark.parametrize(("numbers", "used"), [(SHUFFLED, False), (OF_TARGETS, True)])
def test_of_old_results_the_two_scales_tell(by_hand, numbers, used):
    results = by_hand({"method": numbers}, covers={"method": ""})
    assert against_targets(results, "y", "method") == (used, False)


def test_a_method_that_needs_no_targets_used_none(by_hand):
    needs = {"method": Needs("given")}
    results = by_hand({"method": OF_TARGETS}, covers={"method": ""}, needs=needs)
    assert against_targets(results, "y", "method") == (False, True)


@pytest.mark.parametrize("covers", ["sampling, targets", ""])
def test_constant_targets_leave_a_method_without_scale(by_hand, using_targets, covers):
    numbers = {
        "guesses": {"guess": {"a": NAN, "b": NAN}, "error": {"a": 0.0, "b": 0.0}},
        "sobol": {"total_order": {"a": 0.6, "b": 0.4}},
    }
    results = by_hand(
        numbers, measures=[GUESS, ERROR], covers={"guesses": covers},
        needs={"guesses": using_targets},
    )  # fmt: skip
    (found,) = without_shares(results, "y", headline_shares(results))
    assert (found.cause, found.output, found.methods) == (
        Cause.CONSTANT_TARGETS, "y", ("guesses",),
    )  # fmt: skip
    assert found.sure == bool(covers)


def test_a_constant_output_is_not_the_targets_fault(by_hand):
    numbers = {
        "guesses": {"guess": {"a": NAN, "b": NAN}, "error": {"a": 0.0, "b": 0.0}},
        "sobol": {"total_order": {"a": NAN, "b": NAN}},
    }
    covers = {"guesses": "sampling, targets"}
    results = by_hand(numbers, measures=[GUESS, ERROR], covers=covers)
    assert not constant_targets(results, "y", "guesses").used


def test_shuffling_is_said_not_to_worsen_a_prediction_that_is_not_good(by_hand):
    noise = {"permutation_total_order": {"a": (0.1, 0.2), "b": (0.0, 0.2)}}
    for covers, r2, told in (
        ("sampling, targets", 0.3, {"because": "intervals", "r2": 0.3}),
        ("sampling, targets", 0.95, {"because": "intervals"}),
        ("sampling", 0.3, {"because": "intervals"}),
    ):
        results = by_hand({"method": noise}, covers={"method": covers}, r2=r2)
        (found,) = without_shares(results, "y", headline_shares(results))
        assert dict(found.evidence) == told
