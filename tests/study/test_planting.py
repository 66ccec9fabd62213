"""Planting in a study file: strict, by content, and known to whoever reads the results."""

import numpy as np
import pytest
import yaml

from sensbench.errors import StudyError
from sensbench.findings.planted import planted
from sensbench.report import write_report
from sensbench.report.planted_tables import planted_tables
from sensbench.report.wording import sentences, words
from sensbench.study.config import check_study
from sensbench.study.planning import plan_of
from sensbench.study.runner import run_study
from sensbench.study.store import ResultStore

PLANT = {"noise": 2, "copies": ["bmi", "sex"]}
SMALL = {
    "name": "small",
    "problems": [{"name": "diabetes", "plant": PLANT}],
    "models": [{"name": "mlp", "hidden": []}],
    "estimators": ["gradient", "permutation"],
    "budgets": [4000],
}


def study(**changes):
    return check_study({**SMALL, **changes}, "test")


def keys(**changes):
    subjects = plan_of(study(**changes)).subjects.items()
    return [(key, one.problem_label, one.model_label) for key, one in subjects]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    run_study(study(), folder)
    with ResultStore(folder / "results.sqlite") as store:  # as kept
        return store.results()


def test_the_resolved_study_reads_back_the_same():
    both = study(problems=["diabetes", SMALL["problems"][0], {"name": "ishigami", "a": 5}])
    content = yaml.safe_load(both.as_yaml())
    assert content["problems"] == [
        {"name": "diabetes"},
        {"name": "diabetes", "plant": {**PLANT, "seed": 0}},
        {"name": "ishigami", "a": 5},
    ]
    assert check_study(content, "again") == both


def test_what_is_planted_makes_the_question():
    plain, planted = keys(problems=["diabetes"]), keys()
    again, other = keys(), keys(problems=[{"name": "diabetes", "plant": {**PLANT, "seed": 1}}])
    assert planted == again
    assert len({plain[0][0], planted[0][0], other[0][0]}) == 3
    both = keys(problems=["diabetes", *SMALL["problems"]])
    assert both[0][0] == plain[0][0]
    assert [label for _, label, _ in both] == [
        "diabetes", "diabetes(plant=2 noise, copy of bmi, copy of sex)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "match"),
    [
        ({"nois": 3}, r"problems\[0\].plant.nois: .* did you mean noise\? \(known: noise, copies"),
        ({"noise": -3}, r"problems\[0\].plant.noise: .* got -3"),
        ({"noise": 2.5}, r"problems\[0\].plant.noise: .* got 2.5"),
        ({"copies": "bmi"}, r"problems\[0\].plant.copies: expected a list"),
        (3, r"problems\[0\].plant"),
    ],
)
def test_mistakes_are_told_with_their_place(plant, match):
    with pytest.raises(StudyError, match=match):
        study(problems=[{"name": "diabetes", "plant": plant}])


@pytest.mark.parametrize(
    ("problem", "match"),
    [
        ({"name": "diabetes", "plant": {"copies": ["bmj"]}}, "did you mean 'bmi'"),
        ({"name": "diabetes", "plant": {}}, "expected noise= or copies="),
        ({"name": "ishigami", "plant": {"noise": 1}}, "got a function"),
    ],
)
def test_what_cannot_be_planted_is_told_before_anything_runs(problem, match, tmp_path):
    with pytest.raises(StudyError, match=r"problems\[0\].plant: plant in .*" + match):
        run_study(study(problems=[problem]), tmp_path)


def test_kept_results_know_what_is_planted_and_where_the_data_are_from(results):
    question = results.questions["diabetes", "mlp"]
    assert question.planted == {
        "noise_1": "", "noise_2": "", "bmi_copy": "bmi", "sex_copy": "sex"
    }  # fmt: skip
    assert "Efron" in question.source
    assert "scikit-learn" in question.licence


def test_tables_against_the_frame(results):
    noise, copies = planted_tables(results)
    shares = results.headline().pivot(index="feature", columns="estimator", values="value")
    slopes = shares["gradient"].dropna() ** 2
    row = noise.data.set_index("estimator").loc["gradient"]
    bar = slopes[["noise_1", "noise_2"]].max()
    real = slopes.drop(["noise_1", "noise_2", "bmi_copy"])
    real["bmi"] = max(slopes["bmi"], slopes["bmi_copy"])
    assert (row["real"], row["real_not_above"]) == (len(real), int((real <= bar).sum()))
    assert row["best_noise_rank"] == (slopes > bar).sum() + 1
    bmi = copies.data.set_index(["estimator", "copy"]).loc[("gradient", "bmi_copy")]
    part = slopes["bmi_copy"] / (slopes["bmi"] + slopes["bmi_copy"])
    assert bmi["copy_part"] == pytest.approx(part)
    sex = copies.shown[copies.shown["input"] == "sex"].iloc[0]
    assert sex["the copy's part"] == "n/a"  # the gradient of a discrete input


def test_sentences_name_methods_that_noise_fools(results):
    noise, copies = words(planted(results, "disease_progression"))
    assert set(sentences(results)) >= {noise, copies}
    row = planted_tables(results)[0].data.set_index("estimator").loc["gradient"]
    assert row["real_not_above"] > 0  # of this network
    assert f"{row['real_not_above']} of {row['real']} by gradient" in noise
    assert "bmi_copy takes" in copies


@pytest.mark.slow
def test_page_shows_planted_columns_source_and_licence(results, tmp_path):
    page = write_report(results, tmp_path / "index.html", files=True).read_text()
    for text in ("Planted noise", "Planted copies", "planted copy of bmi: ", "planted noise: ",
                 "doi:10.1214/009053604000000067", "Licence: none stated"):  # fmt: skip
        assert text in page
    kept = np.genfromtxt(
        tmp_path / "tables" / "diabetes-mlp-planted-noise.csv",
        delimiter=",", names=True, dtype=None, encoding=None,
    )  # fmt: skip
    assert kept["estimator"].tolist() == ["gradient", "permutation"]


def test_without_planting_nothing_is_said(tmp_path):
    results, _ = run_study(study(problems=["diabetes"]), tmp_path)
    assert planted_tables(results) == []
    assert planted(results, "disease_progression") == []
