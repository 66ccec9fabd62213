"""Many outputs of one model: the numbers of the summary by hand, and that nothing explodes."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from scipy import stats

import sensbench as sb
from sensbench.findings.over_outputs import DIFFERENT, TYPICAL, in_detail, over_outputs
from sensbench.metrics.agreement import agreement
from sensbench.report import plot, write_report
from sensbench.report.figure import Omitted
from sensbench.report.figures.outputs import Outputs
from sensbench.report.tables.outputs import Outputs as OutputTables
from sensbench.report.terminal import render
from sensbench.report.wording import sentences

# Uniform inputs on [-1, 1]: of a linear model, every method's shares are weight² over their sum.
WEIGHTS = np.array(
    [
        [3.0, 4.0, 0.0],  # 0.36, 0.64, 0
        [4.0, 3.0, 0.0],
        [4.0, 3.0, 0.0],
        [4.0, 3.0, 0.0],
        [4.0, 3.0, 0.0],
        [4.0, 3.0, 0.0],
        [4.0, 3.0, 0.0],
        [0.0, 0.0, 2.0],  # 0, 0, 1
    ]
)
SHARES = WEIGHTS**2 / (WEIGHTS**2).sum(axis=1, keepdims=True)
# Shares by Morris and gradient of a linear model are exact; σ_y of their own rows drops out.
EXACT = ("gradient", "morris")


def linear(weights, names=None, outputs=None, name="linear"):
    d = weights.shape[1]
    names = names or [f"x{i + 1}" for i in range(d)]
    matrix = torch.from_numpy(weights).T
    return sb.Problem.of(
        lambda x: x @ matrix.to(x.dtype),
        sb.InputSpace.of(dict.fromkeys(names, (-1, 1))),
        name=name,
        outputs=outputs or [f"y{k + 1}" for k in range(len(weights))],
    )


def asked(problem, names=EXACT, budget=2000):
    return sb.compare(problem, estimators=list(names), budget=budget).results


@pytest.fixture(scope="module")
def eight():
    return asked(linear(WEIGHTS))


def text_of(results, width=100):
    stream = io.StringIO()
    Console(width=width, file=stream).print(render(results))
    return stream.getvalue()


def test_the_shares_over_the_outputs_are_those_of_the_linear_model(eight):
    over = over_outputs(eight)
    # By mean share: x1 0.53, x2 0.35, x3 0.125
    assert over.inputs.index.tolist() == ["x1", "x2", "x3"]
    np.testing.assert_allclose(over.profiles.to_numpy(), SHARES, atol=1e-5)
    table = over.inputs
    np.testing.assert_allclose(table["mean"], [(0.36 + 6 * 0.64) / 8, (0.64 + 6 * 0.36) / 8, 1 / 8],
                               atol=1e-5)  # fmt: skip
    np.testing.assert_allclose(table["median"], [0.64, 0.36, 0.0], atol=1e-5)
    np.testing.assert_allclose(table["highest"], [0.64, 0.64, 1.0], atol=1e-5)
    np.testing.assert_allclose(table["lowest"], 0.0, atol=1e-5)
    assert table["lowest_in"].tolist()[:2] == ["y8", "y8"]
    assert table["highest_in"].tolist()[1:] == ["y1", "y8"]
    assert table["first"].tolist() == [6, 1, 1]
    assert table["matters"].tolist() == [7, 7, 1]


def test_the_outputs_that_differ_are_told_by_the_part_that_lies_elsewhere(eight):
    over = over_outputs(eight)
    assert over.outputs.index.tolist()[:2] == ["y8", "y1"]
    # y8 puts all on x3, on which no other puts any. y1 against the mean of seven others,
    # (6 · 0.64, 6 · 0.36, 1) / 7: only x2 gets more.
    np.testing.assert_allclose(over.outputs["elsewhere"].iloc[0], 1.0, atol=1e-5)
    np.testing.assert_allclose(over.outputs["elsewhere"].iloc[1], 0.64 - 6 * 0.36 / 7, atol=1e-5)
    assert over.outputs.loc["y8", "more"] == "x3"
    assert over.outputs.loc["y1", ["more", "less"]].tolist() == ["x2", "x1"]
    assert over.chosen == {"y2": TYPICAL, "y8": DIFFERENT, "y1": DIFFERENT}
    assert in_detail(eight, over).questions["linear", eight_model(eight)].outputs == (
        "y1", "y2", "y8",
    )  # fmt: skip


def eight_model(results):
    return next(iter(results.questions))[1]


def test_the_agreement_is_counted_over_the_outputs(eight):
    over = over_outputs(eight)
    assert (over.agreed, over.judged) == (8, 8)
    (pair,) = over.pairs.to_dict("records")
    assert (pair["first"], pair["second"], pair["n"], pair["same_first"]) == (*EXACT, 8, 8)
    # of two inputs above the noise, an order says nothing
    assert np.isnan([pair["median"], pair["lowest"], pair["highest"]]).all()


def test_the_summary_says_so(eight):
    said = sentences(eight)
    assert said[0].startswith(
        "Over 8 outputs, with a share of 0.05 or more: x1 (mean share 0.53) for 7, x2 (mean share "
        "0.35) for 7 and x3 (mean share 0.1"
    )
    assert said[0].endswith(") for 1. First place by mean share: x1 in 6, x2 in 1 and x3 in 1.")
    assert "y8 (100 %: more on x3, less on x1) and y1 (33 %: more on x2, less on x1)" in said[1]
    assert said[1].endswith("Most like the others: y2.")
    assert said[2].startswith(
        "All methods that can be compared put the same input first for all 8 outputs; rank "
    )
    assert [s.split(":")[0] for s in said[3:]] == ["Output y2", "Output y8", "Output y1"]


def test_outputs_that_are_alike_and_inputs_that_never_matter_are_told():
    results = asked(linear(np.tile([[3.0, 4.0, 0.1]], (9, 1))))
    said = " ".join(sentences(results))
    assert "The outputs are alike: for none does more than 0 % of" in said
    assert "x3 has no such share in any output; the largest is 0.00040." in said
    assert "x2 (mean share 0.64) for all 9" in said


def test_six_outputs_are_shown_one_by_one_as_ever():
    results = asked(linear(WEIGHTS[:6]), names=("morris",))
    assert over_outputs(results) is None
    assert in_detail(results, None) is results
    text = text_of(results)
    assert text.count("Importance for") == 6
    assert "over 6 outputs" not in text


def test_the_page_opens_with_what_holds_over_the_outputs_and_folds_the_rest(eight, tmp_path):
    text = write_report(eight, tmp_path / "page.html", files=False).read_text(encoding="utf-8")
    opening, _, folded = text.partition("All that the results say, in words")
    assert "Over 8 outputs" in opening
    assert "Output y" not in opening
    assert "Output y" in folded


def test_the_first_inputs_of_every_output_stand_in_a_table(eight):
    table = next(t for t in OutputTables().tables(eight) if t.name == "outputs-first")
    first = dict(zip(table.data["output"], table.data["most important inputs"], strict=True))
    assert first == {"y1": "x2 > x1", **{f"y{k}": "x1 > x2" for k in range(2, 8)}, "y8": "x3"}


def test_constant_outputs_do_not_count_and_are_one_note():
    weights = np.zeros((40, 3))
    weights[:8] = WEIGHTS
    results = asked(linear(weights))
    over = over_outputs(results)
    assert len(over.profiles) == 8
    assert over.pairs["n"].tolist() == [8]
    said = sentences(results)
    assert any(s.startswith("No method ranks the inputs of y9, y10,") for s in said)
    notes = results.notes["linear", eight_model(results), "morris"]
    assert [n for n in notes if "constant" in n] == [
        "morris: undefined for 32 outputs, which are constant over the inputs ('y9', 'y10', "
        "'y11', 'y12', 'y13', 'y14' and 26 more): mu_star_standardised"
    ]


@pytest.mark.slow
def test_many_outputs_of_which_few_vary_are_shown_by_these(tmp_path):
    weights = np.zeros((50, 3))
    weights[[3, 30]] = WEIGHTS[[0, 7]]
    results = asked(linear(weights), names=("morris",))
    assert over_outputs(results) is None
    text = text_of(results)
    assert text.count("Importance for") == 2
    assert len(text.splitlines()) < 100
    page = write_report(results, tmp_path / "page.html", files=False)
    assert page.stat().st_size < 1.5e6


@pytest.mark.parametrize(("width", "most"), [(80, 120), (100, 110)])
def test_the_terminal_shows_about_a_hundred_lines(two_hundred_results, width, most):
    text = text_of(two_hundred_results, width)
    lines = text.splitlines()
    assert len(lines) < most
    assert max(map(len, lines)) <= width
    assert lines[2].startswith("Inputs, over 200 outputs")
    chosen = list(over_outputs(two_hundred_results).chosen)
    assert re.findall(r"Importance for (\S+) \((.*)\)", text) == [
        (chosen[0], TYPICAL), (chosen[1], DIFFERENT),
    ]  # fmt: skip
    for way in ("to_frame()", "plot(output=…)", "report(…)"):
        assert way in " ".join(text.split())


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.slow
def test_the_page_is_bounded_and_holds_every_output(two_hundred_results, tmp_path):
    page = write_report(two_hundred_results, tmp_path / "page.html", files=True, formats=["svg"])
    text = page.read_text(encoding="utf-8")
    assert len(text) < 5e6
    assert text.count("<h3>Importance over all outputs</h3>") == 1
    images = [attrs for tag, attrs in Tags(text).found if tag == "img"]
    assert len(images) <= 10
    assert "for 200 outputs" in images[0]["alt"]
    over = over_outputs(two_hundred_results)
    assert all(f'<th scope="row">{output}</th>' in text for output in over.profiles.index)
    assert "(200 outputs)</summary>" in text
    shown = [name for name in over.profiles.index if f"All measures, output {name}<" in text]
    assert set(shown) == set(over.chosen)
    (numbers,) = (tmp_path / "tables").glob("*-outputs-all.csv")
    assert len(pd.read_csv(numbers)) == len(two_hundred_results.final())


@pytest.mark.slow
def test_a_study_of_several_questions_names_the_first_inputs_over_the_outputs(eight, tmp_path):
    two = asked(linear(WEIGHTS[:2], name="two"))
    parts = (eight, two)
    both = replace(
        eight,
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        cells=pd.concat([part.cells for part in parts], ignore_index=True),
        questions={key: q for part in parts for key, q in part.questions.items()},
    )
    text = write_report(both, tmp_path / "page.html", files=False).read_text()
    assert "x1 &gt; x2 &gt; x3 (over 8 outputs)" in text
    assert text.count("<h5>Importance over all outputs</h5>") == 1


def test_the_heat_map_has_a_cell_per_input_and_output(eight, ishigami_results):
    figures = plt.get_fignums()
    figure = plot(eight)
    mesh = figure.axes[0].collections[0]
    np.testing.assert_allclose(mesh.get_array().reshape(3, 8).T, SHARES, atol=1e-5)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["x1", "x2", "x3"]
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == [
        f"y{k}" for k in range(1, 9)
    ]
    assert len(plot(eight, output="y8").axes) == 1
    assert plt.get_fignums() == figures
    assert isinstance(Outputs().drawn(ishigami_results), Omitted)


def test_a_notebook_gets_as_little():
    weights = np.random.default_rng(0).normal(size=(200, 6))
    comparison = sb.compare(linear(weights), estimators=["morris"], budget=500)
    assert len(comparison._repr_html_()) < 50_000
    rest = len(comparison["morris"].to_frame()) - 200
    assert (
        comparison["morris"]._repr_html_().endswith(f"<p>{rest:,} more rows are in to_frame().</p>")
    )


@pytest.mark.slow
def test_wide_inputs_and_long_names_stay_readable(tmp_path):
    long = [f"{k} " + "very long name " * 13 + f"end {k}" for k in range(3)]
    names = [*long, "new\nline", *(f"x{k}" for k in range(296))]
    weights = np.random.default_rng(1).exponential(size=(2, 300))
    weights[:, :4] = [40, 30, 20, 35]
    results = asked(
        linear(weights, names, ["out\nput " + "z" * 200, "second"]), names=("morris", "sobol"),
        budget=5000,
    )  # fmt: skip
    text = text_of(results)
    assert "280 more inputs" in text
    assert len(text.splitlines()) < 170
    assert max(map(len, text.splitlines())) <= 100
    said = " ".join(sentences(results))
    assert not any(name in said for name in (*long, "\n", "z" * 61))
    assert "new line (" in said
    assert re.search(r"0 very long name very long[^.]*…[^.]*end 0 \(", said)
    page = write_report(results, tmp_path / "page.html", files=False)
    assert page.stat().st_size < 3e6
    assert long[0] in page.read_text(encoding="utf-8")


def headline(rng, outputs, features, methods):
    """Ranks with ties, and inputs that a method does not rank."""
    rows = [
        ("p", "m", f"m{k}", "total_order", f"y{o}", f"x{i}", "", value, value - 0.01, value + 0.01)
        for k in range(methods)
        for o in range(outputs)
        for i in rng.permutation(features)
        for value in [rng.choice([np.nan, *np.arange(1, 6)], p=[0.1, *[0.18] * 5])]
    ]
    columns = ["problem", "model", "estimator", "measure", "output", "feature", "partner"]
    return pd.DataFrame(rows, columns=[*columns, "value", "low", "high"])


@pytest.mark.parametrize("at_once", [1, 200, 2**22])
def test_the_agreement_of_all_outputs_at_once_is_scipys(monkeypatch, rng, at_once):
    monkeypatch.setattr("sensbench.metrics.agreement._MOST_PAIRS", at_once)
    frame = headline(rng, outputs=12, features=7, methods=3)
    found = agreement(frame)
    assert found["output"].tolist() == [f"y{o}" for o in range(12) for _ in range(3)]
    for row in found.itertuples():
        mine = frame[frame["output"] == row.output]
        wide = mine.pivot(index="feature", columns="estimator", values="value")
        both = wide[[row.first, row.second]].dropna()
        assert row.n == len(both)
        a, b = both.to_numpy().T
        assert row.spearman == stats.spearmanr(a, b).statistic
        assert row.kendall == stats.kendalltau(a, b).statistic
