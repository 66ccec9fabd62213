from collections import OrderedDict
from importlib.metadata import EntryPoint

import pytest

import sensbench as sb
from sensbench.errors import InputError, UnknownNameError


@pytest.mark.parametrize("room", [sb.estimators, sb.problems, sb.networks])
def test_every_file_is_a_plug_in_with_a_summary(room):
    for name in room.names():
        assert callable(room.registry.get(name))
        assert len(room.registry.summary(name)) > 20


def test_the_four_are_there():
    assert {"gradient", "sobol", "morris", "permutation"} <= set(sb.estimators.names())
    assert {"ishigami", "sobol_g", "linregnet", "diabetes", "table"} <= set(sb.problems.names())


def test_names_and_parameters_that_are_not_there_are_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'permutation'"):
        sb.estimators.load("permutaton")
    with pytest.raises(UnknownNameError, match="did you mean 'resamples'"):
        sb.estimators.load("sobol", resample=3)
    with pytest.raises(InputError, match="expected path="):
        sb.problems.load("table")


def test_other_packages_take_part_through_entry_points(monkeypatch):
    entry = EntryPoint("mine", "collections:OrderedDict", "sensbench.problems")
    monkeypatch.setattr("sensbench.registry.entry_points", lambda group: [entry])
    assert "mine" in sb.problems.names()
    assert sb.problems.registry.get("mine") is OrderedDict
    assert sb.problems.registry.summary("mine") == ""
