"""Every python block of the documentation runs, page by page, from top to bottom."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parent.parent / "docs").glob("**/*.md"))
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    names = {"__name__": f"docs_{page.stem}"}
    for block in _BLOCK.finditer(text):
        # line numbers of the page, so that a failure points at it
        code = "\n" * text[: block.start(1)].count("\n") + block.group(1)
        exec(compile(code, str(page), "exec"), names)
