"""Options of ``run`` on the processes that compute."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
STATUSES = ("failed", "timeout", "out_of_memory", "crashed", "skipped")
formats_option = click.option(
    "--formats",
    metavar="A,B,…",
    help="What figures beside the page are written as, of svg, pdf, png and csv (their numbers); "
    "files of the others are removed.  [default: all four]",
)
_OPTIONS = (
    click.option(
        "--workers",
        type=click.IntRange(min=0, max=1024),
        metavar="N",
        envvar="SENSBENCH_WORKERS",
        help="Processes that compute; 0: this one alone, in which a cell that crashes ends the "
        "run.  [default: $SENSBENCH_WORKERS, else the processors]",
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "dask"]),
        help="Who keeps these processes: this command, or the workers of a Dask cluster, which is "
        "started here unless --scheduler names one.  [default: local]",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS|FILE",
        help="Compute on a Dask cluster that is running: its address, such as "
        "tcp://127.0.0.1:8786, or the file that its scheduler wrote.",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        help="Compute the I-th of N parts of the cells, into a folder of its own, such as "
        "reports/NAME/shards/1-of-4, and write no page; sensbench merge puts the parts together.",
    ),
    click.option(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="How long a cell, or the training of a network, may take; then it is ended.  "
        "[default: what the study says, else no limit]",
    ),
    click.option(
        "--memory",
        metavar="SIZE",
        help="How much memory the process of a cell may have, such as 2GB.  [default: likewise]",
    ),
    click.option(
        "--events",
        metavar="FILE|-",
        help="Write what happens as JSON lines into a file, or to stdout; all else goes to stderr.",
    ),
    click.option(
        "--retry",
        type=click.Choice(STATUSES),
        multiple=True,
        help="Compute again the cells that an earlier run left with this status; repeat for "
        "several.",
    ),
)


def run_options(command: _Command) -> _Command:
    """Add the options to a command, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
