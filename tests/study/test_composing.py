"""Study files of several parts: grids, own budgets, selections, what they extend; their schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from sensbench.cli import main
from sensbench.errors import StudyError
from sensbench.files import plain_yaml
from sensbench.study.config import check_study, load_study
from sensbench.study.json_schema import study_schema
from sensbench.study.planning import plan_of

EXAMPLES = sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml"))
STUDY = {
    "name": "parts",
    "problems": ["ishigami", {"name": "sobol_g", "budgets": [50]}],
    "estimators": [
        "gradient",
        {"name": "sobol", "grid": {"resamples": [20, 30], "second_order": [True, False]}},
        {"name": "morris", "budgets": [80]},
    ],
    "budgets": [100, 200],
}


def cells(**changes):
    plan = plan_of(check_study({**STUDY, **changes}, "test"))
    return {(c.problem, c.method.label, c.budget) for c in plan.cells}


def test_grids_and_budgets_of_their_own():
    found = cells()
    assert len(found) == (1 + 4) * 2 + 1 + (1 + 4) + 1
    assert {b for p, m, b in found if p == "ishigami" and m == "gradient"} == {100, 200}
    assert {b for p, m, b in found if p == "sobol_g" and m == "gradient"} == {50}
    assert {b for p, m, b in found if m == "morris"} == {80}
    assert sum("resamples=20" in m and "second_order=False" in m for _, m, _ in found) == 3


def test_what_is_resolved_is_the_same_study():
    study = check_study(STUDY, "test")
    assert check_study(plain_yaml.load(study.as_yaml(), "again"), "again") == study
    assert "grid" not in study.as_yaml()


def test_include_and_exclude():
    everything = cells()
    less = cells(exclude=[{"problem": "ishigami", "estimator": ["sobol", "morris"]}])
    assert less == {c for c in everything if c[0] != "ishigami" or c[1] == "gradient"}
    assert cells(include=[{"budget": 200}, {"estimator": "morris"}]) == {
        c for c in everything if c[2] == 200 or c[1] == "morris"
    }
    with pytest.raises(StudyError, match=r"exclude\[0\]: expected cells .*'estimator': \['sobl'\]"):
        cells(exclude=[{"estimator": "sobl"}])
    with pytest.raises(StudyError, match="include and exclude leave none"):
        cells(exclude=[{"budget": [50, 80, 100, 200]}])
    with pytest.raises(StudyError, match=r"exclude\[0\].estimators: .*did you mean estimator"):
        cells(exclude=[{"estimators": "sobol"}])


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ([1], "expected parameters with lists"),
        ({"resamples": 3}, "expected parameters with lists"),
        ({"resamples": []}, "expected parameters with lists"),
        ({"name": ["sobol"]}, "expected name beside it or in it"),
        ({"resamples": list(range(200)), "a": list(range(200))}, "at most 10,000"),
    ],
)
def test_grids_that_are_none(grid, told):
    with pytest.raises(StudyError, match=rf"test: estimators\[0\].grid: .*{told}"):
        cells(estimators=[{"name": "sobol", "grid": grid}])


def test_a_study_extends_another(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "base.yaml").write_text(
        "name: base\nproblems: [{name: table, path: rows.csv, target: y}]\nmodels: [mlp]\n"
        "estimators: [gradient, sobol]\nbudgets: [100]\nreplicates: 4\n"
    )
    path = tmp_path / "study.yaml"
    path.write_text("extends: data/base.yaml\nname: more\nbudgets: [300]\n")
    study = load_study(path, {"seed": 3})
    assert (study.name, study.budgets, study.replicates, study.seed) == ("more", (300,), 4, 3)
    assert study.problems[0].params["path"] == str(tmp_path / "data" / "rows.csv")
    (tmp_path / "data" / "base.yaml").write_text("extends: ../study.yaml\nname: base\n")
    with pytest.raises(StudyError, match=r"study.yaml → base.yaml → study.yaml"):
        load_study(path)
    path.write_text("extends: none.yaml\n")
    with pytest.raises(StudyError, match=r"none.yaml: expected a readable study file"):
        load_study(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid_by_the_schema(path):
    jsonschema.validate(plain_yaml.load(path.read_text(), path.name), study_schema())


def test_the_schema_knows_what_the_reader_does():
    printed = CliRunner().invoke(main, ["schema"])
    schema = json.loads(printed.output)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(STUDY, schema)
    jsonschema.validate({"extends": "base.yaml"}, schema)
    jsonschema.validate({**STUDY, "models": [{"file": "net.py:Net"}]}, schema)
    for wrong in (
        {"budgt": [3]},
        {"exclude": [{"estimators": "sobol"}]},
        {"problems": [{"name": "diabetes", "plant": {"nois": 3}}]},
        {"limits": {"time": 3}},
        {"budgets": []},
        {"estimators": [{"resamples": 3}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**STUDY, **wrong}, schema)
        with pytest.raises(StudyError):
            check_study({**STUDY, **wrong}, "test")


def test_a_dry_run_says_what_it_would_take(tmp_path):
    study, out = tmp_path / "study.yaml", tmp_path / "out"
    study.write_text(plain_yaml.dump(STUDY))

    def run(*options):
        line = ["run", str(study), "--out", str(out), "--workers", "0", *options]
        return CliRunner().invoke(main, line, catch_exceptions=False).output

    told = run("--dry-run")
    assert "parts: 17 cells, 0 of them there" in told
    # by hand: 5 methods · (100 + 200) + 80, and 5 · 50 + 80
    assert f"at most {5 * 300 + 80 + 5 * 50 + 80:,}" in told
    assert "time: unknown" in told
    assert not out.exists()
    run("--no-report")
    told = run("--dry-run", "--set", "budgets=[100, 200, 400]")
    assert "22 cells, 17 of them there" in told
    assert "at most 2,000" in told
    assert "by the cells there" in told
