import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import sensbench as sb
from sensbench.errors import (
    BudgetTooSmall,
    CorrelatedInputsWarning,
    InputError,
    ModelError,
    PartialResultWarning,
)
from sensbench.estimator.result import RESULT_COLUMNS


@pytest.fixture(scope="module")
def ishigami():
    return sb.compare(sb.problems.load("ishigami"), budget=8000)


def test_the_persons_question(two_outputs):
    module, X, exact = two_outputs
    comparison = sb.compare(module, X, budget=4000)
    means = comparison["gradient"]["derivative_mean"]
    np.testing.assert_allclose(means.value, exact, rtol=1e-5)
    shares = (exact * X.std(axis=0)) ** 2
    order = np.argsort(-shares, axis=1)
    ranking = comparison.ranking().set_index("output")
    for k, output in enumerate(comparison["sobol"].outputs):
        first = ranking.loc[output]["feature"].iloc[0]
        assert first == f"x{order[k, 0] + 1}"
    frame = comparison.to_frame()
    assert tuple(frame.columns) == RESULT_COLUMNS
    assert set(frame["output"]) == {
        "y_descaled[0]", "y_descaled[1]", "y_scaled[0]", "y_scaled[1]",
    }  # fmt: skip


def test_it_prints_a_table_with_everything(ishigami):
    text = str(ishigami)
    for part in (
        "gradient",
        "sobol",
        "morris",
        "permutation",
        "Spearman",
        "Kendall",
        "rows",
        "x3",
        "Total-order",
    ):
        assert part in text, part
    assert "\x1b[" not in text
    assert repr(ishigami).startswith("<Comparison of gradient, sobol, morris, permutation")


def test_notebooks_get_tables(ishigami):
    html = ishigami._repr_html_()
    assert "Importance for y" in html
    assert "<script" not in html
    assert "derivative_rms" in ishigami["gradient"]._repr_html_()
    assert len(repr(ishigami["gradient"])) < 500


def test_outputs_of_one_name_are_refused(two_outputs):
    module, X, _ = two_outputs
    with pytest.raises(InputError, match="distinct output names"):
        sb.compare(module, X, outputs=["u", "u", "v", "w"])


def test_ranks_and_agreement_are_those_of_the_known_indices(ishigami):
    ranking = ishigami.ranking().set_index("feature")
    assert ranking["sobol"].to_dict() == {"x1": 1, "x2": 2, "x3": 3}
    assert ranking["gradient"].to_dict() == {"x2": 1, "x3": 2, "x1": 3}
    pairs = ishigami.agreement().set_index(["first", "second"])
    assert pairs.loc[("gradient", "sobol"), "spearman"] == pytest.approx(-0.5)
    assert pairs.loc[("sobol", "permutation"), "kendall"] == pytest.approx(1.0)


@pytest.mark.slow
def test_plot_and_report(ishigami, tmp_path):
    assert ishigami.plot() is not None
    page = ishigami.report(tmp_path / "page.html")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]
    ishigami.report(tmp_path / "all" / "index.html", files=True)
    assert (tmp_path / "all" / "figures").is_dir()


def test_one_option_makes_every_method_use_the_product(rng):
    X = rng.normal(size=(80, 2))
    function = lambda x: x[:, 0] + 2 * x[:, 1]  # noqa: E731
    own = sb.compare(function, X, budget=600)
    product = sb.compare(function, X, budget=600, inputs="product")
    assert own["gradient"].inputs == own["permutation"].inputs == "the 80 data rows"
    assert {own["sobol"].inputs, *(product[m].inputs for m in product.methods)} == {
        "the product of the marginals (each column's values)"
    }


def test_with_targets_the_importance_is_of_the_prediction(rng):
    """y is noise: the model's output depends on x1, but predicts nothing."""
    X = rng.normal(size=(400, 2))
    noise = rng.normal(size=400)
    function = lambda x: 0.5 * x[:, 0] + 0 * x[:, 1]  # noqa: E731
    blind = sb.compare(function, X, y=noise, estimators="permutation", budget=5000)
    item = blind["permutation"]["permutation_total_order"]
    own = sb.compare(function, X, estimators="permutation", budget=5000)["permutation"]
    # the identity 2 Var S_T needs an error that is uncorrelated with the output; here it is not
    assert abs(item.value[0, 0]) < 0.5
    assert own["permutation_total_order"].value[0, 0] == pytest.approx(1, abs=0.15)
    question = next(iter(blind.results.questions.values()))
    assert question.quality["y"].r2 < 0
    assert "Read with care" in " ".join(str(blind).split())


