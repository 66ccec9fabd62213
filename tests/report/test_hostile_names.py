"""Names that would be a script, markup or a command where they are shown are shown as text."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
import torch
from rich.console import Console

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.report import page as page_module
from sensbench.report import write_report
from sensbench.report.terminal import render
from tests.report.conftest import Built

ESCAPES = ["\x1b[31mred", "\x1b]8;;http://evil\x07link", "\x9b2J", "\x1b[2J\x1b[H", "back\x08\x08"]
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 191 }}",
    "{% for x in range(9) %}{{ x }}{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "<!-- -->",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "$\\input{/etc/passwd}$",
    "[red]x[/red]",
    "[link=http://evil]x[/link]",
    "[/]",
    "\u202etxt.exe",
    *ESCAPES,
]  # fmt: skip


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def results():
    d = len(HOSTILE)
    weights = torch.linspace(1, 2, d, dtype=torch.float64)
    space = InputSpace.uniform({name: (0, 1) for name in HOSTILE})
    outputs = ["<script>alert('y')</script>", "\x1b[31m[bold]y{{ 7 * 191 }}"]

    def function(x):
        return torch.stack([x @ weights, x @ weights.flip(0)], dim=1)

    problem = Problem.of(
        function, space, name=HOSTILE[0], outputs=outputs,
        output_units=["<b>N</b>", "\x1b[1m[red]m[/red]"], notes=HOSTILE,
    )  # fmt: skip
    found = Built().ask(problem, (2000,)).results()
    hostile = " ".join(HOSTILE)
    questions = {
        key: replace(
            question, source=hostile, licence="javascript:alert(1)", judged_on=hostile,
            units=dict.fromkeys((*HOSTILE, *outputs), hostile[:40]), training={hostile: hostile},
        )
        for key, question in found.questions.items()
    }  # fmt: skip
    cells = found.cells.copy()
    cells.loc[cells.index[:1], ["status", "reason"]] = ["failed", hostile]
    provenance = {
        **found.provenance,
        "title": hostile,
        "command": hostile,
        "config": hostile,
        "versions": {hostile: hostile},
    }
    notes = {key: tuple(HOSTILE) for key in ((*next(iter(questions)), "sobol"),)}
    return replace(
        found, questions=questions, cells=cells, provenance=provenance, notes=notes, name=hostile
    )


@pytest.fixture(scope="module")
def page(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return write_report(results, folder / "index.html", files=True, formats=["svg", "csv"])


@pytest.mark.slow
def test_a_page_runs_nothing(page):
    text = page.read_text()
    found = Page(text)
    kinds = [tag for tag, _ in found.tags]
    # the page's own, the last thing on it
    own = (Path(page_module.__file__).parent / "templates" / "page.js").read_text("utf-8")
    before, _, last = text.rpartition("<script>\n")
    assert last.replace("\n", "") == f"{own}</script></body></html>".replace("\n", "")
    assert kinds.count("script") == 1
    assert not set(kinds) & {"iframe", "object", "embed", "link", "base", "form", "svg"}
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "autofocus"]
        for name in ("href", "src", "action", "formaction", "srcset"):
            value = attributes.get(name, "#")
            source = tag == "a" and name == "href" and value.startswith("https://doi.org/10.")
            file = tag == "a" and re.fullmatch(r"(figures|tables)/[a-z0-9-]+\.[a-z]{3}", value)
            assert (
                source
                or file
                or value.startswith("#")
                or (tag == "a" and value in ("methods.txt", "references.bib"))
                or (tag in ("img", "source") and value.startswith("data:image/svg+xml;base64,"))
            )
    assert "<script" not in before
    assert "1337" not in found.text  # 7 * 191: nothing was evaluated
    assert "{{ 7 * 191 }}" in found.text
    for name in HOSTILE[:7]:
        assert name in found.text


@pytest.mark.slow
def test_drawings_run_nothing(page):
    images = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page.read_text())
    assert images
    for image in images:
        svg = base64.b64decode(image).decode()
        for element in ElementTree.fromstring(svg).iter():
            assert element.tag.rpartition("}")[2].lower() not in ("script", "foreignobject", "a")
            for name, value in element.attrib.items():
                assert not name.rpartition("}")[2].lower().startswith("on")
                assert "javascript:" not in value
                if name.rpartition("}")[2] == "href":
                    assert value.startswith("#")


def test_files_stay_in_their_folder(results, tmp_path, blank_figures):
    write_report(results, tmp_path / "index.html", files=True, formats=["svg", "csv"])
    written = list(tmp_path.rglob("*"))
    assert {path.suffix for path in written} >= {".svg", ".csv", ".html"}
    for path in written:
        assert path.is_dir() or re.fullmatch(r"[A-Za-z0-9.-]+", path.name)


@pytest.mark.parametrize("colours", [None, "truecolor"])
def test_a_terminal_is_not_commanded(results, colours):
    plain = StringIO()
    console = Console(file=plain, force_terminal=colours is not None, color_system=colours,
                      width=150)  # fmt: skip
    console.print(render(results))
    said = plain.getvalue()
    # what rich itself writes: weight and dimness
    said = re.sub(r"\x1b\[[0-9;]*m", "", said) if colours else said
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said)
    assert "␛[31m" in said
    assert "[red]x[/red]" in said
    assert "[/]" in said


def test_rich_gets_no_colour_or_link_from_a_name(results):
    shown = StringIO()
    Console(file=shown, force_terminal=True, color_system="truecolor", width=150).print(
        render(results)
    )
    said = shown.getvalue()
    assert "\x1b[31m" not in said
    assert "\x1b]8" not in said
