"""What the project says of itself in several places is the same in all of them."""

import re
import tomllib
from pathlib import Path

import yaml

import sensbench

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def text(name):
    return (ROOT / name).read_text("utf-8")


def test_one_version():
    citation = yaml.safe_load(text("CITATION.cff"))
    newest = re.search(r"^## \[(\d\S*)\]", text("CHANGELOG.md"), re.MULTILINE)[1]
    assert {PROJECT["version"], citation["version"], newest} == {sensbench.__version__}
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]


def test_the_changelog_has_room_for_what_comes():
    unreleased = text("CHANGELOG.md").split("\n## [")[1]
    assert unreleased.startswith("Unreleased]")
    heads = re.findall(r"^### (\w+)", unreleased, re.MULTILINE)
    assert heads == ["Added", "Changed", "Fixed", "Security"]


def test_hooks_check_what_make_check_does():
    (checked,) = re.findall(r"^check: (.*)", text("Makefile"), re.MULTILINE)
    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == [f"make {t}" for t in checked.split()]
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


def test_links_of_the_pages_lead_somewhere():
    pages = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_what_contributing_says_to_run_is_there():
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^\$ make (\w+)", text("CONTRIBUTING.md"), re.MULTILINE))
    assert named
    assert named <= targets
