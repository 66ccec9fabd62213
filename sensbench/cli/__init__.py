"""The command line: thin, and light to start (torch is imported by the commands that need it)."""

import shlex
import sys
import warnings
from pathlib import Path
from typing import Any

import click

from sensbench.cli.check import check
from sensbench.cli.merge import merge
from sensbench.cli.new import new
from sensbench.cli.results import clean, diff, export, report, rerun, schema, status
from sensbench.cli.run_options import formats_option, run_options
from sensbench.cli.said import said_on_stderr
from sensbench.cli.sample import sample, show_design
from sensbench.cli.table_options import table_options
from sensbench.errors import SensbenchError
from sensbench.printable import printable

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_THREADS = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads for torch and BLAS.  [default: $SENSBENCH_THREADS, else their own choice]",
)
_LISTED = ["problems", "estimators", "networks", "measures", "figures", "tables"]
_CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Refused(click.ClickException):
    """What was asked cannot be done: exit code 2, as for wrong options."""

    exit_code = 2


class _Main(click.Group):
    """Turns what sensbench raises and warns of on purpose into one clear line each."""

    def invoke(self, ctx: click.Context) -> Any:
        with warnings.catch_warnings(), said_on_stderr():
            warnings.showwarning = _warn
            try:
                return super().invoke(ctx)
            except SensbenchError as error:
                raise _Refused(printable(str(error))) from error


def _warn(message: Warning | str, *details: Any, **more: Any) -> None:
    click.echo(f"warning: {printable(str(message))}", err=True)


@click.group(cls=_Main, context_settings=_CONTEXT)
@click.version_option(package_name="sensbench")
def main() -> None:
    """Which inputs matter to a torch regression model, and do the methods agree?

    \b
    Start here:
      sensbench list problems                   what can be studied out of the box
      sensbench show ishigami                   a problem's formula, inputs and known values
      sensbench run experiments/quickstart.yaml run a study and write its page
      sensbench analyze --model net.py:make --data rows.csv --out page.html
                                                your own model on your own rows
    """  # noqa: D301 (click takes the backspace for "keep these lines")


@main.command(context_settings=_CONTEXT)
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for results and page.  [default: reports/<name of the study>]",
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="Replace a value of the study file, e.g. --set replicates=5 --set problems.0=sobol_g.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Forget the results of earlier runs first, and draw all figures again.",
)
@click.option(
    "--dry-run", is_flag=True, help="Compute nothing: say cells, model rows, time and memory."
)
@click.option("--no-report", is_flag=True, help="Compute only; write no page.")
@formats_option
@run_options
@_THREADS
def run(
    study: Path,
    out: Path | None,
    changes: tuple[str, ...],
    fresh: bool,
    dry_run: bool,
    no_report: bool,
    formats: str | None,
    **options: Any,
) -> None:
    """Run the study in the file STUDY and write its page.

    Only what is missing is computed: a study that was stopped goes on where it was, and a second
    run computes nothing. A cell that hangs, crashes or takes too much ends its own process and
    becomes a row that says so.

    Exit code 0: all cells computed; 1: some cells failed (the page says why), or none could be; 2:
    the study could not be run; 130 or 143: stopped by Ctrl-C or SIGTERM (what was computed is
    kept).
    """
    from sensbench.cli.run import dry_run as forecast
    from sensbench.cli.run import run as run_file
    from sensbench.report.formats import split_formats

    wanted = split_formats(formats)
    if dry_run:
        for line in forecast(study, out, dict(map(_change, changes)), options["workers"]):
            click.echo(printable(line))
        return
    folder, results, tally = run_file(
        study, out, dict(_change(change) for change in changes), _command(), fresh, **options
    )
    from sensbench.report import write_report

    if not no_report and not options["shard"]:
        page = write_report(results, folder / "index.html", files=True, formats=wanted, fresh=fresh)
        click.echo(f"page: {page}", err=options["events"] == "-")
    sys.exit(1 if tally.failed or results.frame.empty else 0)


