"""What an interval and needs may be, and how a cost is counted."""

import numpy as np
import pytest
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
