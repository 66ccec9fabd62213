"""What is kept of a study's page stands alone."""

import re

from click.testing import CliRunner

from experiments.keep import kept, main


def test_links_to_other_pages_are_text_and_files_go_along(tmp_path):
    folder = tmp_path / "study"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "grid.csv").write_text("a\n1\n")
    (folder / "index.html").write_text(
        "<a href='#answer'>x</a>"
        '<a href="#top">up</a> <a class="csv" href="tables/grid.csv">CSV</a> '
        '<a href="problem-a.html#y">All of a</a> <a href="https://doi.org/10.1/2">source</a>'
    )
    found = CliRunner().invoke(main, [str(folder), "--out", str(tmp_path / "out")])
    assert found.exit_code == 0, found.output
    page = (tmp_path / "out" / "study" / "index.html").read_text()
    assert re.findall(r'href="([^"]+)"', page) == [
        "#top",
        "tables/grid.csv",
        "https://doi.org/10.1/2",
    ]
    assert "All of a" in page
    assert (tmp_path / "out" / "study" / "tables" / "grid.csv").read_text() == "a\n1\n"
    assert kept(page)[1] == ["tables/grid.csv"]
