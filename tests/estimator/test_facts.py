"""What an interval and needs may be, and how a cost is counted."""

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"level": 1.0}, "a level between 0 and 1"),
        ({"method": ""}, "a method in words"),
        ({"resamples": -3}, "resamples as None, or 2 or more"),
    ],
)
def test_an_interval_that_cannot_be_is_refused(given, expected):
    right = {"level": 0.95, "method": "bootstrap", "covers": frozenset({"design"})}
    assert sb.Interval(**right).sources == "design"
    with pytest.raises(InputError, match=expected):
        sb.Interval(**{**right, **given})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"minimum_rows": 0}, "minimum_rows as a whole number"),
    ],
)
def test_needs_that_cannot_be_are_refused(given, expected):
    with pytest.raises(InputError, match=expected):
        sb.Needs(**{"rows": "given", **given})


def test_costs_are_counted_and_written():
    cost = sb.Cost(1, per_feature=2, per_output=3, extra=5)
    assert cost(10, 2, 100) == 100 * (1 + 20 + 6) + 5
    assert str(cost) == "n(2d + 3o + 1) + 5"


def test_notes_of_many_outputs_are_one_sentence():
    problem = sb.Problem.of(
        lambda x: (x[:, :1] * np.arange(1, 21)) ** 9 + x[:, 1:2],
        sb.InputSpace.of({"a": stats.norm(), "b": (0, 1)}),
        name="heavy",
    )
    result = sb.estimators.load("permutation").estimate(problem, budget=2200)
    notes = [note for note in result.notes if "rows decide" in note or "no interval" in note]
    assert len(notes) == 1
    assert "20 outputs by 'a'" in notes[0]


@pytest.mark.parametrize(
    ("name", "measure", "exact"),
    [("gradient", "derivative_abs", 0.3), ("morris", "mu_star", 0.6), ("radial", "radial_mu", 0.6)],
)
def test_what_does_not_vary_has_ends_that_allow_for_rounding(name, measure, exact):
    problem = sb.Problem.of(
        lambda x: 0.3 * x[:, 0] + torch.sin(3 * x[:, 1]),
        sb.InputSpace.of({"a": (-1, 1), "b": (-1, 1)}),
    )
    result = sb.estimators.load(name).estimate(problem, budget=600, seed=0)
    item = result[measure]
    assert item.low[0, 0] <= exact <= item.high[0, 0]
    assert item.high[0, 0] - item.low[0, 0] < 1e-10
