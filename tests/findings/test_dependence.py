"""Inputs that depend on each other: what is found, who asks what of them, and how it is told."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

import sensbench as sb
from sensbench.estimator.needs import Needs
from sensbench.findings import Cause, find
from sensbench.findings.consensus import headline_shares, same_question
from sensbench.findings.dependence import dependence
from sensbench.findings.laws import Asked, Law, asked_by, depends, foremost, known_for
from sensbench.inputs.association import Associations, OnOthers, Pair
from sensbench.problem.joint_law import JointLaw, VarianceRatio, joint_law
from sensbench.problem.off_rows import off_the_rows
from sensbench.report.tables.law import Law as LawTable
from sensbench.report.wording import sentences
from sensbench.study.contents import question_of_text, question_to_text

PAIR = JointLaw(
    Associations((Pair("a", "b", 0.1, 0.0, 0.95),), (OnOthers("c", 0.99),)),
    {"y": VarianceRatio(0.5, 0.4, 0.6)},
    rows=500,
)
NUMBERS = {
    "sobol": {"total_order": {"a": 0.5, "b": 0.3, "c": 0.2}},
    "shuffle": {"permutation_total_order": {"a": 0.5, "b": 0.3, "c": 0.2}},
    "slopes": {"derivative_rms_standardised": {"a": 0.7, "b": 0.5, "c": 0.4}},
}
NEEDS = {
    "sobol": Needs("design", "independent"), "shuffle": Needs("either"), "slopes": Needs("either"),
}  # fmt: skip


def test_dependence_stands_first_and_says_what_it_means_for_each_method(by_hand):
    results = by_hand(NUMBERS, joint_law=PAIR, needs=NEEDS, r2=0.3)
    pair, single, ratio, laws = dependence(results)
    assert (pair.cause, pair.features, pair.sure) == (Cause.MOVE_TOGETHER, ("a", "b"), True)
    assert (single.cause, single.features) == (Cause.TOLD_BY_OTHERS, ("c",))
    assert single.number("variance inflation") == pytest.approx(1 / (1 - 0.99**2))
    assert (ratio.cause, ratio.output, ratio.number("variance ratio")) == (
        Cause.VARIANCE_RATIO, "y", 0.5,
    )  # fmt: skip
    assert laws.of("law", laws.methods) == [Law.PRODUCT, Law.SHUFFLED, Law.ROWS]
    first, by_method, unsettled = sentences(results)[:3]
    assert first.startswith("Inputs move together in the rows: a with b (not in a straight line")
    assert "c with the others together (R = 0.99, variance inflation 50)" in first
    assert "y 0.50 times the variance" in first
    assert by_method == (
        "By method: sobol asks also about combinations that the rows do not hold, so its index is "
        "not of the rows; shuffle leaves the rows by one shuffled column; slopes stays at "
        "the rows."
    )
    assert unsettled.startswith("How importance splits among inputs that move together")


def test_nothing_where_inputs_do_not_depend_on_each_other(by_hand):
    for law in (None, JointLaw(), JointLaw(ratios={"y": VarianceRatio(1.1, 1.05, 1.15)})):
        results = by_hand(NUMBERS, joint_law=law, needs=NEEDS)
        assert list(dependence(results)) == []
        assert not any("move together" in said for said in sentences(results))


def rows(n=400, rho=0.9, seed=0):
    return np.random.default_rng(seed).multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)


def problem_of(function, X):
    space = sb.InputSpace.of({"x1": list(X[:, 0]), "x2": list(X[:, 1])})
    return sb.Problem.of(function, space, X=X, outputs=["y"])


@pytest.mark.parametrize(("sign", "ratio"), [(1, 2 / 3.8), (-1, 2 / 0.2)])
def test_the_variance_of_independent_draws(sign, ratio):
    law = joint_law(problem_of(lambda x: x[:, 0] + sign * x[:, 1], rows()))
    value, low, high = law.ratios["y"]
    # Var(x1 ± x2) is 2 drawn apart and 2 ± 1.8 together
    assert low < ratio < high
    assert value == pytest.approx(ratio, rel=0.25)


def test_what_no_pair_shows_the_variance_does():
    signs = np.sign(np.random.default_rng(1).normal(size=(600, 3)))
    X = np.abs(np.random.default_rng(2).normal(size=(600, 3))) * signs
    X[:, 2] = np.abs(X[:, 2]) * signs[:, 0] * signs[:, 1]
    space = sb.InputSpace.of({f"x{i}": list(X[:, i]) for i in range(3)})
    problem = sb.Problem.of(lambda x: (2 + x.sign().prod(1)) * x[:, 0], space, X=X, outputs=["y"])
    law = joint_law(problem)
    assert not law.associations.pairs
    # together the product of the signs is 1, apart it is ±1: E(2 ± 1)² / 9
    assert law.ratios["y"].value == pytest.approx(5 / 9, rel=0.25)


def test_draws_of_independent_inputs_have_no_joint_law():
    assert joint_law(sb.problems.load("ishigami")) is None


def test_a_model_that_refuses_other_combinations_is_not_asked_for_its_variance():
    X = rows()

    def strict(x):
        if ((x[:, 0] - x[:, 1]).abs() > 2.5).any():
            raise ValueError("not a combination that I know")
        return x.sum(1)

    law = joint_law(problem_of(strict, X))
    assert law.associations.pairs
    assert law.ratios == {}


def test_a_joint_law_is_kept_with_the_results(by_hand):
    (question,) = by_hand(NUMBERS, joint_law=PAIR).questions.values()
    again = question_of_text(question_to_text(question), "p", "m")
    assert again.joint_law == PAIR
    assert depends(again)


def test_methods_that_ask_different_questions_are_not_averaged(by_hand):
    """Sobol' by independent draws, permutation and slopes of one input: each by itself."""
    results = by_hand(NUMBERS, joint_law=PAIR, needs=NEEDS)
    (question,) = results.questions.values()
    asked = [asked_by(method, question) for method in results.methods.values()]
    assert asked == [Asked.APART, Asked.ALONE, Asked.ALONE]
    assert foremost(asked, question) == Asked.ALONE  # what most ask
    frame = headline_shares(results)
    assert set(frame.loc[frame["averaged"], "estimator"]) == {"shuffle", "slopes"}
    assert set(same_question(frame, results)["estimator"]) == {"shuffle", "slopes"}
    (agreed,) = find(results).only(Cause.AGREEMENT)
    assert agreed.methods == ("shuffle", "slopes")
    declared = replace(question, law="joined by a Gaussian copula")
    assert foremost([Asked.APART, Asked.APART, Asked.TOGETHER], declared) == Asked.TOGETHER
    assert foremost([Asked.APART, Asked.ALONE], declared) == Asked.APART
    any_law = replace(results.methods["sobol"], needs=Needs("design"))
    assert asked_by(any_law, declared) == Asked.TOGETHER
    assert asked_by(results.methods["sobol"], declared) == Asked.APART
    assert not known_for(results.methods["sobol"], declared)
    assert known_for(any_law, declared)


