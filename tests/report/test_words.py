import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sensbench.findings.consensus import first_places
from sensbench.findings.order import order
from sensbench.metrics.ranks import shares
from sensbench.model.quality import Quality
from sensbench.report.figures.importance import Importance
from sensbench.report.sections import blocks
from sensbench.report.tables.derivatives import derivative_table
from sensbench.report.tables.quality import quality_table
from sensbench.report.terminal import render
from sensbench.report.text import (
    breakable,
    fit,
    in_figure,
    interval,
    listed,
    moment,
    number,
    plain_symbol,
    short_names,
    symbol_html,
)
from sensbench.report.wording import sentences, words


def headline(**methods):
    frames = [
        pd.DataFrame(
            {
                "problem": "p",
                "model": "m",
                "estimator": method,
                "measure": "total_order",
                "output": "y",
                "feature": list("abc"),
                "partner": "",
                "value": values,
                "low": np.array(values) - 0.01,
                "high": np.array(values) + 0.01,
            }
        )
        for method, values in methods.items()
    ]
    return pd.concat(frames, ignore_index=True)


def ordered(frame):
    return " ".join(words(order(frame, "y")))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5576, "0.558"), (12345.6, "12,346"), (1e-7, "1.00e−07"), (-3.2, "−3.20"), (0.0, "0")],
)
def test_number(value, text):
    assert number(value) == text


def test_not_a_number():
    assert number(float("nan")) == "n/a"
    assert interval(float("nan"), 0.0, 1.0) == "n/a"


def test_interval_shows_what_its_width_supports():
    assert interval(0.5576, 0.491, 0.622) == "0.56 [0.49, 0.62]"
    assert interval(3.0, 3.0, 3.0) == "3.00"
    assert interval(-0.001, -0.2, 0.2) == "0.0 [−0.2, 0.2]"


def test_listed():
    assert listed(["a"]) == "a"
    assert listed("abc") == "a, b and c"
    assert listed("abcd", most=3) == "a, b and 2 more"


def test_short_names_stay_distinct():
    names = ["a" * 40 + str(i) + "b" * 40 for i in range(30)]
    short = short_names(names, 20)
    assert len(set(short.values())) == 30
    assert max(map(len, short.values())) <= 20


def test_dollars_are_not_mathematics():
    assert in_figure("$a$") == r"\$a\$"


def test_symbols():
    assert symbol_html(r"$S_{ij}$ <x>") == "S<sub>ij</sub> &lt;x&gt;"
    assert plain_symbol(r"rms $\partial y/\partial x\cdot\sigma_x$") == "rms ∂y/∂x·σ_x"


def test_summary_of_ishigami(ishigami_results):
    said = " ".join(sentences(ishigami_results))
    assert said.startswith("First place is not settled, and intervals contradict each other: ")
    assert "x1 by sobol (morris and permutation do not tell)" in said
    assert "By exact total-order indices: x1 (0.56) > x2 (0.44) > x3 (0.24)." in said
    assert "the former measure slopes, the latter variance" in said
    assert re.search(r"x3 \(S₁ −?0\.0\d*, S_T 0\.24\) almost only in this way", said)
    assert "Rises and falls cancel for x1, x2 and x3" in said
    assert "Distance from the exact values of each method's own measure: gradient" in said


def test_summary_of_a_linear_model(linear_results):
    lift, drag = sentences(linear_results)
    # two inputs alike
    assert "angle (0.39), pressure (0.38), depth (0.23)" in lift
    assert "no majority of intervals tells angle and pressure apart" in lift
    assert "No effect visible: slope" in lift
    assert "angle first, by all 4 methods" in drag
    assert "Negligible: depth and slope" in drag


def test_summary_warns_of_a_poor_network_first(correlated_results):
    said = sentences(correlated_results)
    assert said[0].startswith("plant predicts yield (R² 0.41) on rows it was not")
    assert said[1].startswith("Read with care: less than half of the variation of yield")
    assert any("used the 300 data rows" in sentence for sentence in said)


def judged(results, **quality):
    """The same results of a network of that quality."""
    questions = {
        key: replace(q, quality={q.outputs[0]: Quality(**quality)}, judged_on="unseen rows")
        for key, q in results.questions.items()
    }
    return replace(results, questions=questions)


def test_summary_warns_of_slopes_that_do_not_fit(ishigami_results):
    crooked = sentences(judged(ishigami_results, r2=0.97, rmse=0.6, gradient_error=0.381))
    assert crooked[0].endswith("predicts y (R² 0.97, gradient error 38 %) on unseen rows.")
    assert crooked[1].startswith("The values of y fit better than their slopes")
    fine = sentences(judged(ishigami_results, r2=0.97, rmse=0.6, gradient_error=0.12))
    assert not any("slopes: what derivatives" in sentence for sentence in fine)
    poor = sentences(judged(ishigami_results, r2=0.2, rmse=3.0, gradient_error=0.9))
    assert poor[1].startswith("Read with care")
    assert not any("slopes: what derivatives" in sentence for sentence in poor)


