"""Effect curves on the page: which kind an input has, and that the drawing is the data."""

import numpy as np
import pandas as pd
import pytest
import torch

import sensbench as sb
from sensbench.errors import CorrelatedInputsWarning, InputError
from sensbench.report.figure import Omitted
from sensbench.report.figures.effects import Effects

# Columns of the model, two of which move together.
NAMES = ["a", "b", "alone", "code"]


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 4))
    X[:, 1] = 0.9 * X[:, 0] + np.sqrt(1 - 0.81) * X[:, 1]
    frame = pd.DataFrame(X, columns=NAMES)
    frame["code"] = rng.integers(0, 3, 800)
    return frame


def model(x):
    return x[:, 0] * x[:, 1] + 2 * x[:, 2].sin() + 0.5 * x[:, 3]


@pytest.fixture(scope="module")
def comparison():
    with pytest.warns(CorrelatedInputsWarning):
        return sb.compare(model, rows(), budget=4000, outputs=["heat"])


def test_the_kind_is_by_the_dependence_and_said_on_the_figure(comparison):
    figure = comparison.plot("effects")
    titles = {ax.get_title() for ax in figure.axes if ax.get_title()}
    assert titles == {"a · ALE", "b · ALE", "alone · PD", "code · PD"}
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:2] == ["PD: partial dependence", "ALE: accumulated local effects"]
    effects = comparison.results.effects[next(iter(comparison.results.questions))]
    shown = [effects.curve(f, f in "ab") for f in NAMES]
    assert f"{sum(c.n_forward for c in shown):,} rows through the model" in figure.get_supxlabel()


def test_the_curves_are_right(comparison):
    table = Effects("heat").data(comparison.results)
    alone = table[(table["feature"] == "alone") & (table["curve"] == "partial dependence")]
    expected = 2 * np.sin(alone["at"])
    np.testing.assert_allclose(np.diff(alone["value"]), np.diff(expected), atol=1e-5)
    code = table[(table["feature"] == "code") & (table["curve"] == "partial dependence")]
    np.testing.assert_allclose(np.diff(code["value"]), 0.5, atol=1e-5)
    a = table[(table["feature"] == "a") & (table["curve"] == "accumulated local effects")]
    closed = 0.45 * a["at"] ** 2  # rho z²/2
    gap = (a["value"] - closed) - (a["value"] - closed).mean()
    assert np.abs(gap).max() < 0.35
    assert a["low"].isna().all()
    slope = table[(table["feature"] == "alone") & (table["curve"] == "derivative")]
    np.testing.assert_allclose(slope["value"], 2 * np.cos(slope["at"]), atol=0.12)
    assert not ((table["feature"] == "code") & (table["curve"] == "derivative")).any()


def test_what_is_drawn_is_the_data(comparison):
    table = Effects("heat").data(comparison.results)
    figure = comparison.plot("effects")
    for ax in figure.axes:
        feature, _, kind = ax.get_title().partition(" · ")
        if kind != "ALE":
            continue
        mine = table[(table["feature"] == feature) & (table["curve"] != "derivative")]
        drawn = np.column_stack(ax.lines[1].get_data())
        np.testing.assert_allclose(drawn, mine[["at", "value"]])


def test_the_words_have_the_numbers(comparison):
    said = Effects("heat").alt(comparison.results)
    table = Effects("heat").data(comparison.results)
    code = table[(table["feature"] == "code")]["value"].tolist()
    assert f"code (partial dependence): from −{-code[0]:.2f} at 0 to {code[-1]:.2f} at 2" in said
    assert "a (accumulated local effects): from" in said
    assert "lowest" in said.partition("a (accumulated local effects)")[2].partition(". ")[0]


def test_independent_draws_have_partial_dependence_alone(comparison):
    space = sb.InputSpace.uniform({"u": (-1, 1), "v": (-1, 1)})
    figure = sb.compare(lambda x: x[:, 0] ** 2 + x[:, 1], space=space, budget=3000).plot("effects")
    assert {ax.get_title() for ax in figure.axes if ax.get_title()} == {"u · PD", "v · PD"}
    assert " of " not in figure.get_supxlabel().splitlines()[0]
    with pytest.warns(CorrelatedInputsWarning):
        apart = sb.compare(model, rows(), budget=4000, inputs="product")
    titles = {ax.get_title() for ax in apart.plot("effects").axes if ax.get_title()}
    assert not any("ALE" in title for title in titles)


def test_a_figure_per_output_and_six_inputs_at_most():
    torch.manual_seed(0)
    space = sb.InputSpace.uniform({f"x{i}": (-1, 1) for i in range(9)})
    comparison = sb.compare(torch.nn.Linear(9, 2), space=space, budget=3000, outputs=["p", "q"])
    each = Effects().each(comparison.results)
    assert [one.slug for one in each] == ["effects-1", "effects-2"]
    assert each[1].title == "Effects on q"
    figure = each[1].drawn(comparison.results)
    assert len(figure.axes) == 12
    assert "3 more inputs of a smaller share not shown" in figure.get_supxlabel()
    assert comparison.plot("effects", output="q").axes[0].get_ylabel() == "change of q"


def test_groups_are_named_and_a_small_budget_is_said():
    space = sb.InputSpace.uniform({n: (0, 1) for n in "abc"}, groups={"ab": ["a", "b"]})
    comparison = sb.compare(lambda x: x.sum(1), space=space, budget=2400)
    assert "without a curve: ab" in comparison.plot("effects").get_supxlabel()
    few = sb.compare(lambda x: x.sum(1), space=space, budget=300, estimators=["permutation"])
    reason = Effects().drawn(few.results)
    assert isinstance(reason, Omitted)
    assert "expected a budget of 340 rows or more per input, for 20 rows; got 150" in reason.reason
    with pytest.raises(InputError, match="a budget of 340 rows"):
        few.plot("effects")
