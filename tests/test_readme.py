import re
import shutil
import subprocess
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def blocks():
    return FENCE.findall(README.read_text(encoding="utf-8"))


def test_the_python_of_the_readme_runs_and_prints_what_it_says(capsys):
    """All Python blocks, in order, in one namespace; a text block after one is its output."""
    namespace = {}
    checked = 0
    found = blocks()
    for (language, code), following in zip(found, [*found[1:], ("", "")], strict=True):
        if language != "python":
            continue
        capsys.readouterr()
        exec(compile(code, str(README), "exec"), namespace)
        printed = capsys.readouterr().out
        if following[0] == "text":
            assert printed.split() == following[1].split()
            checked += 1
    assert checked == 2
    assert "slope" in printed


def test_the_study_of_the_readme_is_a_study():
    import yaml

    from sensbench.study.config import check_study

    (text,) = [code for language, code in blocks() if language == "yaml"]
    study = check_study(yaml.safe_load(text), "README")
    assert study.models[1].params == {"hidden": [64, 64]}


def test_the_authors_example_conforms():
    namespace = {}
    code = next(c for language, c in blocks() if language == "python" and "class Slope" in c)
    exec(compile(code, str(README), "exec"), namespace)
    import sensbench as sb

    sb.testing.check_estimator(namespace["Slope"]())


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")))
def test_links_lead_somewhere(link):
    assert (README.parent / link).exists()


def test_what_is_advised_to_install_can_be_installed_from_a_clone():
    """sensbench itself is not on an index, so that no advice may look for it there."""
    places = [README]
    for pattern in ("docs/**/*.md", "experiments/**/*.yaml", "sensbench/**/*.py"):
        places += README.parent.glob(pattern)
    assert [p.name for p in places if "sensbench[" in p.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("reports/quickstart/index.html", True),
        ("reports/linregnet/tables/linregnet-costs.csv", True),
        ("reports/speed/results.csv", True),
        ("reports/page.html", True),
        ("reports/effects.png", True),
        ("reports/examples/quickstart/index.html", False),
    ],
)
def test_what_the_commands_of_the_readme_write_is_ignored_by_git(path, ignored):
    if shutil.which("git") is None or not (README.parent / ".git").exists():
        pytest.skip("not a clone")
    command = ["git", "check-ignore", "--quiet", "--no-index", path]
    assert (subprocess.run(command, cwd=README.parent).returncode == 0) is ignored