def test_quality_table(ishigami_results, correlated_results, linear_results):
    table = quality_table(judged(ishigami_results, r2=0.9971, rmse=0.2091, gradient_error=0.132))
    assert table.shown.to_dict("records") == [
        {"output": "y", "R²": "0.997", "RMSE": "0.209", "gradient error": "13 %"}
    ]
    assert table.note.startswith("On unseen rows.")
    assert table.data["gradient_error"].tolist() == [0.132]
    lift = quality_table(judged(linear_results, r2=0.9, rmse=0.25))
    assert lift.shown.to_dict("records") == [{"output": "lift", "R²": "0.90", "RMSE": "0.250 N"}]
    first_files = quality_table(judged(ishigami_results, r2=0.9))
    assert first_files.shown["RMSE"].tolist() == ["n/a"]
    assert quality_table(ishigami_results) is None
    assert "gradient error" not in quality_table(correlated_results).shown


def test_derivatives_have_signs_and_units(linear_results):
    shown = derivative_table(linear_results).shown.set_index("input")
    assert shown.loc["angle", "∂lift/∂x"] == "−0.200 N/°"
    assert shown.loc["pressure", "∂drag/∂x"] == "+0.00200 N/Pa"
    assert shown.loc["slope", "∂drag/∂x"] == "−90.0"


def test_tables_hold_the_numbers_themselves(ishigami_results):
    found = {table.name: table for block in blocks(ishigami_results) for table in block.tables}
    assert set(found) >= {"importance-1", "derivatives", "agreement", "accuracy", "costs"}
    assert {"value", "low", "high", "rank", "share"} <= set(found["importance-1"].data)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", ["ishigami", "linear", "correlated", "nasty", "five", "empty"])
def test_terminal(request, name, width):
    results = request.getfixturevalue(f"{name}_results")
    stream = io.StringIO()
    Console(width=width, file=stream).print(render(results))
    text = stream.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "Costs" in text
    if name != "empty":
        assert "Importance for" in text
        assert "#1" in text
        assert "Spearman" in text
        assert "…" not in text or name == "nasty"


@pytest.mark.parametrize(
    ("r2", "text"), [(0.9989, "0.999"), (1.0, "1.00"), (0.1, "0.10"), (0.994, "0.99")]
)
def test_a_fit_below_1_is_not_rounded_to_1(r2, text):
    assert fit(r2) == text
    assert fit(1 - 1e-12) == "above 0.9999"


def test_moment():
    assert moment("2026-11-23T03:17:42+00:00") == "2026-11-23 03:17 UTC"
    assert moment("yesterday") == "yesterday"


def test_targets_that_the_model_does_not_predict(unrelated_results):
    said = " ".join(sentences(unrelated_results))
    assert "the former measure slopes" not in said
    assert "permutation: no visible importance" in said
    assert "does not worsen a prediction that is not good (R² −" in said
    assert "x1 first, by " in said
    limits = Importance().drawn(unrelated_results).axes[0].get_xlim()
    assert limits[0] > -0.5
    assert limits[1] < 1.5


def test_constant_targets_are_told(constant_results):
    said = " ".join(sentences(constant_results))
    assert "permutation: no value, because the targets y are constant" in said
    assert "Only x1" not in said


def test_only_is_said_where_all_others_are_about_0():
    frame = headline(a=[1.0, 0.0, 0.002], b=[0.98, -0.004, 0.001])
    assert ordered(shares(frame)).startswith("a alone rises above the noise floor.")
    frame = headline(a=[1.0, 0.0, 0.0], b=[0.7, 0.3, 0.0])
    assert not ordered(shares(frame)).startswith("a alone")


def test_a_method_that_ranks_some_inputs_has_no_say_in_the_first_place():
    found = shares(headline(a=[0.6, 0.3, 0.1], b=[0.5, 0.4, 0.1], part=[np.nan, 0.9, 0.1]))
    assert first_places(found) == {"a": ["a"], "b": ["a"]}
    different = shares(headline(a=[0.6, 0.3, 0.1], b=[0.4, 0.5, 0.1]))
    assert ordered(different).startswith("First place is not settled")


@pytest.mark.parametrize(("r2", "poor"), [(0.49, True), (0.5, False), (0.51, False)])
def test_less_than_half_of_the_variation_is_a_poor_model(ishigami_results, r2, poor):
    said = sentences(judged(ishigami_results, r2=r2, rmse=1.0))
    assert said[1].startswith("Read with care: less than half") == poor


@pytest.mark.parametrize(("error", "crooked"), [(0.29, False), (0.31, True)])
def test_slopes_that_are_off_by_three_tenths_are_told(ishigami_results, error, crooked):
    said = sentences(judged(ishigami_results, r2=0.97, rmse=0.6, gradient_error=error))
    assert said[1].startswith("The values of y fit better than their slopes") == crooked


@pytest.mark.parametrize("name", ["ishigami", "correlated", "unrelated", "constant"])
def test_results_that_do_not_know_what_intervals_cover_say_the_same(request, name):
    results = request.getfixturevalue(f"{name}_results")
    old = results.frame.assign(level=np.nan, interval="", covers="")
    assert sentences(replace(results, frame=old)) == sentences(results)


def test_names_break_before_a_bracket_and_are_escaped():
    assert breakable("ishigami: mlp(width=8, <b>)") == (
        "ishigami: mlp<wbr>(width=8,<wbr> &lt;b&gt;)"
    )
