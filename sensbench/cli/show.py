"""show: a problem's card."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console

from sensbench import problems
from sensbench.errors import InputError
from sensbench.report.card import card


def show(name: str, params: dict[str, Any], figure: Path | None) -> None:
    """Print the card of a problem; draw its main effects into a file if asked.

    Raises
    ------
    UnknownNameError
        No such problem or parameter.
    InputError
        A figure of a problem without a function, or of an unknown format.
    """
    problem = problems.load(name, **params)
    console = Console()
    # A file or a pipe has no width of its own.
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(width=160)
    console.print(card(problem, problems.registry.get(name), console.width))
    if figure is None:
        return
    if problem.model is None:
        raise InputError(
            f"show --figure: expected a problem with a function; {name!r} is data; train a "
            f"network on it in a study"
        )
    from sensbench.report.main_effects_figure import main_effects_figure
    from sensbench.report.style import saved

    kind = figure.suffix.lstrip(".").lower()
    if kind not in ("png", "svg", "pdf"):
        raise InputError(f"show --figure: expected a .png, .svg or .pdf file; got {figure.name!r}")
    if not figure.absolute().parent.is_dir():
        raise InputError(f"show --figure: expected a folder that is there; got {str(figure)!r}")
    figure.write_bytes(saved(main_effects_figure(problem), kind))  # type: ignore[arg-type]
    console.print(f"figure: {figure}")
