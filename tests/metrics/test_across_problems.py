import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sensbench.metrics.across_problems import (
    accuracy_across,
    alike,
    first_budgets,
    profiles,
    rank_test,
    wilson,
)


def errors(rng, problems, methods=("a", "b", "c"), replicates=4, shift=(0.0, 0.0, 0.0)):
    rows = [
        (p, m, budget, r, "y", 0.1 + abs(rng.normal()) + shift[k], 0.9)
        for p, (k, m), budget, r in itertools.product(
            range(problems), enumerate(methods), (100, 400), range(replicates)
        )
    ]
    columns = ["problem", "estimator", "budget", "replicate", "output", "relative_error", "covered"]
    return pd.DataFrame(rows, columns=columns)


def test_means_over_problems_and_their_error_over_replicates(rng):
    frame = errors(rng, 5)
    table = accuracy_across(frame).set_index(["estimator", "budget"])
    part = frame[(frame["estimator"] == "b") & (frame["budget"] == 400)]
    by_problem = [rows["relative_error"].to_numpy() for _, rows in part.groupby("problem")]
    line = table.loc[("b", 400)]
    assert line["relative_error"] == pytest.approx(np.mean(by_problem))
    squares = sum(stats.sem(replicates) ** 2 for replicates in by_problem)
    assert line["error"] == pytest.approx(squares**0.5 / 5)
    assert (line["problems"], line["covered"]) == (5, pytest.approx(0.9))


def test_a_problem_of_many_outputs_counts_once(rng):
    frame = errors(rng, 2, replicates=1)
    twice = pd.concat([frame, frame.assign(output="z")[frame["problem"] == 0]])
    pd.testing.assert_frame_equal(accuracy_across(frame), accuracy_across(twice))


def test_the_rank_test_is_friedmans_with_iman_and_davenports_correction(rng):
    """F from SciPy's chi-square; replicates are averaged first."""
    frame = errors(rng, 12)
    found = rank_test(frame)
    means = frame[frame["budget"] == 400].pivot_table("relative_error", "problem", "estimator")
    square = stats.friedmanchisquare(*means.to_numpy().T).statistic
    f = 11 * square / (12 * 2 - square)
    assert found.p_value == pytest.approx(stats.f.sf(f, 2, 22))
    assert (found.budget, found.problems) == (400, 12)
    assert found.ranks.sum() == pytest.approx(6.0)
    # Demšar 2006, table 5: q = 2.343 for three methods
    assert found.critical_difference == pytest.approx(2.343 * np.sqrt(12 / (6 * 12)), rel=1e-3)


@pytest.mark.slow
def test_methods_that_are_alike_differ_in_one_case_of_twenty():
    tests = [rank_test(errors(np.random.default_rng(s), 10, replicates=1)) for s in range(400)]
    rate = np.mean([test.differ for test in tests])
    assert abs(rate - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400)


def test_a_method_that_is_worse_everywhere_is_told(rng):
    found = rank_test(errors(rng, 8, shift=(0.0, 0.0, 9.0)))
    assert found.differ
    assert found.ranks["c"] == 3.0


def test_too_few_problems_or_methods_give_no_test(rng):
    assert rank_test(errors(rng, 2)) is None
    assert rank_test(errors(rng, 9, methods=("a", "b"))) is None


def test_one_order_on_few_problems_is_no_certainty():
    """Of three methods on four problems, all alike by chance: (1/6)³."""
    rows = [(p, m, 100, 0, "y", k + p / 10, 0.9) for p in range(4) for k, m in enumerate("abc")]
    columns = ["problem", "estimator", "budget", "replicate", "output", "relative_error", "covered"]
    assert rank_test(pd.DataFrame(rows, columns=columns)).p_value == pytest.approx(1 / 216)


