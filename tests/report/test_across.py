"""The answer of a study over its problems."""

import re

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from sensbench.metrics.across_problems import RankTest, accuracy_across, rank_test
from sensbench.report.across import across
from sensbench.report.across_said import (
    coverage_rows,
    coverage_verdict,
    error_rows,
    error_verdict,
)
from sensbench.study.config import check_study
from sensbench.study.runner import run_study


def studied(tmp_path, problems, estimators=("gradient", "sobol", "permutation"), **more):
    content = {
        "name": "s", "problems": problems, "estimators": list(estimators), "budgets": [300, 3000],
        "replicates": 3, "models": ["function"], **more,
    }  # fmt: skip
    return run_study(check_study(content, "s"), tmp_path)[0]


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    names = ["ishigami", "sobol_g", "linear_gaussian", "friedman_6d"]
    return studied(tmp_path_factory.mktemp("four"), names)


def test_errors_are_those_of_the_export(four, tmp_path):
    """Recomputed from the frame: ‖estimate − truth‖/‖truth‖, mean over replicates and problems."""
    given = across(four).columns[0].table.data.set_index(["estimator", "budget"])
    frame = four.frame
    rows = frame[(frame["measure"] == "total_order") & (frame["estimator"] == "sobol")]
    errors = []
    for (problem, replicate), part in rows[rows["budget"] == 3000].groupby(
        ["problem", "replicate"]
    ):
        truth = sb.problems.load(problem).truth["total_order"].value[0]
        gap = part["value"].to_numpy() - truth
        errors.append((problem, replicate, (gap @ gap) ** 0.5 / (truth @ truth) ** 0.5))
    mean = pd.DataFrame(errors)[2].mean()
    assert given.loc[("sobol", 3000), "relative_error"] == pytest.approx(mean)
    assert given.loc[("sobol", 3000), "problems"] == 4


@pytest.mark.slow
def test_it_stands_on_the_page_with_its_file(four, tmp_path):
    from sensbench.report import write_report

    page = write_report(four, tmp_path / "index.html", files=True)
    text = page.read_text("utf-8")
    assert text.index("Accuracy over all problems") < text.index('<section id="ishigami')
    assert "Average ranks over 4 problems" in text
    assert len(pd.read_csv(tmp_path / "tables" / "across-problems.csv")) == 6
    assert (tmp_path / "tables" / "errors-by-budget.tex").read_text().count(r"\\") == 4
    assert {p.name for p in (tmp_path / "figures").glob("average-ranks.*")} == {
        f"average-ranks.{kind}" for kind in ("svg", "pdf", "png", "csv")
    }  # fmt: skip
    ranks = re.search(r"Average ranks over 4 problems at 3,000 rows: ([^<]*?)\. ", text)[1]
    assert {name for name, _ in re.findall(r"(\w+) (\d\.\d)", ranks)} == {
        "gradient", "sobol", "permutation",
    }  # fmt: skip


def test_of_two_problems_ranks_are_not_tested(tmp_path):
    over = across(studied(tmp_path, ["ishigami", "sobol_g"]))
    assert any("Ranks are not tested" in block.text for block in over.blocks)


def test_one_problem_has_no_comparison_over_problems(tmp_path):
    assert across(studied(tmp_path, ["ishigami"])) is None


def coverages(*rows):
    columns = ["estimator", "covered", "covered_low", "covered_high", "level"]
    means = pd.DataFrame(rows, columns=columns)
    return means.assign(budget=100, problems=4, relative_error=0.1, bias=0.0)


