"""A package of plug-ins, built, installed apart and used as its author and its users would."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "plugin"
ROOT = Path(__file__).parents[1]

STUDY = """
name: demo
problems: [ramp]
models: [function, quadratic]
estimators: [gradient, {name: quadrant, resamples: 50}, {name: moments, resamples: 50}]
budgets: [2000]
references: null
"""

# One process for all that needs torch.
USE = """
import json, sys
import sensbench as sb
from sensbench.cli import main

def command(*words):
    try:
        main(list(words))
    except SystemExit as end:
        return end.code or 0

sb.testing.check_estimator(sb.estimators.load("quadrant"))
sb.testing.check_estimator(sb.estimators.load("moments"))
sb.testing.check_problem(sb.problems.load("ramp"))
code = command("run", "demo.yaml")
from sensbench.study.runner import RESULTS_FILE
from sensbench.study.store import ResultStore
with ResultStore(f"reports/demo/{RESULTS_FILE}") as store:
    results = store.results()
frame = results.frame[results.frame["estimator"] == "quadrant"]
final = results.final()
moments = final[(final["estimator"] == "moments") & (final["model"] == "function")]
json.dump(
    {
        "code": code,
        "file": sb.__file__,
        "statuses": sorted(set(results.cells["status"])),
        "rows": frame[["model", "measure", "feature", "value"]].values.tolist(),
        "axes": moments[["measure", "output", "feature", "partner", "direction", "value", "covers"]]
        .values.tolist(),
        "r2": [q.r2 for question in results.questions.values() for q in question.quality.values()],
    },
    open("found.json", "w"),
)
"""


def python(*words, cwd, site=None):
    """Run Python with this repository's sensbench, and the plug-ins if they are installed."""
    path = os.pathsep.join(map(str, [ROOT] if site is None else [ROOT, site]))
    environment = {**os.environ, "PYTHONPATH": path, "SENSBENCH_CACHE": str(cwd / "cache")}
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("plugin")
    source, wheels, installed = folder / "source", folder / "wheels", folder / "site"
    shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("__pycache__"))
    pip = ["-m", "pip", "--disable-pip-version-check"]
    python(*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir",
           str(wheels), str(source), cwd=folder)  # fmt: skip
    (wheel,) = wheels.glob("*.whl")
    python(*pip, "install", "--quiet", "--no-deps", "--target", str(installed), str(wheel),
           cwd=folder)  # fmt: skip
    return installed


@pytest.fixture(scope="module")
def study(site, tmp_path_factory):
    """The folder in which a study with the plug-ins was run."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "demo.yaml").write_text(STUDY)
    (folder / "use.py").write_text(USE)
    python("use.py", cwd=folder, site=site)
    return folder


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("estimators", "quadrant"),
        ("problems", "ramp"),
        ("networks", "quadratic"),
        ("estimators", "moments"),
        ("figures", "signs"),
    ],
)
def test_it_is_listed_with_the_package_it_comes_from(kind, name, site, tmp_path):
    listed = python("-m", "sensbench", "list", kind, cwd=tmp_path, site=site)
    assert f"{name}" in listed
    assert "from sensbench-demo" in listed
    assert "sensbench-demo" not in python("-m", "sensbench", "list", kind, cwd=tmp_path)


@pytest.mark.slow
def test_it_conforms_and_runs_in_a_study(study):
    found = json.loads((study / "found.json").read_text())
    assert (found["code"], found["statuses"]) == (0, ["ok"])
    assert Path(found["file"]).parents[1] == ROOT
    assert found["r2"] == [pytest.approx(1.0, abs=1e-9)]  # the ramp is of second degree
    values = {(model, feature): value for model, _, feature, value in found["rows"]}
    assert {measure for _, measure, _, _ in found["rows"]} == {"demo_quadrant"}
    # y = 2a + bc with bc in [0, 1]: a decides on which side of the median y is, nearly always
    models = {model for model, _ in values}
    assert len(models) == 2
    for model in models:
        assert values[model, "a"] > 0.75
        assert 0.0 < values[model, "b"] < 0.35
        assert 0.0 < values[model, "c"] < 0.35


@pytest.mark.slow
def test_measures_of_every_axis_have_their_numbers(study):
    found = {}
    for measure, *place, value, covers in json.loads((study / "found.json").read_text())["axes"]:
        assert covers == "sampling"
        found.setdefault(measure, {})[tuple(place)] = value
    assert {name: len(places) for name, places in found.items()} == {
        "demo_correlation": 3,
        "demo_product_correlation": 3,
        "demo_spread": 1,
        "demo_canonical": 3,
    }
    # y = 2a + bc on U(0, 1)³: Var = 4/12 + 1/9 - 1/16; Cov(y, b) = E[c]/12
    variance = 4 / 12 + 1 / 9 - 1 / 16
    assert found["demo_spread"]["y", "", "", ""] == pytest.approx(variance**0.5, rel=0.05)
    r = found["demo_correlation"]
    assert r["y", "a", "", ""] == pytest.approx((2 / 12 / (variance / 12) ** 0.5), abs=0.03)
    assert r["y", "b", "", ""] == pytest.approx((0.5 / 12 / (variance / 12) ** 0.5), abs=0.08)
    pair = found["demo_product_correlation"]
    assert pair["y", "b", "c", ""] == pytest.approx(1 / 12 / variance**0.5, abs=0.08)
    # the principal directions are at right angles: they share what a linear model explains
    explained = (4 + 2 * 0.25) / 12 / variance
    assert sum(found["demo_canonical"].values()) == pytest.approx(explained, abs=0.03)


def test_it_is_reported_where_it_is_installed(study):
    page = (study / "reports/demo/index.html").read_text()
    assert "Blomqvist 1950" in page
    assert "quadrant" in page
    # its figure, in a section that is its own
    assert re.search(r"<h\d>Direction of effects<", page)
    assert re.search(r"<h\d>Rising or falling<", page)
    assert 'alt="Correlations of outputs with inputs. y by a: +0.9' in page
    assert list((study / "reports/demo/figures").glob("*-signs.png"))
    of_axes(page)


def of_axes(page):
    for title in ("Outputs as a whole", "Directions", "Strongest pairs (3 of 3)"):
        assert f"<summary>{title}</summary>" in page
    assert page.count("<td>sampling</td>") == 8  # of two models: an output and three directions


@pytest.mark.slow
def test_it_is_reported_by_a_process_without_it(study, tmp_path):
    results = tmp_path / "results.sqlite"
    shutil.copy(study / "reports/demo/results.sqlite", results)
    python("-m", "sensbench", "report", str(results), cwd=tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "Blomqvist 1950" in page
    assert "Rising or falling" not in page
    of_axes(page)
