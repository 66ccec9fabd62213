"""The answer first: per output a verdict, a figure, and what qualifies it."""

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.report.answer import MOST_OUTPUTS, answers
from sensbench.report.rendering import Wanted, pictures
from sensbench.report.text import linked
from sensbench.report.wording import words


def compared(function, X, **options):
    return sb.compare(function, X, budget=4000, **options)


def two(x):
    return np.stack([3 * x[:, 0] + x[:, 1], x[:, 2] - x[:, 1] + 0.1 * x[:, 0]], axis=1)


@pytest.fixture(scope="module")
def comparison():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 8)), columns=list("abcdefgh"))
    return compared(two, X, outputs=["price", "heat"], derivatives="finite-difference")


@pytest.mark.slow
def test_the_verdict_comes_first_for_every_output(comparison, tmp_path):
    given = answers(comparison.results)
    assert [answer.output for answer in given.outputs] == ["price", "heat"]
    assert list(given.outputs[0].lines) == words(comparison.verdict("price").lines)
    text = comparison.report(tmp_path / "page.html").read_text("utf-8")
    first, figure, rest = (
        text.index(part)
        for part in ('class="verdict"', 'aria-label="Importance for price"', "All that the results")
    )
    assert first < figure < rest
    assert "<b>" not in given.outputs[0].alt
    assert given.outputs[0].alt.startswith("Share of importance by method")


def test_only_the_first_inputs_are_drawn_and_the_rest_is_counted(comparison):
    answer = answers(comparison.results).outputs[0]
    (picture,) = pictures([Wanted("answer", answer.drawing)]).values()
    assert picture.image.startswith("data:image/svg+xml;base64,")
    assert picture.width < 600


def test_what_holds_for_all_outputs_is_said_once(rng):
    a = rng.normal(size=500)
    X = np.stack([a, a + 0.1 * rng.normal(size=500), rng.normal(size=500)], axis=1)
    with pytest.warns(sb.errors.CorrelatedInputsWarning):
        results = compared(two, X, derivatives="finite-difference").results
    given = answers(results)
    assert [row.label for row in given.shared] == ["Dependence"]
    assert given.shared[0].weakens
    said = set(given.shared[0].texts)
    assert not any(said & set(row.texts) for answer in given.outputs for row in answer.rows)


def test_a_row_does_not_repeat_the_verdict(comparison):
    for answer in answers(comparison.results).outputs:
        for row in answer.rows:
            assert not set(row.texts) & set(answer.lines)


def test_of_many_outputs_a_table_says_it(rng):
    X = rng.normal(size=(300, 3))
    weights = rng.normal(size=(3, MOST_OUTPUTS + 1))
    results = compared(lambda x: x @ weights, X, estimators="morris").results
    assert not answers(results).outputs


def test_dois_are_links_also_those_with_brackets():
    html = str(
        linked("Harrison 1978, doi:10.1016/0095-0696(78)90006-2; <b> doi:10.1137/130936233.")
    )
    assert 'href="https://doi.org/10.1016/0095-0696(78)90006-2"' in html
    assert 'href="https://doi.org/10.1137/130936233">doi:10.1137/130936233</a>.' in html
    assert "&lt;b&gt;" in html
