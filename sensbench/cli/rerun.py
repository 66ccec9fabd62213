"""``sensbench rerun``: a study again, from its results file."""

import tempfile
from pathlib import Path

import click

from sensbench.cli.difference import lines
from sensbench.cli.progress import Progress
from sensbench.printable import printable
from sensbench.study.engines import processors
from sensbench.study.location import results_file
from sensbench.study.rerun import rerun as compute


def rerun(what: Path, out: Path | None, workers: int | None) -> int:
    """Compute again and say what differs; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="sensbench-rerun-") as kept_nowhere:
        with Progress("rerun") as progress:
            again = compute(
                results_file(what),
                out or Path(kept_nowhere),
                command="sensbench rerun",
                workers=processors() if workers is None else workers,
                begin=progress.begin,
                watch=progress.watch,
            )
    for line in lines(again.difference):
        click.echo(printable(line))
    if again.other_content:
        click.echo(
            f"of {again.other_content} cells the files, weights or parameters are not those of then"
        )
    same = again.difference.is_none and not again.other_content
    click.echo("the same to the bit" if same else "not the same")
    return 0 if same else 1