@main.command(context_settings=_CONTEXT)
@click.option(
    "--model",
    "target",
    metavar="FILE.py:NAME",
    help="Your Python file (it is executed, as if you ran it) and the name in it of a module, its "
    "class, or a function that makes it; or, with --trust, a saved program. Without it: rows with "
    "--target as they were measured.",
)
@click.option(
    "--trust",
    is_flag=True,
    help="Take a model saved by torch.export (.pt2), TorchScript or torch.save (.pt, .pth): code "
    "in it is executed, as if you ran it.",
)
@click.option(
    "--weights",
    type=_FILE,
    help="State dict for the module: .safetensors, or .pt/.pth (nothing in it is executed).",
)
@click.option(
    "--design",
    type=_FILE,
    help="Rows of `sensbench sample` that a model was run on elsewhere, with --outputs FILE.csv; "
    "--out then is a CSV of the numbers.",
)
@click.option(
    "--data",
    type=_FILE,
    help="Rows the model is used on: CSV or Parquet with a header. Not needed with --bounds.",
)
@click.option(
    "--bounds",
    type=_FILE,
    help="Range of each input, as YAML (name: [low, high]) or CSV (name,low,high): the designs "
    "then draw uniformly from it.",
)
@click.option(
    "--target",
    "y",
    multiple=True,
    metavar="COLUMN",
    help="Column with the measured target; repeat for several outputs.",
)
@click.option(
    "--features",
    metavar="A,B,…",
    help="Columns that are the model's inputs, in its order.  [default: all but targets]",
)
@click.option(
    "--discrete",
    metavar="A,B,…",
    help="Columns of separate values (counts, codes): no derivative.  [default: integer columns]",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=A,B,…",
    help="Columns that are one feature, such as a one-hot code; repeat for several.",
)
@click.option(
    "--output", metavar="NAME", help="Which output to explain: name or position.  [default: all]"
)
@click.option(
    "--outputs",
    metavar="A,B,…",
    help="Names for the outputs; with --design, the CSV that has them.  [default: the targets']",
)
@click.option("--estimators", metavar="A,B,…", help="Methods.  [default: all four]")
@click.option("--budget", default=10_000, show_default=True, help="Model rows for each method.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same numbers.")
@click.option(
    "--product",
    is_flag=True,
    help="All methods draw from the product of the marginals, like for like.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Where two methods differ, also find out why: up to 200,000 rows more per output.",
)
@click.option(
    "--noise-floor",
    is_flag=True,
    help="Add an input that the model ignores; inputs that do not score above it are marked.",
)
@table_options
@_THREADS
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The page to write, PAGE.html; or a folder: the page with its figures, tables and "
    "references beside it, as a study has.",
)
@formats_option
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    help="Save the comparison: a folder, which `sensbench run` repeats and widens, or one file "
    "such as baseline.sqlite, for `sensbench check`.",
)
def analyze(
    design: Path | None,
    out: Path | None,
    formats: str | None,
    save: Path | None,
    threads: int | None,
    **options: Any,
) -> None:
    """Explain your own model on your own rows: a table here, and a page.

    \b
    Example:
      sensbench analyze --model net.py:make_net --weights net.safetensors \\
        --data rows.csv --target price --out page.html
    """  # noqa: D301
    if design is not None:
        show_design(design, options["outputs"], out)
        return
    from sensbench.cli.analyze import analyze as analyze_files
    from sensbench.cli.said import typed
    from sensbench.report.formats import split_formats
    from sensbench.threads import limited

    if out is None and save is None:
        raise _Refused("analyze: expected --out PAGE or --save PATH; got neither")
    if out is not None and not out.absolute().parent.exists():
        raise _Refused(f"--out: expected a place in a folder that is there; got {str(out)!r}")
    is_page = out is not None and out.suffix.lower() in (".html", ".htm") and not out.is_dir()
    if formats is not None and (out is None or is_page):
        raise _Refused(f"--formats: expected --out FOLDER for figures; got --out {out}")
    wanted = split_formats(formats)
    with limited(threads):
        comparison = analyze_files(**options, command=typed())
    from rich.console import Console

    Console().print(comparison)
    if save is not None:
        click.echo(f"saved: {comparison.save(save)}")
    if out is not None:
        page = out if is_page else out / "index.html"
        click.echo(f"page: {comparison.report(page, files=not is_page, formats=wanted)}")


@main.command("list", context_settings=_CONTEXT)
@click.argument("what", type=click.Choice(_LISTED))
def list_(what: str) -> None:
    """List what is there by name, with a line on each."""
    from sensbench.cli.listing import listing

    for name, *lines in listing(what):
        click.echo("\n    ".join([click.style(name, bold=True), *lines]))
    if what == "problems":
        from sensbench.truths.catalogue import LEGEND

        click.echo(f"\n{LEGEND}\nsensbench show PROBLEM has the formula and the values.")


@main.command(context_settings=_CONTEXT)
@click.argument("problem")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of the problem, e.g. --set b=0.05 --set 'a=[0, 1, 9]'.",
)
@click.option(
    "--figure",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the main effects into this .png, .svg or .pdf file.",
)
def show(problem: str, changes: tuple[str, ...], figure: Path | None) -> None:
    """Show a PROBLEM: formula, inputs, main effects, known values, source."""
    from sensbench.cli.show import show as show_problem

    show_problem(problem, dict(_change(change) for change in changes), figure)


def _change(change: str) -> tuple[str, Any]:
    from sensbench.files import plain_yaml

    key, equals, value = change.partition("=")
    if not equals or not key:
        raise click.BadParameter(f"expected KEY=VALUE; got {change!r}", param_hint="--set")
    return key, plain_yaml.load(value, f"--set {key}", "a value as in YAML")


def _command() -> str:
    command = shlex.join(["sensbench", *sys.argv[1:]])
    # a file's name may hold bytes that are no text
    return command.encode("utf-8", "backslashreplace").decode()


for command in (new, report, status, export, diff, clean, rerun, check, merge, schema, sample):
    command.context_settings = _CONTEXT
    main.add_command(command)

if __name__ == "__main__":
    main()