@pytest.mark.slow
def test_the_error_is_how_far_means_of_other_replicates_lie(rng):
    """Problems are fixed and of different difficulty; the same study again, 400 times."""
    level = rng.uniform(0.1, 3.0, size=(6, 1))
    means, said = [], []
    for _ in range(400):
        drawn = level * (1 + 0.3 * rng.normal(size=(6, 4)))
        rows = [
            (p, "a", 100, r, drawn[p, r], 0.9) for p, r in itertools.product(range(6), range(4))
        ]
        columns = ["problem", "estimator", "budget", "replicate", "relative_error", "covered"]
        line = accuracy_across(pd.DataFrame(rows, columns=columns)).iloc[0]
        means.append(line["relative_error"])
        said.append(line["error"] ** 2)
    assert np.mean(said) ** 0.5 == pytest.approx(np.std(means, ddof=1), rel=0.15)


def test_a_problem_that_was_run_once_leaves_the_error_unknown(rng):
    frame = errors(rng, 3)
    once = frame[(frame["problem"] > 0) | (frame["replicate"] == 0)]
    assert accuracy_across(once)["error"].isna().all()
    assert accuracy_across(once)["relative_error"].notna().all()


def test_the_first_budget_is_one_that_lasts():
    rows = [
        ("a", "p", budget, r, error, wrong)
        for budget, error, wrong in ((1, 0.04, 0.0), (2, 0.2, 0.1), (4, 0.05, 0.0), (8, 0.01, 0.0))
        for r in range(2)
    ] + [("b", "p", budget, 0, 0.5, 0.0) for budget in (1, 2, 4, 8)]
    columns = ["estimator", "problem", "budget", "replicate", "relative_error", "misordered"]
    found = first_budgets(pd.DataFrame(rows, columns=columns), 0.05).set_index("estimator")
    assert found.loc["a", ["accurate", "ordered"]].tolist() == [4, 4]
    assert np.isnan(found.loc["b", "accurate"])
    assert found.loc["b", "ordered"] == 1


def test_profiles_are_parts_of_the_problems():
    table = pd.DataFrame({"a": [1.0, 1.0, 4.0], "b": [2.0, 3.0, 1.0]})
    curves = profiles(table)

    def at(method, factor):
        return curves.query("estimator == @method and factor <= @factor")["part"].max()

    assert at("a", 1) == pytest.approx(2 / 3)
    assert at("b", 1) == pytest.approx(1 / 3)
    assert at("b", 2) == pytest.approx(2 / 3)
    assert at("a", 4) == at("b", 3) == 1.0


def test_groups_that_are_not_told_apart_are_the_largest():
    ranks = pd.Series({"a": 1.0, "b": 2.0, "c": 2.5, "d": 5.0, "e": 5.4})
    assert alike(ranks, 1.2) == [("a", "b"), ("b", "c"), ("d", "e")]
    assert alike(ranks, 0.1) == []
    assert alike(ranks, 9.0) == [("a", "b", "c", "d", "e")]


def coverage(parts, errors, runs):
    low, high = wilson(*map(pd.Series, (parts, errors, runs)))
    return low.to_numpy(), high.to_numpy()


def test_where_all_runs_agree_each_counts_as_one():
    """SciPy's interval of 12 of 12; Wilson's lower end of n of n is n/(n + z²)."""
    low, high = coverage([1.0, 0.0], [0.0, 0.0], [12, 12])
    for k, successes in enumerate((12, 0)):
        exact = stats.binomtest(successes, 12).proportion_ci(method="wilson")
        assert (low[k], high[k]) == pytest.approx((exact.low, exact.high))
    assert low[0] == pytest.approx(12 / (12 + 1.959964**2))


def test_independent_intervals_count_singly():
    """The error of 36 of 40 independent ones gives SciPy's interval of 36 of 40."""
    low, high = coverage([0.9], [(0.9 * 0.1 / 40) ** 0.5], [8])
    exact = stats.binomtest(36, 40).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high))


def test_one_replicate_says_nothing_of_the_coverage():
    assert np.isnan(coverage([0.8], [np.nan], [4])).all()
