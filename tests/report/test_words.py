import io
import re

import pytest
from rich.console import Console

from sensbench.report.summary import sentences
from sensbench.report.tables import derivative_table, tables
from sensbench.report.terminal import render
from sensbench.report.text import (
    in_figure,
    interval,
    listed,
    number,
    plain_symbol,
    short_names,
    symbol_html,
)


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
    assert "x1 (by sobol and permutation)" in said
    assert "the former measure slopes, the latter variance" in said
    assert re.search(r"x3 \(S₁ −?0\.0\d*, S_T 0\.24\) almost only in this way", said)
    assert "Rises and falls cancel for x1, x2 and x3" in said
    assert "Distance from the exact values of each method's own measure: gradient" in said


def test_summary_of_a_linear_model(linear_results):
    lift, drag = sentences(linear_results)
    assert lift.startswith("Output lift: angle (0.40) matters most")
    assert "No effect visible: slope" in lift
    assert "Effects add up" in lift
    assert "All put angle first" in drag
    assert "Negligible: depth and slope" in drag


def test_summary_warns_of_a_poor_network_first(correlated_results):
    said = sentences(correlated_results)
    assert said[0].startswith("plant predicts yield (R² 0.41) on rows it was not")
    assert said[1].startswith("Read with care: less than half of the variation of yield")
    assert any("used the 300 data rows" in sentence for sentence in said)


def test_derivatives_have_signs_and_units(linear_results):
    shown = derivative_table(linear_results).shown.set_index("input")
    assert shown.loc["angle", "∂lift/∂x"] == "−0.200 N/°"
    assert shown.loc["pressure", "∂drag/∂x"] == "+0.00200 N/Pa"
    assert shown.loc["slope", "∂drag/∂x"] == "−90.0"


def test_tables_hold_the_numbers_themselves(ishigami_results):
    found = {table.name: table for table in tables(ishigami_results)}
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
