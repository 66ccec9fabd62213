"""Where does the time go? ``make profile``; ``python -m experiments.speed.profiling sobol -d 30``.

Three tables: the share of the model's own kernels; torch's kernels; Python's functions.
"""

import cProfile
import pstats
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click
import torch
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile, record_function

from experiments.speed.case import Case
from experiments.speed.worker import FAMILIES, family
from sensbench.threads import limited

_LEAST = 1.0  # seconds: a shorter look sees mostly what else the machine did


@dataclass(frozen=True)
class Spent:
    """Seconds of one estimate, by where they went.

    Attributes
    ----------
    seconds
        Wall time without any profiler; all shares are of the profiled run's own time.
    forward, backward
        Shares inside the network: its forward, and autograd's engine.
    kernels, functions
        (name, share, calls in one estimate), largest first: torch's kernels anywhere; Python's
        functions by their own time.
    """

    seconds: float
    forward: float
    backward: float
    kernels: list[tuple[str, float, int]]
    functions: list[tuple[str, float, int]]

    @property
    def around(self) -> float:
        """Share outside the network."""
        return 1.0 - self.forward - self.backward


def spent(case: Case, most: int = 12) -> Spent:
    """Run the estimate plain, under torch's profiler and under Python's, for a second each."""
    run = family(case.family).ours(case)
    run()  # the checks of the model, once
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    count = max(1, round(_LEAST / seconds))

    def runs() -> None:
        for _ in range(count):
            run()

    restore = _marked(case.problem.explained)
    with profile(activities=[ProfilerActivity.CPU]) as torch_profile:
        start = time.perf_counter()
        runs()
        profiled = time.perf_counter() - start
    restore()
    averages = torch_profile.key_averages()
    total = {event.key: event.cpu_time_total / 1e6 for event in averages}
    kernels = sorted(
        (event for event in averages if event.key.startswith("aten::")),
        key=lambda event: -event.self_cpu_time_total,
    )

    python = cProfile.Profile()
    python.runcall(runs)
    stats: dict[Any, Any] = pstats.Stats(python).stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in stats.values())
    functions = sorted(stats.items(), key=lambda item: -item[1][2])[:most]
    return Spent(
        seconds,
        total.get("network forward", 0.0) / profiled,
        total.get("network backward", 0.0) / profiled,
        [(e.key, e.self_cpu_time_total / 1e6 / profiled, e.count // count) for e in kernels[:most]],
        [(_name(where), own / whole, calls // count) for where, (_, calls, own, _, _) in functions],
    )


def _marked(model: Any) -> Callable[[], None]:
    """Mark the network's forward and the backward passes in the trace; return how to undo it."""
    function = model._function
    call, gradient = function._call, torch.autograd.grad

    def forward(*args: Any, **more: Any) -> Any:
        with record_function("network forward"):
            return call(*args, **more)

    def backward(*args: Any, **more: Any) -> Any:
        with record_function("network backward"):
            return gradient(*args, **more)

    function._call, torch.autograd.grad = forward, backward

    def restore() -> None:
        function._call, torch.autograd.grad = call, gradient

    return restore


def _name(where: tuple[str, int, str]) -> str:
    """Return module and function, without the folders."""
    path, line, name = where
    if path == "~":
        return name
    parts = path.replace("\\", "/").removesuffix(".py").split("/")
    for package in ("sensbench", "site-packages", "experiments"):
        if package in parts:
            parts = parts[len(parts) - 1 - parts[::-1].index(package) :]
            break
    return f"{'.'.join(parts[-3:]).removeprefix('site-packages.')}:{line} {name}"


def tables(case: Case, found: Spent, threads: int) -> list[Table]:
    """Return what was found, for the terminal."""
    where = Table(title=f"{case.family}: d = {case.d}, n = {case.n:,}, {case.o} outputs, network "
                        f"{'-'.join(map(str, case.hidden))}, {threads} thread(s): "
                        f"{found.seconds:.3g} s")  # fmt: skip
    where.add_column("where")
    where.add_column("share", justify="right")
    for name, share in (
        ("the network's forward", found.forward),
        ("the network's backward", found.backward),
        ("around them: sensbench, numpy, casts", found.around),
    ):
        where.add_row(name, f"{share:.1%}")
    return [
        where,
        _table("torch's kernels, anywhere (torch.profiler)", found.kernels),
        _table("functions by their own time (cProfile, which slows small ones)", found.functions),
    ]


def _table(title: str, rows: list[tuple[str, float, int]]) -> Table:
    table = Table(title=title)
    table.add_column("what", overflow="fold")
    table.add_column("share", justify="right")
    table.add_column("calls", justify="right")
    for name, share, calls in rows:
        table.add_row(name, f"{share:.1%}", f"{calls:,}")
    return table


@click.command()
@click.argument("what", type=click.Choice(FAMILIES), default="sobol")
@click.option("-d", "d", default=30, show_default=True, help="Inputs.")
@click.option("-n", "n", default=4096, show_default=True, help="Rows; base rows of a design.")
@click.option("-o", "o", default=2, show_default=True, help="Outputs.")
@click.option("--hidden", default="64-64", show_default=True, help="Widths of the network.")
@click.option("--second-order", is_flag=True, help="Pairs too (sobol).")
@click.option("--threads", type=click.IntRange(min=1), help="[default: torch's choice]")
def main(
    what: str, d: int, n: int, o: int, hidden: str, second_order: bool, threads: int | None
) -> None:
    """Show where the time of one estimate goes."""
    options = {"second_order": 1} if second_order else {}
    case = Case(what, d, n, o, tuple(int(width) for width in hidden.split("-")), options)
    with limited(threads) as used:
        for table in tables(case, spent(case), used):
            Console().print(table)


if __name__ == "__main__":
    main()
