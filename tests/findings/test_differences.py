"""Slopes against variances: by what measures are, not by what they are called."""

import pytest

from sensbench.findings import Cause
from sensbench.findings.consensus import headline_shares
from sensbench.findings.differences import inputs, prediction, slopes_and_variances
from sensbench.findings.interactions import linear
from sensbench.report.wording import sentences

from .conftest import made_up

PATH = made_up("path_gradient", "derivative", variance_power=2)
BLUNT = made_up("blunt_slope", "derivative", variance_power=0)
SPLIT = made_up("fair_share", "variance", variance_power=1)
STEP = made_up("leap", "screening", variance_power=2)
MEAN = made_up("path_mean", "derivative", variance_power=2, signed=True)
SIZE = made_up("path_size", "derivative", variance_power=2)
ALL = [PATH, BLUNT, SPLIT, STEP, MEAN, SIZE]

# Squares: shares of 0.8 and 0.2
STEEP = {"a": (0.8**0.5, 0.01), "b": (0.2**0.5, 0.01)}
GENTLE = {"a": 0.4, "b": 0.6}


def differ(results):
    return slopes_and_variances(results, "y", headline_shares(results))


def test_measures_that_nobody_knows_take_part_by_their_family(by_hand):
    results = by_hand(
        {"paths": {"path_gradient": STEEP}, "fair": {"fair_share": GENTLE}}, measures=ALL
    )
    (found,) = differ(results)
    assert (found.cause, found.output, found.features) == (Cause.SLOPES_AND_VARIANCES, "y", ("a",))
    assert found.methods == ("paths", "fair")
    assert found.of("kind", found.methods) == ["slopes", "variances"]
    assert found.number("share by slopes") == pytest.approx(0.8)
    assert found.number("share by variances") == pytest.approx(0.4)
    assert (found.text("larger by"), found.sure) == ("slopes", True)
    assert any(
        said.startswith("a gets a larger share from paths than from fair (0.80 against 0.40)")
        for said in sentences(results)
    )


@pytest.mark.parametrize("name", ["blunt_slope", "leap"])
def test_a_measure_that_is_no_slope_on_that_scale_does_not(by_hand, name):
    results = by_hand({"paths": {name: STEEP}, "fair": {"fair_share": GENTLE}}, measures=ALL)
    assert differ(results) == []


def test_finite_steps_are_named_where_they_side_with_the_slopes(by_hand):
    numbers = {"paths": {"path_gradient": STEEP}, "fair": {"fair_share": GENTLE}}
    near = {"a": (0.7**0.5, 0.01), "b": (0.3**0.5, 0.01)}
    (found,) = differ(by_hand({**numbers, "leaps": {"leap": near}}, measures=ALL))
    assert found.methods == ("paths", "leaps", "fair")
    assert found.number("share by slopes") == pytest.approx(0.75)
    far = {"a": (0.5**0.5, 0.01), "b": (0.5**0.5, 0.01)}
    (found,) = differ(by_hand({**numbers, "leaps": {"leap": far}}, measures=ALL))
    assert found.methods == ("paths", "fair")


def test_nothing_where_intervals_overlap(by_hand):
    wide = {f: (value, 0.5) for f, (value, _) in STEEP.items()}
    close = {f: (value, 0.3) for f, value in GENTLE.items()}
    results = by_hand(
        {"paths": {"path_gradient": wide}, "fair": {"fair_share": close}}, measures=ALL
    )
    assert differ(results) == []


def test_three_moments_that_are_equal_say_that_slopes_do_not_vary(by_hand):
    fair = {"fair": {"fair_share": GENTLE}}
    signed = {"a": (-(0.8**0.5), 0.01), "b": (0.2**0.5, 0.01)}
    same = {"path_gradient": STEEP, "path_mean": signed, "path_size": STEEP}
    assert linear(by_hand({"paths": same, **fair}, measures=ALL), "y")
    # 1.1² - 1 = 0.21 of the mean square is from slopes that vary
    varying = {f: (1.1 * value, half) for f, (value, half) in STEEP.items()}
    bent = {**same, "path_size": varying}
    assert not linear(by_hand({"paths": bent, **fair}, measures=ALL), "y")
    # of two moments only, any monotonic effect has the same
    two = {"path_gradient": STEEP, "path_mean": signed}
    assert not linear(by_hand({"paths": two, **fair}, measures=ALL), "y")
    assert differ(by_hand({"paths": same, **fair}, measures=ALL)) == []
    assert len(differ(by_hand({"paths": two, **fair}, measures=ALL))) == 1


def test_a_poor_prediction_is_another_question(by_hand):
    numbers = {
        "paths": {"path_gradient": STEEP},
        "shuffle": {"permutation_total_order": {"a": 0.1, "b": 0.9}},
    }
    covers = {"shuffle": "sampling, targets"}
    results = by_hand(numbers, measures=ALL, covers=covers, r2=0.6)
    (found,) = prediction(results, "y", headline_shares(results))
    assert (found.cause, found.features, found.methods) == (
        Cause.PREDICTION, ("a",), ("shuffle",),
    )  # fmt: skip
    assert found.number("share") == pytest.approx(0.1)
    assert found.number("mean share of others") == pytest.approx(0.8)
    assert (found.number("r2"), found.sure) == (0.6, True)
    assert differ(results) == []
    good = by_hand(numbers, measures=ALL, covers=covers, r2=0.95)
    assert prediction(good, "y", headline_shares(good)) == []
    assert len(differ(good)) == 1


def test_methods_that_saw_other_inputs_are_named(by_hand):
    results = by_hand({"one": {"total_order": GENTLE}, "two": {"total_order": GENTLE}})
    shares = headline_shares(results)
    assert inputs(results, "y", shares) == []
    results.cells.loc[1, "inputs"] = "draws"
    rows, draws = inputs(results, "y", shares)
    assert (rows.methods, rows.text("inputs")) == (("one",), "rows")
    assert (draws.methods, draws.text("inputs")) == (("two",), "draws")
