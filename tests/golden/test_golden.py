"""Every number of the golden record, as it is today; ``make.py`` says how and when it is changed.

``SENSBENCH_GOLDEN=exact`` asks for the very bits, and for the full studies, on the machine that the
record was made on; without it numbers may differ by rounding.
"""

import os
import warnings

import pytest

from sensbench.errors import CorrelatedInputsWarning

from .record import Key, Record, differences, of_cases, of_studies, other_words, read, write

EXACT = os.environ.get("SENSBENCH_GOLDEN") == "exact"
_SHOWN = 40


@pytest.fixture(scope="module")
def recorded():
    return read()


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        record = of_cases()
        record.add(of_studies(tmp_path_factory.mktemp("golden"), small=True))
    return record


def require_none(said, what):
    if said:
        more = [f"… and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
        told = "\n".join([*said[:_SHOWN], *more])
        pytest.fail(f"{len(said)} {what} (see tests/golden/make.py):\n{told}", pytrace=False)


@pytest.mark.slow
def test_the_numbers_are_those_recorded(recorded, found):
    require_none(differences(recorded.part(full=False), found, exact=EXACT), "other numbers")


@pytest.mark.slow
def test_the_words_are_those_recorded(recorded, found):
    require_none(other_words(recorded.part(full=False), found), "other notes or reasons")


@pytest.mark.skipif(not EXACT, reason="training ends elsewhere on other machines")
def test_the_full_studies_are_those_recorded(recorded, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        whole, old = of_studies(tmp_path, small=False), recorded.part(full=True)
    require_none(differences(old, whole, exact=True), "other numbers")
    require_none(other_words(old, whole), "other notes or reasons")


def test_every_method_has_numbers_and_a_problem_for_each_kind_of_input(recorded):
    methods = {key.method.partition("(")[0] for key in recorded.numbers}
    assert methods >= {
        "gradient", "sobol", "sobol_salib", "morris", "permutation", "delta", "rbd_fast", "pawn",
    }  # fmt: skip
    said = {text for texts in recorded.words.values() for text in texts}
    assert {"the product of the marginals", "the 300 data rows"} <= said


def test_a_record_is_read_as_written_and_differences_say_where(tmp_path):
    at = Key("p", "m", "total_order", "y", "a", "b")
    old = Record(
        {at: (0.1, float("nan"), 3e300), at._replace(partner=""): (1.0, 0.5, float("inf"))},
        {at._replace(measure="notes"): ('one, "two"', "="), at._replace(output=""): ("",)},
    )
    write(old, tmp_path / "record.csv")
    assert str(read(tmp_path / "record.csv")) == str(old)
    numbers = {at: (0.1 + 1e-15, float("nan"), 3e300), at._replace(feature="c"): (1.0, 1.0, 1.0)}
    new = Record(numbers, {at._replace(output=""): ("why",)})
    said = differences(old, new, exact=True)
    assert said[0] == "p / m / total_order / y / a: is gone"
    assert said[1] == "p / m / total_order / y / c × b: is new"
    assert said[2] == "p / m / total_order / y / a × b, value: was 0.1, is 0.100000000000001"
    assert len(differences(old, new, exact=False)) == 2
    assert "is  ['why']" in other_words(old, new)[-1]
