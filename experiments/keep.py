"""``python -m experiments.keep reports/networks``: a study's first page for reports/examples.

The page of a study of many problems is large with the pages of its problems. What is kept to be
read in the repository is the answer over all problems, with the tables and figures that it links;
links to the pages that are left out are text.
"""

import re
import shutil
from pathlib import Path

import click

OUT = Path("reports/examples")
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"#:]+)(#[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)


def kept(page: str) -> tuple[str, list[str]]:
    """Return the page without links to other pages, and the files that it links to."""
    files: list[str] = []

    def one(link: re.Match[str]) -> str:
        if link[1].endswith(".html"):
            return link[3]
        files.append(link[1])
        return link[0]

    return _LINK.sub(one, page), files


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
def main(folder: Path, out: Path) -> None:
    """Copy the first page of a study, and what it links to, into a folder of its name."""
    page, files = kept((folder / "index.html").read_text(encoding="utf-8"))
    target = out / folder.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "index.html").write_text(page, encoding="utf-8")
    for file in dict.fromkeys(files):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file, target / file)
    click.echo(f"{target / 'index.html'} and {len(set(files))} files")


if __name__ == "__main__":
    main()
