"""Commands on results that are there: what became of them, as a page, as a file."""

import sys
from pathlib import Path

import click

from sensbench.cli.run_options import STATUSES, formats_option
from sensbench.printable import printable

_WHAT = click.argument("what", metavar="STUDY|RESULTS", type=click.Path(path_type=Path))


@click.command()
@_WHAT
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status(what: Path, as_json: bool) -> None:
    """Say how far a study is: cells per status, what failed and why, who is writing.

    Also while it runs. STUDY|RESULTS is a study file, its folder, or its results.sqlite.
    """
    from sensbench.cli.status import lines
    from sensbench.study.location import results_file
    from sensbench.study.status import status_of

    found = status_of(results_file(what))
    if as_json:
        import json

        click.echo(json.dumps(found.to_plain(), indent=2))
        return
    for line in lines(found):
        click.echo(printable(line))


@click.command()
@_WHAT
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the page.  [default: where the results are]",
)
@formats_option
@click.option("--fresh", is_flag=True, help="Draw all figures again, also those that are the same.")
def report(what: Path, out: Path | None, formats: str | None, fresh: bool) -> None:
    """Write the page again, from results that are there; also while they grow. Computes nothing.

    Only figures that would look different are drawn; figures.json beside them says what each was
    drawn from.

    STUDY|RESULTS is a study file that has been run, its folder, or its results.sqlite.
    """
    from sensbench.report import write_report
    from sensbench.report.formats import split_formats
    from sensbench.study.location import results_file
    from sensbench.study.store import ResultStore

    wanted = split_formats(formats)
    file = results_file(what, out)
    with ResultStore(file, read_only=True) as store:
        results = store.results()
    page = (out or file.parent) / "index.html"
    write_report(results, page, files=True, formats=wanted, fresh=fresh)
    click.echo(f"page: {page}")


@click.command()
@_WHAT
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; its ending says how: .parquet, .csv, or .nc (NetCDF, for xarray).",
)
def export(what: Path, out: Path) -> None:
    """Write the numbers for other programs.

    STUDY|RESULTS is a study file that has been run, its folder, or its results.sqlite.
    """
    from sensbench.report.export import export as write
    from sensbench.study.location import results_file
    from sensbench.study.store import ResultStore

    with ResultStore(results_file(what), read_only=True) as store:
        results = store.results()
    click.echo(f"numbers: {write(results, out)}")


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As one JSON object, with every number.")
def diff(a: Path, b: Path, as_json: bool) -> None:
    """Compare two runs, A and B, cell by cell: study files, folders or results.sqlite.

    Cells are the same by problem, model, method, budget and replicate. A number changed beyond its
    interval where the two intervals have no point in common.

    Exit code 0: no cell differs and nothing changed beyond its interval; 1: something did; 2: they
    cannot be compared.
    """
    from sensbench.cli.difference import lines
    from sensbench.saved import load
    from sensbench.study.difference import difference

    found = difference(load(a).results, load(b).results)
    if as_json:
        import json

        click.echo(json.dumps(found.to_plain(), indent=2))
    else:
        for line in lines(found):
            click.echo(printable(line))
    sys.exit(0 if found.is_noise else 1)


@click.command()
@_WHAT
@click.option(
    "--status",
    "statuses",
    type=click.Choice(STATUSES),
    multiple=True,
    help="Forget the study's own cells with this status, too; repeat for several.",
)
@click.option("--yes", is_flag=True, help="Do it; otherwise only what would be done is said.")
def clean(what: Path, statuses: tuple[str, ...], yes: bool) -> None:
    """Remove what a results file keeps and its study has no use for any more.

    That is: cells of earlier configurations, networks that no cell of the study has, and copies
    that were made before an upgrade. Nothing is removed without --yes.
    """
    from sensbench.study.cleaning import clean as clean_file
    from sensbench.study.location import results_file

    file = results_file(what)
    before = file.stat().st_size
    gone = clean_file(file, statuses, remove=yes, command="sensbench clean")
    marked = f", {len(gone.statuses)} cells that are {' or '.join(statuses)}" if statuses else ""
    click.echo(
        f"{'removed' if yes else 'would remove'}: {len(gone.cells)} cells of earlier "
        f"configurations{marked}, {len(gone.networks)} networks, {len(gone.copies)} copies"
    )
    if yes:
        click.echo(f"{printable(str(file))}: {before:,} bytes, now {file.stat().st_size:,}")
    elif gone:
        click.echo("nothing was changed; --yes does it")


@click.command()
@_WHAT
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the new results in this folder.  [default: they are compared and forgotten]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0, max=1024),
    metavar="N",
    help="Processes that compute.  [default: the processors]",
)
def rerun(what: Path, out: Path | None, workers: int | None) -> None:
    """Compute everything again from the results file alone, and compare the bits.

    The configuration, the seeds and the number of threads are in the file; networks are trained
    again. Exit code 0: every number is the same to the bit; 1: something differs; 2: the file does
    not say how it was computed.
    """
    from sensbench.cli.rerun import rerun as compute

    sys.exit(compute(what, out, workers))


@click.command()
def schema() -> None:
    """Print the JSON schema of study files, for editors that check them as they are written."""
    import json

    from sensbench.study.json_schema import study_schema

    click.echo(json.dumps(study_schema(), indent=2))
