"""``sensbench check``: a model against its baselines."""

import sys
from pathlib import Path

import click

from sensbench.printable import printable

_FILE = click.Path(path_type=Path, exists=True)


@click.command()
@click.argument("model", metavar="FILE.py:NAME")
@click.option("--weights", type=_FILE, help="State dict for the module, as for analyze.")
@click.option(
    "--trust", is_flag=True, help="Take a saved program instead of FILE.py:NAME, as for analyze."
)
@click.option(
    "--against",
    type=_FILE,
    multiple=True,
    required=True,
    help="A baseline, as `sensbench analyze --save baseline.sqlite` writes it; repeat for models "
    "that were trained alike with other seeds or data, which show how much training moves.",
)
@click.option(
    "--margin",
    type=float,
    help="By how much the difference of two shares must have changed.  [default: 0.3 with one "
    "baseline, 0.05 with several]",
)
def check(
    model: str, weights: Path | None, trust: bool, against: tuple[Path, ...], margin: float | None
) -> None:
    """Ask whether a model that was trained again ranks its inputs as its baseline did.

    The Python file is executed, as if you ran it. Exit code 0: no settled order of two inputs is
    reversed; 1: one is, and it is said which and by how much; 2: they cannot be compared.
    """
    from sensbench.checking import check as compared
    from sensbench.study.model_file import load_model

    found = compared(load_model(model, weights, trust=trust), against, margin=margin)
    click.echo(printable(str(found)))
    sys.exit(0 if found.ok else 1)
