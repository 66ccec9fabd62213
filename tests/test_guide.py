"""What machines read is true: links lead somewhere, code and commands run."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from sensbench.cli import main

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "sensbench" / "guide_for_assistants.md").read_text("utf-8")
NET = """
import torch

def make():
    torch.manual_seed(0)
    return torch.nn.Linear(2, 1)
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def commands():
    lines = "".join(blocks("console")).splitlines()
    return [line.removeprefix("$ sensbench ") for line in lines]


def test_links_of_the_index_for_machines_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "llms.txt").read_text("utf-8"))
    assert len(links) > 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_guides_python_runs(capsys):
    (code,) = blocks("python")
    exec(compile(code, "guide", "exec"), {"__name__": "guide"})
    assert "value" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_the_guides_commands_run(command, tmp_path, monkeypatch, blank_figures):
    monkeypatch.chdir(tmp_path)
    (study,) = blocks("yaml")
    assert yaml.safe_load(study)["name"] == "study"
    Path("study.yaml").write_text(study)
    Path("net.py").write_text(NET)
    rows = "".join(f"{i % 7 - 3},{i % 5 / 2},{i % 7 + i % 5}\n" for i in range(60))
    Path("rows.csv").write_text("a,b,price\n" + rows)
    if command.startswith("report"):
        assert CliRunner().invoke(main, ["run", "study.yaml", "--workers", "0"]).exit_code == 0
    words = command.replace("--workers 2", "--workers 0").split()
    outcome = CliRunner().invoke(main, words)
    assert outcome.exit_code == 0, outcome.output


def test_the_guide_is_shipped():
    from importlib import resources

    assert (resources.files("sensbench") / "guide_for_assistants.md").is_file()
