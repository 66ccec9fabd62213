"""The comparison of estimators of total order: scenarios, scores and what is made of them."""

import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import sensbench as sb
from experiments.total_order import judged
from experiments.total_order.measured import CONTENDERS, measured, read, run, scores
from experiments.total_order.page import answer, page
from experiments.total_order.scenarios import savage_scores, scenarios


def test_savage_scores_are_sums_of_reciprocals():
    # by hand: 1 + 1/2 + 1/3 + 1/4, 1/2 + 1/3 + 1/4, …
    by_hand = [Fraction(25, 12), Fraction(13, 12), Fraction(7, 12), Fraction(1, 4)]
    np.testing.assert_allclose(savage_scores(np.array([9.0, 4, 2, 1])), list(map(float, by_hand)))
    tied = savage_scores(np.array([1.0, 7, 7, 0]))
    np.testing.assert_allclose(tied[[1, 2]], float(by_hand[0] + by_hand[1]) / 2)
    np.testing.assert_allclose(tied.sum(), 4)


def test_scores_of_the_exact_order_are_one_and_of_its_mirror_are_worse():
    exact = np.array([0.5, 0.3, 0.1, 0.01])
    assert scores(exact**3, exact) == {"correlation": pytest.approx(1), "first": 1}
    assert scores(-exact, exact)["correlation"] < -0.5
    assert scores(np.ones(4), exact)["correlation"] == 0


def test_scenarios_cover_what_they_say_and_are_the_same_again():
    some = list(scenarios(64))
    assert some == list(scenarios(64))
    assert some[:20] == list(scenarios(20))
    assert {s.design for s in some} == {"sobol", "monte_carlo"}
    assert {s.shapes for s in some} == {"becker_2020", "differentiable"}
    assert min(s.d for s in some) < 10
    assert max(s.d for s in some) > 90
    assert all(3 <= s.d <= 100 and 0.3 <= s.pairs <= 0.5 for s in some)


def small():
    return next(s for s in scenarios(512) if s.d <= 6 and s.shapes == "differentiable")


def test_every_contender_runs_within_the_budget_and_is_what_the_estimator_says():
    scenario = small()
    lines = {line["contender"]: line for line in measured(scenario, CONTENDERS)}
    assert set(lines) == set(CONTENDERS)
    done = {c: line for c, line in lines.items() if "reason" not in line}
    assert len(done) >= 11
    assert all(line["rows"] <= scenario.budget for line in done.values())
    estimator = sb.estimators.load("sobol", total="janon", design=scenario.design)
    problem = scenario.problem()
    value = estimator.estimate(problem, budget=scenario.budget, seed=scenario.number)
    off = np.abs(value["total_order"].value - problem.truth["total_order"].value).mean()
    assert lines["sobol janon"]["error"] == pytest.approx(float(off))


def test_a_killed_run_goes_on_and_a_new_contender_is_added(monkeypatch, tmp_path):
    from experiments.total_order import measured as module

    monkeypatch.setattr(module, "scenarios", lambda count: [small()])
    few = {c: CONTENDERS[c] for c in ("sobol jansen", "gradient")}
    monkeypatch.setattr(module, "CONTENDERS", few)
    file = tmp_path / "measured.jsonl"
    assert len(list(run(file, 1))) == 1
    with file.open("a") as stream:
        stream.write('{"number": 1, "cont')
    assert not list(run(file, 1))
    monkeypatch.setattr(module, "CONTENDERS", {**few, "morris": CONTENDERS["morris"]})
    assert len(list(run(file, 1))) == 1
    assert [line["contender"] for line in read(file)] == ["sobol jansen", "gradient", "morris"]


@pytest.fixture
def lines():
    rng = np.random.default_rng(0)
    level = {"sobol jansen": 0.9, "sobol janon": 0.9, "sobol owen": 0.3, "gradient": 0.6}
    return pd.DataFrame([
        {
            "number": k, "contender": c, "d": 10 + k % 80, "base_rows": 32, "design": "sobol",
            "inputs": "uniform", "shapes": "differentiable", "first": 1.0,
            "correlation": mean + 0.02 * rng.standard_normal(), "error": 0.1,
        }
        for k in range(200) for c, mean in level.items()
    ])  # fmt: skip


def test_summary_and_pairs_tell_apart_what_differs_and_nothing_else(lines):
    summary = judged.summary(lines).set_index("contender")
    assert set(summary.index[:2]) == {"sobol jansen", "sobol janon"}
    assert summary.index[-1] == "sobol owen"
    assert summary.loc["gradient", "ahead"] == pytest.approx(1 / 3)
    assert summary.loc["sobol owen", "ahead"] == 0
    alike = judged.pairs(lines)
    same = alike["one"].isin(["sobol jansen", "sobol janon"]) & alike["other"].isin(
        ["sobol jansen", "sobol janon"]
    )
    assert alike.loc[same, "p_holm"].item() > 0.05
    assert (alike.loc[~same, "p_holm"] < 1e-6).all()


def test_medians_have_intervals_that_hold(lines):
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        low, high = judged._of_median(rng.standard_normal(100))
        held += low <= 0 <= high
    assert held >= 51


def test_the_page_says_what_the_tables_hold(lines):
    summary, alike = judged.summary(lines), judged.pairs(lines)
    sentences = answer(summary, alike)
    assert "sobol jan" in sentences[0]
    assert "Not told apart" in sentences[0]
    assert "in 0% of them" in sentences[2]
    text = page(summary, alike, judged.parts(lines), "versions")
    assert text.count("<table") == 3
    links = re.findall(r"(?:src|href)=['\"]([^#'\"][^'\"]*)", text)
    assert links
    assert all(link.startswith("https://doi.org/") for link in links)
