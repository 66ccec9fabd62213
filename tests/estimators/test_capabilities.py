"""What is listed and documented of the methods is what they say of themselves."""

import pytest

from experiments.catalogue import PAGE, TEXT, methods
from sensbench import estimators
from sensbench.estimator import capabilities
from sensbench.estimator.needs import Cost, Needs


def test_listing_and_page_are_up_to_date():
    assert capabilities.read() == methods(), "run experiments/catalogue.py"
    told = PAGE.read_text(encoding="utf-8")
    assert told == TEXT + capabilities.as_markdown(methods()), "run experiments/catalogue.py"


@pytest.mark.parametrize(
    ("cost", "told", "rows"),
    [
        (Cost(), "n", 50),
        (Cost(2, per_feature=1), "n(d + 2)", 50 * 5),
        (Cost(2, per_feature=2), "n(2d + 2)", 50 * 8),
        (Cost(1, per_output=1), "n(o + 1)", 50 * 3),
        (Cost(1, per_feature=1, extra=20), "n(d + 1) + 20", 50 * 4 + 20),
        (Cost(3), "3n", 150),
    ],
)
def test_a_cost_is_a_formula_and_its_number(cost, told, rows):
    assert str(cost) == told
    assert cost(3, 2, 50) == rows


@pytest.mark.parametrize("name", estimators.names())
def test_the_smallest_run_costs_what_the_needs_say(name, ishigami):
    estimator = estimators.load(name)
    needs = estimator.needs
    least = estimator.minimum_budget(ishigami)
    assert least == needs.cost(ishigami.d, ishigami.o, needs.minimum_rows)
    found = estimator.estimate(ishigami, budget=least)
    assert found.n_forward + found.n_backward <= least
    assert Needs.from_plain(needs.to_plain()) == needs


@pytest.fixture(scope="module")
def ishigami():
    from sensbench import problems

    return problems.load("ishigami")


def test_needs_follow_from_parameters():
    assert estimators.load("sobol", second_order=True).needs.cost(3, 1, 1) == 8
    assert estimators.load("permutation", repeats=2).needs.cost(3, 1, 1) == 7
    assert estimators.load("rbd_fast", harmonics=3).needs.minimum_rows == 14
    assert estimators.load("pawn", slices=4).needs.minimum_rows == 12
