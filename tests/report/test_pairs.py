"""Pairs of inputs: Ishigami's S_13 is known, the others are 0."""

from math import pi

import numpy as np
import pytest

import sensbench as sb
from sensbench import estimators
from sensbench.errors import InputError
from sensbench.report.figures.pairs import Pairs

# V13/V of Ishigami's function with a = 7, b = 0.1
V13 = 0.1**2 * pi**8 * 8 / 225
S13 = V13 / (0.5 * (1 + 0.1 * pi**4 / 5) ** 2 + 7**2 / 8 + V13)


@pytest.fixture(scope="module")
def comparison():
    sobol = estimators.load("sobol", second_order=True)
    return sb.compare(sb.problems.load("ishigami"), estimators=[sobol], budget=30_000)


def test_the_cells_are_the_second_order_indices(comparison):
    figure = comparison.plot("pairs")
    ax = figure.axes[0]
    rows = [t.get_text() for t in ax.get_yticklabels()]
    columns = [t.get_text() for t in ax.get_xticklabels()]
    cells = np.ma.filled(ax.collections[0].get_array().reshape(2, 2), np.nan)
    known = {frozenset(("x1", "x3")): S13}
    seen = {}
    for i, row in enumerate(rows):
        for j in range(i + 1):
            pair = frozenset((row, columns[j]))
            seen[pair] = cells[i, j]
            assert cells[i, j] == pytest.approx(known.get(pair, 0.0), abs=0.03)
    assert len(seen) == 3
    assert np.isnan(cells[0, 1])
    table = Pairs().data(comparison.results)
    assert {frozenset((r.feature, r.partner)): abs(r.value) for r in table.itertuples()} == seen
    bold = [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"]
    assert bold == [f"{seen[frozenset(('x1', 'x3'))]:.2f}"]
    assert figure.axes[1].get_ylabel() == "$S_{ij}$"


def test_the_words_have_the_numbers(comparison):
    said = Pairs().alt(comparison.results)
    assert "y: x1 and x3 0.2" in said
    assert "2 pairs not clear of 0" in said


def test_without_pairs_it_says_what_to_do():
    comparison = sb.compare(sb.problems.load("ishigami"), estimators=["sobol"], budget=500)
    with pytest.raises(InputError, match="pairs of inputs; sobol does with second_order=True"):
        comparison.plot("pairs")


def test_of_many_inputs_those_in_the_strongest_pairs():
    weights = np.zeros((20, 20))
    weights[3, 17], weights[5, 6] = 2.0, 1.0

    def model(x):
        return ((x @ x.new_tensor(weights)) * x).sum(1) + 0.1 * x.sum(1)

    space = sb.InputSpace.uniform({f"x{i}": (-1, 1) for i in range(20)})
    sobol = estimators.load("sobol", second_order=True)
    comparison = sb.compare(model, space=space, estimators=[sobol], budget=6000)
    figure = comparison.plot("pairs")
    names = {t.get_text() for t in (*figure.axes[0].get_yticklabels(),
                                    *figure.axes[0].get_xticklabels())}  # fmt: skip
    assert {"x3", "x17", "x5", "x6"} <= names
    assert len(names) <= 12
    assert "inputs in weaker pairs alone not shown" in figure.get_supxlabel()
