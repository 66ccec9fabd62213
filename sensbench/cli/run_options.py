"""Options of ``run`` on the processes that compute."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
_STATUSES = ("failed", "timeout", "out_of_memory", "crashed", "skipped")
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
        "--retry",
        type=click.Choice(_STATUSES),
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