def test_a_coverage_is_judged_by_its_own_interval_and_the_level_asked_for():
    said = coverage_verdict(
        coverages(
            ("far", 0.60, 0.50, 0.70, 0.95),
            ("open", 0.85, 0.60, 0.96, 0.95),
            ("good", 0.95, 0.91, 0.97, 0.95),
            ("lower", 0.80, 0.74, 0.85, 0.80),
            ("once", 0.50, float("nan"), float("nan"), 0.95),
        ),
        None,
    )  # fmt: skip
    assert said == (
        "At 100 rows hold: good 0.95 (0.91 to 0.97) and lower 0.80 (0.74 to 0.85); short: far 0.60 "
        "(0.50 to 0.70); not settled: open 0.85 (0.60 to 0.96) and once 0.50."
    )


@pytest.mark.parametrize(
    ("error", "replicates", "said"),
    [(0.01, 3, False), (0.01, 30, True), (0.004, 3, True), (float("nan"), 1, False)],
)
def test_a_bias_is_said_where_it_is_beyond_what_few_replicates_differ_by(error, replicates, said):
    """-6 % ± 1 of three replicates: t = 6 with two degrees of freedom, p = .027, of two methods."""
    means = coverages(("low", 0.9, 0.8, 0.95, 0.95), ("right", 0.95, 0.9, 0.97, 0.95)).assign(
        bias=[-0.06, 0.0], bias_error=error, covered_error=0.01, replicates=replicates,
        claimed=np.nan, claimed_error=np.nan,
    )  # fmt: skip
    rows = [row for row in coverage_rows(means, None) if row.label == "Bias"]
    assert bool(rows) == said
    if said:
        assert rows[0].texts == [
            "low is 6.0 % too low at 100 rows, by more than replicates differ: its intervals do "
            "not cover that."
        ]


@pytest.mark.parametrize(("gap", "said"), [(1.0, "16 problems would"), (0.1, "do not help")])
def test_more_problems_are_advised_only_where_they_help(gap, said):
    ranks = pd.Series({"a": 1.5, "b": 1.5 + gap, "c": 3.5})
    rows = error_rows(pd.DataFrame(), RankTest(100, ranks, 4, 0.2, 2.0))
    assert said in next(row.texts[0] for row in rows if row.label == "Next")


def errors_of(by_method, budget=100):
    """Return errors by method and problem, two replicates 0.01 apart."""
    rows = [
        {"problem": problem, "model": "function", "output": "y", "budget": budget,
         "estimator": method, "measure": "m", "replicate": r,
         "relative_error": error + 0.01 * (r - 0.5),
         "bias": 0.0, "max_error": error, "misordered": 0.0, "covered": 1.0, "claimed": np.nan}
        for method, errors in by_method.items()
        for problem, error in errors.items()
        for r in (0, 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_verdict_compares_on_the_problems_that_all_answer():
    sobol = {"a": 0.3, "b": 0.2, "c": 0.01}
    errors = errors_of({"sobol": sobol, "gradient": {"a": 0.1, "b": 0.1}})
    said = error_verdict(errors, accuracy_across(errors), None)
    assert said == (
        "gradient 10 ± 0.4 % and sobol 25 ± 0.4 % at 100 rows on the 2 problems that both answer "
        "(a and b): ranks are not tested."
    )


def test_nothing_is_compared_where_no_two_methods_answer_a_problem():
    errors = errors_of({"sobol": {"a": 0.3}, "gradient": {"b": 0.1}})
    said = error_verdict(errors, accuracy_across(errors), None)
    assert said == "No problem has known values of two methods' measures: none is compared."


def test_one_method_of_few_problems_does_not_take_the_others_test_away():
    known = {p: 0.1 for p in "abcdefgh"}
    three = {"one": known, "two": {p: 0.2 for p in known}, "three": {p: 0.3 for p in known}}
    errors = errors_of({**three, "seldom": {"a": 0.01}})
    test = rank_test(errors)
    assert test is not None
    assert (test.problems, list(test.ranks.index)) == (8, ["one", "two", "three"])
    said = error_verdict(errors, accuracy_across(errors), test)
    assert said.startswith(
        "one: 10 ± 0.2 % at 100 rows, first on 8 of the 8 problems that all 3 answer; ranks "
    )