def test_frames_name_and_order_the_inputs(rng):
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["b", "a", "c"])
    found = sb.compare(
        lambda x: x[:, 0], frame, features=["a", "b"], estimators=["gradient"], budget=200
    )
    assert found["gradient"].features == ("a", "b")
    assert found["gradient"]["derivative_mean"].value.tolist() == [[1, 0]]


def test_correlated_columns_warn_once_and_stand_in_the_notes(rng):
    a = rng.normal(size=100)
    X = np.column_stack([a, a + 0.01 * rng.normal(size=100)])
    with pytest.warns(CorrelatedInputsWarning, match="x1 and x2") as caught:
        found = sb.compare(lambda x: x[:, 0], X, estimators=["sobol"], budget=200)
    assert len(caught) == 1
    assert "x1 and x2" in next(iter(found.results.questions.values())).notes[0]


def test_one_failing_method_does_not_cost_the_others():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    cut = lambda x: x[:, 0].detach() + x[:, 1].detach()  # noqa: E731
    with pytest.warns(PartialResultWarning, match="gradient: .*cut off"):
        found = sb.compare(cut, space=space, budget=400)
    assert found.methods == ("sobol", "morris", "permutation")
    assert "cut off" in found.results.cells.set_index("estimator").loc["gradient", "reason"]
    with pytest.raises(ModelError, match=r"every method failed:\ngradient: expected"):
        sb.compare(lambda x: 0 * x[:, 0], space=space, budget=400)


def test_a_budget_too_small_is_an_error_before_anything_runs():
    calls = []

    def function(x):
        calls.append(len(x))
        return x[:, 0]

    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    with pytest.raises(BudgetTooSmall, match="sobol: expected a budget of at least 32 rows"):
        sb.compare(function, space=space, budget=31)
    assert sum(calls) <= 10  # the trial of what the model takes


X = np.random.default_rng(0).normal(size=(20, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expected rows X or a space; got neither"),
        ({"X": X[:0]}, "at least one row"),
        ({"X": X * np.nan}, "finite numbers"),
        ({"X": np.column_stack([X[:, 0], np.ones(20)])}, "'x2' to vary"),
        ({"X": X, "y": np.zeros(3)}, "one row per row of X"),
        ({"X": X, "y": np.zeros((20, 2))}, "one target column per output"),
        ({"X": X, "features": ["a"]}, "expected 1 columns"),
        ({"X": X, "estimators": ["sobel"]}, "did you mean 'sobol'"),
        ({"X": X, "estimators": []}, "at least one estimator"),
        ({"X": X, "seed": -1}, "whole seed"),
        ({"X": X, "budget": 1.5}, "whole rows"),
        ({"X": X, "estimators": 3}, "as a list of names; got 3"),
        ({"X": X, "features": "ab"}, "as a list of names; got 'ab'"),
        ({"space": {"a": (0, 1)}}, "InputSpace.of makes one"),
        ({"X": X, "outputs": ["a", "b"]}, "expected 1 output names"),
        ({"X": X, "space": sb.InputSpace.uniform({"a": (0, 1)})}, "expected 1 columns"),
    ],
)
def test_what_does_not_fit_together_is_told(arguments, message):
    # the public signature is typed; these mistakes come from untyped scripts
    function = sb.compare
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    with pytest.raises(InputError, match=message):
        function(lambda x: x[:, 0] + x[:, 1], **arguments)


def test_the_same_seed_gives_the_same_numbers_and_global_state_is_left_alone():
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    numpy_state = np.random.get_state()[1].copy()
    torch_state = torch.random.get_rng_state()
    one, two = (sb.compare(net, X, budget=500, seed=0).to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert (np.random.get_state()[1] == numpy_state).all()
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    other = sb.compare(net, X, budget=500, seed=1).to_frame()
    assert not np.array_equal(one["value"], other["value"])


def test_an_estimator_of_ones_own_takes_part():
    class First(sb.Estimator):
        name = "first"
        measures = ("total_order",)
        ranks_by = "total_order"
        needs = sb.Needs("given")

        def _estimate(self, problem, budget, rng):
            problem.sample(budget, rng)
            value = np.zeros((problem.o, problem.d))
            value[:, 0] = 1.0
            return {"total_order": sb.Estimate.of(value)}

    found = sb.compare(lambda x: x[:, 0] + x[:, 1], X, estimators=[First(), "sobol"], budget=200)
    assert found.methods == ("first", "sobol")
    assert found.ranking().set_index("feature")["first"].to_dict() == {"x1": 1, "x2": 2}


@pytest.mark.parametrize("seed", [2**63, -1])
def test_a_seed_is_a_whole_number_that_the_store_can_keep(seed):
    with pytest.raises(InputError, match=r"expected a whole seed from 0 to 2\^63 - 1"):
        sb.compare(lambda x: x[:, 0], np.random.default_rng(0).normal(size=(60, 2)), seed=seed)
