"""Options of a command that reads rows from a file: how it was written."""

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--sep", metavar="CHAR", help="Separator, also tab or space.  [default: found]"),
    click.option("--decimal", metavar="CHAR", help="Decimal mark, . or ,  [default: found]"),
    click.option("--encoding", metavar="NAME", help="Such as cp1252 or utf-16.  [default: found]"),
    click.option(
        "--index",
        metavar="COLUMN",
        help="Column to leave out as an index; none: keep all.  [default: a first column without "
        "a name]",
    ),
    click.option(
        "--na",
        multiple=True,
        metavar="TEXT",
        help="Text that means a missing value, such as '?'; repeat for several.  [besides NA, NaN, "
        "nothing]",
    ),
    click.option(
        "--drop-missing", is_flag=True, help="Leave out rows without a value in a used column."
    ),
)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
