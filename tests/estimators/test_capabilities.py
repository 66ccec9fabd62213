"""What is listed and documented of the methods is what they say of themselves."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import nn

from experiments.catalogue import COVERAGE, PAGE, TEXT, methods
from sensbench import estimators
from sensbench.estimator import capabilities
from sensbench.estimator.needs import Cost, Needs
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.testing._least_squares import least_squares


@pytest.mark.slow
def test_listing_and_page_are_up_to_date():
    entries = methods()
    assert capabilities.read() == entries, "run python -m experiments.catalogue"
    told = PAGE.read_text(encoding="utf-8")
    assert told == TEXT + capabilities.as_markdown(entries), "run python -m experiments.catalogue"


def test_whose_numbers_they_are_and_how_often_their_intervals_held():
    shipped = capabilities.read()
    lines = {name: "\n".join(capabilities.describe(line)) for name, line in shipped.items()}
    assert "numbers of SALib" in lines["efast"]
    assert "no interval" in lines["efast"]
    assert "numbers of openturns" in lines["polynomial_chaos"]
    assert "its interval covers: design" in lines["sobol"]
    table = pd.read_csv(COVERAGE)
    of_sobol = table[(table["method"] == "sobol") & (table["measure"] == "total_order")]
    least = of_sobol.loc[of_sobol["size"] == of_sobol["size"].max(), "coverage"].min()
    assert f"at least {100 * least:.0f} %" in lines["sobol"]
    assert "doi:10.1016/j.cpc.2009.09.018" in lines["sobol"]


def test_a_plug_in_claims_nothing():
    line = capabilities.entry(estimators.load("sobol"))
    assert not any("interval" in told for told in capabilities.describe(line))


@pytest.mark.parametrize(
    ("cost", "told", "rows"),
    [
        (Cost(), "n", 50),
        (Cost(2, per_feature=1), "n(d + 2)", 50 * 5),
        (Cost(2, per_feature=2), "n(2d + 2)", 50 * 8),
        (Cost(1, per_output=1), "n(o + 1)", 50 * 3),
        (Cost(1, per_feature=1, extra=20), "n(d + 1) + 20", 50 * 4 + 20),
        (Cost(3), "3n", 150),
        (Cost(1, per_output=1, per_both=1), "n(do + o + 1)", 50 * 9),
        (Cost(-1, per_feature=2), "n(2d - 1)", 50 * 5),
    ],
)
def test_a_cost_is_a_formula_and_its_number(cost, told, rows):
    assert str(cost) == told
    assert cost(3, 2, 50) == rows


@pytest.mark.parametrize("name", estimators.names())
def test_the_smallest_run_costs_what_the_needs_say(name, ishigami, a_network):
    estimator = estimators.load(name)
    # DeepLIFT is of networks made of modules
    problem = a_network if name == "deep_lift" else ishigami
    needs = estimator.needs
    if needs.refit:
        problem = replace(problem, refit=least_squares(problem))
    least = estimator.minimum_budget(problem)
    assert least == needs.cost(problem.d, problem.o, needs.minimum_rows)
    found = estimator.estimate(problem, budget=least)
    assert found.n_forward + found.n_backward <= least
    assert Needs.from_plain(needs.to_plain()) == needs


@pytest.fixture(scope="module")
def ishigami():
    from sensbench import problems

    return problems.load("ishigami")


@pytest.fixture(scope="module")
def a_network():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
    return Problem.of(network, InputSpace.uniform({name: (0, 1) for name in "abc"}))


def test_needs_follow_from_parameters():
    assert estimators.load("sobol", second_order=True).needs.cost(3, 1, 1) == 8
    assert estimators.load("permutation", repeats=2).needs.cost(3, 1, 1) == 7
    assert estimators.load("rbd_fast", harmonics=3).needs.minimum_rows == 14
    assert estimators.load("pawn", slices=4).needs.minimum_rows == 12
