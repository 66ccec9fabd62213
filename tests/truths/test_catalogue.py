"""The catalogue that `sensbench list problems` reads is what the problems say of themselves."""

import pytest

from sensbench import problems
from sensbench.errors import InputError
from sensbench.truths import catalogue


@pytest.mark.parametrize("name", problems.names())
def test_up_to_date(name):
    kept = catalogue.read()
    try:
        problem = problems.load(name)
    except InputError:  # needs a file, a package or a network
        return
    assert kept.get(name) == catalogue.entry(problem), "run python -m experiments.catalogue"


def test_nothing_else_is_listed():
    assert set(catalogue.read()) <= set(problems.names())
