"""``sensbench sample``, and ``analyze --design``: a model that is run elsewhere."""

from pathlib import Path
from typing import Any

import click

from sensbench.errors import InputError
from sensbench.printable import printable


@click.command()
@click.option(
    "--space",
    required=True,
    metavar="FILE|PROBLEM",
    help="Range of each input, as YAML (name: [low, high]) or CSV (name,low,high); or a problem "
    "of `sensbench list problems`, for its inputs.",
)
@click.option("--estimator", required=True, metavar="NAME", help="The method whose rows these are.")
@click.option("--budget", required=True, type=int, help="Rows, at most.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same rows.")
@click.option("--outputs", default="y", show_default=True, metavar="A,B,…", help="Their names.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter of the method, e.g. --set second_order=true.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The CSV to write; beside it a .json says what it is a design of.",
)
def sample(changes: tuple[str, ...], **options: Any) -> None:
    """Write the rows a method asks for, to run a model on that is no Python.

    \b
    Then, with a CSV of one row of outputs for each row, in the same order:
      sensbench sample --space bounds.yaml --estimator sobol --budget 2000 --out design.csv
      sensbench analyze --design design.csv --outputs y.csv
    """  # noqa: D301
    from sensbench.cli.designs import sample as sampled
    from sensbench.files import plain_yaml

    params = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"expected KEY=VALUE; got {change!r}", param_hint="--set")
        params[key] = plain_yaml.load(value, f"--set {key}", "a value as in YAML")
    design = sampled(**options, changes=params)
    click.echo(printable(f"{len(design)} rows of {design.estimator}: {options['out']}"))


def show_design(design: Path, outputs: str | None, out: Path | None) -> None:
    """Print what the design's method makes of the outputs; write the numbers, if asked."""
    from sensbench.cli.designs import analyze_design

    if not outputs:
        raise InputError("analyze: expected --outputs FILE.csv with --design; got none")
    result = analyze_design(design, Path(outputs))
    columns = ["measure", "output", "feature", "partner", "value", "low", "high"]
    frame = result.to_frame()
    click.echo(printable(frame[columns].to_string(index=False, float_format="{:.4g}".format)))
    for note in result.notes:
        click.echo(printable(f"note: {note}"))
    if out is not None:
        frame.to_csv(out, index=False)
        click.echo(printable(f"numbers: {out}"))
