"""A law of the inputs is honoured, wherever rows come from."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError, NotApplicable
from sensbench.findings import Cause, find
from sensbench.findings.accuracy import errors
from sensbench.findings.consensus import headline_shares, mean_shares
from sensbench.report.tables.questions import questions_tables


@dataclass(frozen=True)
class Comonotone:
    """All inputs rise together: the strongest dependence there is."""

    independent = False

    def join(self, u):
        return np.repeat(u[:, :1], u.shape[1], axis=1)

    def describe(self):
        return "rising together"


def space(**more):
    given = sb.InputSpace.of({"a": stats.norm(1, 2), "b": (0, 1)})
    return sb.InputSpace(given.columns, given.marginals, **more)


def problem(inputs="data"):
    return sb.Problem.of(
        lambda x: x[:, 0] + 4 * x[:, 1], space(dependence=Comonotone()), name="p", inputs=inputs
    )


def test_draws_follow_the_law_and_keep_the_marginals():
    X = space(dependence=Comonotone()).sample(4000, 0)
    assert stats.spearmanr(X[:, 0], X[:, 1]).statistic == pytest.approx(1.0)
    assert stats.kstest(X[:, 0], stats.norm(1, 2).cdf).pvalue > 0.001
    assert stats.kstest(X[:, 1], stats.uniform(0, 1).cdf).pvalue > 0.001


def test_independent_draws_are_what_they_were():
    assert space().independent
    u = np.random.default_rng(3).random((50, 2))
    expected = np.column_stack([stats.norm(1, 2).ppf(u[:, 0]), u[:, 1]])
    np.testing.assert_allclose(space().sample(50, 3), expected)
    assert space(dependence=Comonotone()).product().sample(50, 3).tolist() == (
        space().sample(50, 3).tolist()
    )


@pytest.mark.parametrize("name", ["sobol", "sobol_salib", "morris"])
def test_a_method_of_independent_inputs_refuses_another_law(name):
    estimator = sb.estimators.load(name)
    with pytest.raises(NotApplicable, match="got inputs that are rising together"):
        estimator.estimate(problem(), budget=400)
    alone = sb.Problem.of(lambda x: x[:, 0] + 4 * x[:, 1], space(), name="p")
    asked = estimator.estimate(problem("product"), budget=400)
    assert asked.to_frame().equals(estimator.estimate(alone, budget=400).to_frame())
    assert asked.inputs == "the product of the marginals"


def test_a_comparison_asks_it_of_inputs_drawn_apart_and_says_so():
    """Beside methods of the law, never among them; to the bit what inputs='product' gives."""
    known = sb.problems.load("causal_roles", rho=0.9)
    asked = ["sobol", "kucherenko"]
    both = sb.compare(known, estimators=asked, budget=3000)
    apart = sb.compare(known, estimators=asked, budget=3000, inputs="product")
    of = both.results.frame
    numbers = ["measure", "feature", "value", "low", "high"]
    one, other = (f[f["estimator"] == "sobol"][numbers] for f in (of, apart.results.frame))
    assert one.reset_index(drop=True).equals(other.reset_index(drop=True))
    used = both.results.cells.set_index("estimator")["inputs"]
    assert used["sobol"] == "the product of the marginals"
    assert "joined by a Gaussian copula" in used["kucherenko"]
    frame = headline_shares(both.results)
    assert not frame.loc[frame["estimator"] == "sobol", "averaged"].any()
    assert frame.loc[frame["estimator"] == "sobol", "exact"].isna().all()
    assert frame.loc[frame["estimator"] == "kucherenko", "exact"].notna().all()
    shares = mean_shares(frame[frame["estimator"] == "kucherenko"])
    assert mean_shares(frame).to_dict() == shares.to_dict()
    (order,) = find(both.results).only(Cause.MEAN_ORDER)
    assert order.methods == ("kucherenko",)
    together, independent = find(both.results).only(Cause.BY_QUESTION)
    assert (together.text("asked"), independent.text("asked")) == ("together", "apart")
    assert independent.methods == ("sobol",)
    assert set(errors(both.results)["estimator"]) == {"kucherenko"}
    text = str(both)
    for said in ("If inputs vary as they do", "If they varied independently", "inputs independent"):
        assert said in " ".join(text.split()) or said in text
    (table,) = questions_tables(both.results)
    assert len(table.shown.columns) == 3


@pytest.mark.parametrize("name", ["gradient", "permutation", "delta", "rbd_fast", "pawn"])
def test_a_method_of_any_law_sees_rows_of_it(name):
    found = sb.estimators.load(name).estimate(problem(), budget=2000)
    assert found.inputs == "draws of inputs that are rising together"


def test_first_order_indices_of_inputs_that_rise_together():
    """Either input determines the other, and so all of y."""
    found = sb.estimators.load("rbd_fast").estimate(problem(), budget=2000)["first_order"]
    np.testing.assert_allclose(found.value, 1.0, atol=0.02)
    alone = sb.estimators.load("rbd_fast").estimate(problem("product"), budget=4000)
    shares = np.array([4, 16 / 12]) / (4 + 16 / 12)
    np.testing.assert_allclose(alone["first_order"].value[0], shares, atol=0.06)


def test_the_bound_is_given_for_independent_inputs_only():
    gradient = sb.estimators.load("gradient")
    found = gradient.estimate(problem(), budget=400)
    assert "these are rising together" in found.absent["total_order_bound"].reason
    assert any("rising together: a slope holds the others fixed" in note for note in found.notes)
    assert "total_order_bound" in gradient.estimate(problem("product"), budget=400).estimates


def test_rows_come_with_their_outputs():
    rng = np.random.default_rng(0)
    X, Y = problem().sample(7, rng)
    np.testing.assert_allclose(Y[:, 0], X[:, 0] + 4 * X[:, 1])
    X = rng.normal(size=(20, 2))
    measured = sb.Problem.of(lambda x: x[:, 0], sb.InputSpace.from_data(X), X=X, y=X[:, 1])
    found = measured.sample(20, rng, of="targets")
    assert found.outputs[:, 0].tolist() == found.X[:, 1].tolist()
    assert measured.explained.n_forward == 0
    with pytest.raises(NotApplicable, match="its rows are draws"):
        problem().sample(7, rng, of="targets")
    function = sb.Problem.sample
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    with pytest.raises(InputError, match="expected of='model' or 'targets'"):
        function(measured, 7, rng, of="both")


def test_permutation_says_that_its_rows_leave_the_law():
    result = sb.estimators.load("permutation").estimate(problem(), budget=600)
    assert any("rising together: a column is shuffled alone" in note for note in result.notes)
    independent = sb.estimators.load("permutation").estimate(problem("product"), budget=600)
    assert not any("shuffled alone" in note for note in independent.notes)


def test_a_reference_is_of_a_law_with_conditional_draws():
    with pytest.raises(InputError, match="reference of 'p': expected independent inputs, or a law"):
        sb.reference(problem(), points=64)
    assert sb.reference(problem("product"), points=64)


def test_a_reference_of_inputs_that_move_together():
    """Var(x + 2y) = 1 + 4 + 4ρ; given the other input, (1 - ρ²) of each variance is left."""
    law = sb.InputSpace.normal({"x": (0, 1), "y": (0, 1)}, correlation={("x", "y"): 0.6})
    linear = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1], law, name="p")
    known = sb.reference(linear, points=4096, scrambles=8)
    for name, exact in {
        "first_order": np.array([2.2**2, 2.6**2]) / 7.4,
        "total_order": np.array([0.64, 4 * 0.64]) / 7.4,
        "conditional_permutation_mse": 2 * np.array([0.64, 4 * 0.64]),
        "permutation_mse": np.array([2.0, 8.0]),
    }.items():
        gap = np.abs(known[name].value[0] - exact)
        assert (gap < 6 * known[name].standard_error[0] + 1e-6).all(), name
    assert known["shapley"].value.sum() == pytest.approx(1)


def test_truths_of_the_law_are_none_of_the_product():
    from dataclasses import replace

    correlated = sb.problems.load("correlated_portfolio")
    assert "total_order" in correlated.known_truth
    assert not replace(correlated, inputs="product").known_truth
    same = sb.problems.load("portfolio")
    assert replace(same, inputs="product").known_truth is same.truth
