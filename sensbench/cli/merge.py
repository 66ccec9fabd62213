"""``sensbench merge``: the parts of a study, computed apart, as one."""

import shlex
import sys
from pathlib import Path

import click


@click.command()
@click.argument("parts", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results; there must be none in it yet.",
)
def merge(parts: tuple[Path, ...], out: Path) -> None:
    """Put the results of PARTS of one study together: folders, or results.sqlite files.

    A cell that stands in several parts must be the same in them to the bit. sensbench report OUT
    writes the page; sensbench run STUDY --out OUT computes what is still missing.

    \b
    Example:
      sensbench run study.yaml --shard 1/2
      sensbench run study.yaml --shard 2/2
      sensbench merge reports/study/shards/* --out reports/study
    """  # noqa: D301
    from sensbench.study.merging import merge as merge_files
    from sensbench.study.runner import RESULTS_FILE

    files = [part / RESULTS_FILE if part.is_dir() else part for part in parts]
    command = shlex.join(["sensbench", *sys.argv[1:]])
    merged = merge_files(files, out / RESULTS_FILE, command)
    twice = f", {merged.shared} of them in several parts" if merged.shared else ""
    click.echo(f"{out / RESULTS_FILE}: {merged.cells} of {merged.planned} cells{twice}")
