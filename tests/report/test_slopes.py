"""Slopes at the rows: what is drawn and said is the derivative, known in closed form."""

import pickle

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.errors import InputError
from sensbench.report import figures
from sensbench.report.figures.slopes import Slopes, swarm
from sensbench.report.sections import blocks


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.uniform(-1, 1, size=(1500, 2)), columns=["bent", "straight"])
    X["code"] = rng.integers(0, 3, 1500)

    def model(x):
        return x[:, 0] ** 2 - x[:, 1] + 0.1 * x[:, 2]

    return sb.compare(model, X, budget=2000, outputs=["heat"])


def test_the_data_are_the_derivatives(comparison):
    table = Slopes().data(comparison.results)
    assert set(table["feature"]) == {"bent", "straight"}
    bent = table[table["feature"] == "bent"]
    assert len(bent) == 1000
    np.testing.assert_allclose(bent["slope"], 2 * bent["value"], rtol=1e-6)
    np.testing.assert_allclose(table.loc[table["feature"] == "straight", "slope"], -1, rtol=1e-6)
    one = table[table["feature"] == "straight"]["slope_standardised"].unique()
    # Var y = 4/45 + 1/3 + 0.01 · 2/3, Var of an input 1/3; the sample's are within some per cent
    known = -np.sqrt((1 / 3) / (4 / 45 + 1 / 3 + 0.01 * 2 / 3))
    np.testing.assert_allclose(one, known, rtol=0.06)


def test_what_is_drawn_is_the_data(comparison):
    table = Slopes().data(comparison.results)
    figure = comparison.plot("slopes")
    ax = figure.axes[0]
    names = [t.get_text() for t in ax.get_yticklabels()]
    assert names == ["straight", "bent"]  # in the order of the page
    for name, marks in zip(names, ax.collections, strict=True):
        drawn = np.sort(np.asarray(marks.get_offsets())[:, 0])
        expected = table.loc[table["feature"] == name, "slope_standardised"]
        np.testing.assert_allclose(drawn, np.sort(expected))
    bent = ax.collections[1]
    x, colour = np.asarray(bent.get_offsets())[:, 0], np.asarray(bent.get_array())
    # the slope 2x rises with x, and colour is the rank of x
    assert (np.diff(colour[np.argsort(x)]) >= 0).all()
    said = figure.get_supxlabel()
    assert "1,000 of the 1,500 rows, at random: 2,000 rows through the model" in said
    assert "no derivative: code" in said


def test_the_words_have_the_numbers(comparison):
    said = Slopes().alt(comparison.results)
    table = Slopes().data(comparison.results)
    bent = table.loc[table["feature"] == "bent", "slope_standardised"]
    assert f"bent from −{-bent.min():.1f} to {bent.max():.1f}, median" in said
    assert f"below 0 in {100 * (bent < 0).mean():.0f} % of the rows" in said
    assert "below 0 in 100 % of the rows" in said


def test_only_so_many_inputs_as_asked_for(comparison):
    one = figures.load("slopes", max_display=1)
    figure = one.drawn(comparison.results)
    assert len(figure.axes[0].get_yticks()) == 1
    assert "1 more input of a smaller mean share not shown" in figure.get_supxlabel()
    with pytest.raises(InputError, match="max_display of 1 or more"):
        figures.load("slopes", max_display=0)


def test_far_slopes_stand_at_the_edge_with_their_number():
    x = np.linspace(-1, 1, 1001)
    X = np.stack([x, np.roll(x, 300)], axis=1)

    def model(z):
        # a step 0.004 wide around 0.0005, 100 times as steep as anywhere else
        return z[:, 0] + z[:, 1] + 0.3 * ((z[:, 0] - 0.0005) / 0.0005).tanh()

    comparison = sb.compare(model, X, budget=2000)
    slopes = comparison.results.effects[next(iter(comparison.results.questions))].slopes
    ax = comparison.plot("slopes").axes[0]
    left, right = ax.get_xlim()
    edge = right - 0.03 / 1.06 * (right - left)  # of the axis without its pad
    beyond = int((slopes.standardised[:, 0, 0] > edge + 1e-9).sum())
    assert 0 < beyond <= 5
    assert [t.get_text() for t in ax.texts] == [str(beyond)]


def test_marks_of_a_swarm_stand_apart():
    x = np.repeat([0.1, 0.5, 0.9], [1, 40, 3])
    height = swarm(x, 0.0, 1.0)
    assert height[0] == 0
    assert len(np.unique(height[1:41])) == 40
    np.testing.assert_allclose(height[1:41].sum(), 0, atol=1e-12)
    assert np.abs(height).max() == 1


def test_a_comparison_from_a_file_says_what_is_missing(comparison, tmp_path):
    again = pickle.loads(pickle.dumps(comparison))
    assert again.results.effects == {}
    with pytest.raises(InputError, match=r"needs the model itself.*compare and sensbench analyze"):
        again.plot("slopes")
    assert "effects" not in [block.name for block in blocks(again.results)]
    assert "effects" in [block.name for block in blocks(comparison.results)]


def test_no_derivative_is_said():
    X = pd.DataFrame({"a": [0, 1, 2] * 40, "b": [0, 0, 1, 1] * 30})
    comparison = sb.compare(lambda x: x.sum(1), X, estimators=["permutation", "sobol"], budget=1000)
    with pytest.raises(InputError, match="an input of continuous values; none has a derivative"):
        comparison.plot("slopes")
