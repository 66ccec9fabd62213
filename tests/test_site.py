"""The documentation's site: every page is in its contents, and it builds without a warning."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_every_page_is_in_the_contents():
    index = (DOCS / "index.md").read_text("utf-8")
    listed = set(re.findall(r"^([a-z][a-z-]+)$", index, re.MULTILINE))
    assert {page.stem for page in DOCS.glob("*.md")} - {"index"} == listed


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_asks_nobody_else(tmp_path):
    pytest.importorskip("furo", reason="needs the extra docs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(DOCS), str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.glob("**/*.html"))
    assert len(pages) > 20
    loaded = r'<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="(?:https?:)?//'
    assert [page.name for page in pages if re.search(loaded, page.read_text("utf-8"))] == []
    assert list((tmp_path / "_images").glob("sphx_glr_plot_own_model_001*"))