@pytest.mark.parametrize(("rho", "low", "high"), [(0.0, 0.0, 0.12), (0.8, 0.2, 1), (0.99, 0.7, 1)])
def test_shuffled_rows_lie_off_the_data_where_inputs_depend(rho, low, high):
    X = rows(1000, rho)
    space = sb.InputSpace.uniform({"x1": (-9, 9), "x2": (-9, 9)})
    pair = Associations((Pair("x1", "x2", rho, rho, rho),))
    shares = off_the_rows(X, space, pair, np.random.default_rng(0))
    assert list(shares) == ["x1", "x2"]
    assert all(low <= share <= high for share in shares.values())


def test_shares_of_rows_off_the_data_are_those_of_plain_distances():
    X = rows(200, 0.9)
    space = sb.InputSpace.uniform({"x1": (-9, 9), "x2": (-9, 9)})
    pair = Associations((Pair("x1", "x2", 0.9, 0.9, 0.9),))
    shares = off_the_rows(X, space, pair, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    u = (stats.rankdata(X, axis=0) - 0.5) / len(X)
    u = u[rng.permutation(200)]
    known, real = u[:100], u[100:]
    moved = real.copy()
    moved[:, 0] = real[rng.permutation(100), 0]

    def nearest(part):
        return np.linalg.norm(part[:, None] - known[None], axis=2).min(axis=1)

    far = nearest(moved) > np.quantile(nearest(real), 0.95)
    assert shares["x1"] == pytest.approx(far.mean())


def test_shuffled_and_drawn_given_the_others_are_set_against_each_other(by_hand):
    numbers = {
        "shuffle": {"permutation_total_order": {"a": 0.5, "b": 0.3, "c": 0.2}},
        "drawn": {"conditional_permutation_total_order": {"a": 0.1, "b": 0.29, "c": 0.2}},
    }
    needs = dict.fromkeys(numbers, Needs("either"))
    law = replace(PAIR, off_rows={"a": 0.6, "b": 0.06})
    results = by_hand(numbers, joint_law=law, needs=needs)
    (apart,) = find(results).only(Cause.OFF_LAW)
    assert (apart.features, apart.methods) == (("a",), ("shuffle", "drawn"))
    assert (apart.number("shuffled"), apart.number("drawn")) == (0.5, 0.1)
    (off,) = find(results).only(Cause.OFF_ROWS)
    assert off.features == ("a",)
    said = " ".join(sentences(results))
    assert "a 60%" in said
    assert "a 0.50 against 0.10" in said
    assert list(find(by_hand(numbers, needs=needs)).only(Cause.OFF_LAW)) == []


def test_the_fit_of_a_law_is_measured_and_shown(by_hand):
    """A t copula by a Gaussian one: the tails are not its own, the rank correlation is."""
    t = stats.multivariate_t(shape=[[1, 0.5], [0.5, 1]], df=2).rvs(4000, random_state=0)
    space = sb.InputSpace.from_data(t, ["a", "b"], dependence="gaussian")
    problem = sb.Problem.of(lambda x: x.sum(1), space, X=t, outputs=["y"])
    law = joint_law(problem)
    fits = {fit.statistic: fit for fit in law.fits}
    assert set(fits) == {"rank correlation", "lower tail", "upper tail"}
    assert fits["rank correlation"].fits
    assert not fits["upper tail"].fits
    assert fits["upper tail"].data > fits["upper tail"].high
    results = by_hand(NUMBERS, joint_law=law, needs=NEEDS)
    (table,) = LawTable().tables(results)
    assert table.shown["fits"].tolist().count("no") == 2
    assert table.shown["statistic"].iloc[-1] == "rank correlation"
    (question,) = results.questions.values()
    assert question_of_text(question_to_text(question), "p", "m").joint_law == law


def test_a_joint_law_of_before_has_neither_fits_nor_distances():
    content = {"associations": {"pairs": [], "on_others": []}, "ratios": {}, "product": False,
               "rows": 50}  # fmt: skip
    assert JointLaw.from_plain(content) == JointLaw(rows=50)


def test_of_many_outputs_none_is_called_changed_by_chance(rng):
    """Two hundred outputs of independent inputs: the intervals hold together, as one's does."""
    X = rng.normal(size=(600, 6))
    weights = torch.from_numpy(rng.normal(size=(6, 200)))
    space = sb.InputSpace.from_data(X)

    def law_of_first(n):
        def model(x):
            return torch.tanh(x.double() @ weights[:, :n])

        outputs = [f"y{k}" for k in range(n)]
        return joint_law(sb.Problem.of(model, space, X=X, outputs=outputs)).ratios

    one, many = law_of_first(1)["y0"], law_of_first(200)
    assert many["y0"].value == pytest.approx(one.value)
    wider = np.log(many["y0"].high / many["y0"].value) / np.log(one.high / one.value)
    # Bonferroni: of 200 intervals, each misses with 0.01/200
    assert wider == pytest.approx(stats.norm.isf(0.005 / 200) / stats.norm.isf(0.005))
    assert not any(r.low > 1 or r.high < 1 for r in many.values())
