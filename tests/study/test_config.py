import pytest

from sensbench.errors import StudyError
from sensbench.files import plain_yaml
from sensbench.study.config import check_study, load_study

GOOD = """
name: s
problems: [ishigami, {name: sobol_g, a: [0, 1]}]
estimators:
  - gradient
  - {name: sobol, resamples: 50}
budgets: [100]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "study.yaml"
        path.write_text(text)
        return path

    return write


def test_a_plug_in_is_a_name_or_a_name_with_parameters(write):
    study = load_study(write(GOOD))
    assert [p.name for p in study.problems] == ["ishigami", "sobol_g"]
    assert study.problems[1].params == {"a": [0, 1]}
    assert study.estimators[1].params == {"resamples": 50}
    assert (study.models[0].name, study.replicates, study.seed) == ("function", 1, 0)


def test_set_replaces_values_by_dotted_keys(write):
    changes = {"budgets.0": 7, "estimators.1.resamples": 9, "seed": 3, "problems.0": "linregnet"}
    study = load_study(write(GOOD), changes)
    assert study.budgets == (7,)
    assert study.estimators[1].params == {"resamples": 9}
    assert study.seed == 3
    assert study.problems[0].name == "linregnet"
    study = load_study(write(GOOD), {"estimators.0.resamples": 9})
    assert study.estimators[0].params == {"resamples": 9}
    with pytest.raises(StudyError, match=r"'problems\.9\.name'"):
        load_study(write(GOOD), {"problems.9.name": 1})


def test_numbers_mean_what_they_say(write):
    text = GOOD.replace("[100]", "[0200, 1_000, 0x10]").replace("resamples: 50", "resamples: 1e-3")
    study = load_study(write(text + "seed: 010\ntitle: 12:30\n"), {"problems.1.a": [0.5]})
    assert study.budgets == (200, 1000, 16)
    assert study.seed == 10
    assert study.title == "12:30"
    assert study.estimators[1].params == {"resamples": 0.001}
    assert check_study(plain_yaml.load(study.as_yaml(), "again"), "again") == study


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "2026-01-31", "1e", "0x"])
def test_words_are_words(write, word):
    text = GOOD.replace("ishigami,", f"{{name: table, path: d.csv, target: {word}, {word}: 1}},")
    params = load_study(write(text)).problems[0].params
    assert params["target"] == word
    assert params[word] == 1


def test_paths_are_relative_to_the_study_file(write, tmp_path):
    text = GOOD.replace("ishigami,", "{name: table, path: d.csv, target: y},")
    study = load_study(write(text))
    assert study.problems[0].params["path"] == str(tmp_path / "d.csv")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("budgets", "budget", r"study.yaml: budget: expected a known key; did you mean budgets"),
        ("budgets: [100]", "", r"budgets: expected this key; it is missing"),
        ("[100]", "[0]", r"budgets: expected rows, at least 1; got 0"),
        ("[100]", "[]", r"budgets: expected at least one entry; got \[\]"),
        ("[100]", "[10000000000]", r"budgets: expected at most 1,000,000,000 rows; got 10,000,000"),
        ("[100]", "[12:30]", r"budgets\[0\]: .*valid integer.*got '12:30'"),
        ("[100]", "[1e3]", r"budgets\[0\]: .*valid integer.*got 1000.0"),
        ("[100]", "[" * 3000, r"study.yaml: expected YAML; got more than 50 lists inside"),
        ("name: s\n", 'name: s\ntitle: "\\ud800"\n', r"study.yaml: expected YAML; got half a char"),
        ("name: s\n", "name: yes\ntitle: null\n", r"title: .*valid string; got None"),
        ("name: s\n", "name: s\nreferences: {points: 1073741825}\n", r"points: .*1073741824"),
        ("ishigami,", "{name: diabetes, plant: {noise: 1000000000}},", r"noise: .*10000"),
        ("[100]", "!!python/object/apply:os.system [touch x]", r"expected YAML; got a value of"),
        ("[100]", "[a]", r"budgets\[0\]: .*valid integer.*got 'a'"),
        ("[100]", "[5, 5]", r"budgets: expected distinct entries; got 5 twice"),
        ("name: s\n", "name: s/../x\n", r"name: .*pattern.*got 's/../x'"),
        ("name: s\n", "name: s\nseed: -1\n", r"seed: .*greater than or equal to 0; got -1"),
        ("name: s\n", "name: s\ninputs: rows\n", r"inputs: .*'data' or 'product'; got 'rows'"),
        ("name: s\n", "name: s\nname: t\n", r"the key 'name' stands twice"),
        ("name: s\n", "name: [\n", r"expected YAML"),
        ("{name: sobol, resamples: 50}", "{resamples: 50}", r"estimators\[1\].name: .*missing"),
        ("{name: sobol, resamples: 50}", "7", r"estimators\[1\]: .*got 7"),
        (GOOD, "just text", r"expected keys such as name"),
        (GOOD, "", r"expected keys such as name"),
    ],
)
def test_mistakes_are_named_with_file_place_and_expectation(write, old, new, message):
    with pytest.raises(StudyError, match=message):
        load_study(write(GOOD.replace(old, new)))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(StudyError, match=r"nothing.yaml: expected a readable study file"):
        load_study(tmp_path / "nothing.yaml")
