"""Inputs that depend on each other, as a study file writes them."""

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.findings import Cause
from sensbench.study.contents import question_of_text, question_to_text
from sensbench.study.question import question_of


def test_a_space_written_in_a_study_may_correlate():
    inputs = {"x1": [0, 1], "x2": {"normal": [0, 2]}, "x3": [2, 3]}
    some = sb.problems.load("space", inputs=inputs, correlation={"x1, x2": 0.6})
    assert np.corrcoef(some.space.sample(50_000, 0).T)[0, 1] == pytest.approx(0.6, abs=0.02)
    every = sb.problems.load("space", inputs=inputs, correlation=0.5, correlation_of="ranks")
    assert every.space.dependence.correlation[1, 2] == pytest.approx(2 * np.sin(np.pi / 12))
    assert sb.problems.load("space", inputs=inputs).space.independent
    with pytest.raises(InputError, match=r"space: expected correlation of two inputs, as in"):
        sb.problems.load("space", inputs=inputs, correlation={"x1": 0.6})
    with pytest.raises(InputError, match="one correlation per pair; got two for x2 and x1"):
        sb.problems.load("space", inputs=inputs, correlation={"x1, x2": 0.6, "x2,x1": 0.5})


def test_a_table_may_keep_how_its_columns_move(tmp_path):
    X = sb.problems.load("linear_gaussian", correlation=0.8).space.sample(400, 0)
    rows = np.column_stack([X, X.sum(axis=1)])
    np.savetxt(tmp_path / "t.csv", rows, delimiter=",", header="a,b,c,d,y", comments="")
    table = {"path": str(tmp_path / "t.csv"), "target": "y"}
    kept = sb.problems.load("table", **table, dependence="gaussian")
    assert "fitted to 400 rows" in kept.space.dependence.describe()
    assert np.corrcoef(kept.space.sample(5000, 0).T)[0, 1] > 0.7
    assert not any("does not fit" in note for note in kept.notes)
    assert sb.problems.load("table", **table).space.independent
    with pytest.raises(InputError, match="dependence one of independent, gaussian, vine, rows"):
        sb.problems.load("table", **table, dependence="strong")


def test_a_question_keeps_the_law():
    correlated = sb.problems.load("correlated_portfolio")
    question = question_of(correlated, "p", "m", {})
    assert question.law.startswith("joined by a Gaussian copula")
    assert any(note.startswith("inputs are joined") for note in question.notes)
    assert question_of_text(question_to_text(question), "p", "m").law == question.law
    product = question_of(
        sb.Problem.of(correlated.model, correlated.space, inputs="product"), "p", "m", {}
    )
    assert product.law == ""
    assert '"law"' not in question_to_text(product)
    assert any("each is drawn by itself" in note for note in product.notes)


def test_a_comparison_says_what_acts_through_others():
    problem = sb.problems.load("causal_roles", rho=0.9)
    comparison = sb.compare(problem, estimators=["kucherenko", "shapley_effects"], budget=8000)
    found = comparison.findings()
    through = {f.features[0] for f in found.only(Cause.THROUGH_OTHERS)}
    assert through == {"cause", "proxy"}
    assert [f.features for f in found.only(Cause.INERT)] == [("inert",)]
    assert not found.only(Cause.ADDITIVE)
    assert "Nothing of its own, given the other inputs: cause" in str(comparison)
    truth = comparison.to_frame()
    assert set(truth["estimator"]) == {"kucherenko", "shapley_effects"}


def test_a_table_whose_law_does_not_fit_says_so(tmp_path):
    """Of t-distributed rows the tails move together more than a Gaussian copula lets them."""
    t = stats.multivariate_t(shape=[[1, 0.5], [0.5, 1]], df=1.5).rvs(3000, random_state=0)
    rows = np.column_stack([stats.norm.ppf(stats.t(1.5).cdf(t)), t.sum(axis=1)])
    np.savetxt(tmp_path / "t.csv", rows, delimiter=",", header="a,b,y", comments="")
    table = {"path": str(tmp_path / "t.csv"), "target": "y", "dependence": "gaussian"}
    (note,) = (n for n in sb.problems.load("table", **table).notes if "does not fit" in n)
    assert "tail of a and b" in note
    assert "by the law" in note
