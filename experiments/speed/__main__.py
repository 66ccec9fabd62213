"""``python -m experiments.speed [--quick]``: measure, judge, write reports/speed."""

import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from experiments.speed.cases import full, quick, smallest
from experiments.speed.run import Effort, Kept, measure, start_up
from experiments.speed.targets import above_the_loop, answer, judged, waited

OUT = Path("reports/speed")
KEPT = "measured-{effort}.jsonl"
PACKAGES = ("torch", "numpy", "scipy", "SALib", "scikit-learn", "captum", "openturns")
# threads, seconds for the pairs of one peer, pairs, seconds until a process is given up
_BUDGETS = {"smallest": (0.0, 2, 300.0), "quick": (2.0, 7, 300.0), "full": (5.0, 11, 1800.0)}


def machine(threads: int, effort: str, load: tuple[float, float]) -> dict[str, str]:
    """Return what the times depend on. No names of machines, people or folders."""
    return {
        "effort": effort,
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": _processor(),
        "cores": str(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        ),
        "threads": f"{threads} for everybody: torch, BLAS, OpenMP, TBB",
        "load": " → ".join(f"{x:.1f}" for x in load) + " (mean running processes, before → after)",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": _versions(),
    }


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")


@click.command()
@click.option(
    "--quick",
    "effort",
    flag_value="quick",
    help="A quarter of an hour at most: the targets and few sizes.",
)
@click.option(
    "--smallest", "effort", flag_value="smallest", help="Tiny sizes: does everything run?"
)
@click.option("--full", "effort", flag_value="full", default=True, help="All sizes (an hour).")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="For everybody: times are processor time.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=OUT, show_default=True
)
def main(effort: str, threads: int, out: Path) -> None:
    """Measure sensbench against the bare model and others; exit code 1 if numbers disagree.

    A run that was stopped goes on where it was, as long as the code is the same.
    """
    plans = {"smallest": smallest, "quick": quick, "full": full}[effort]()
    budget, pairs, timeout = _BUDGETS[effort]
    start, before = time.perf_counter(), os.getloadavg()[0]
    starts = start_up(threads, 5 if effort == "full" else 2)
    asked = Effort(threads, budget, pairs, timeout)
    file = out / KEPT.format(effort=effort)
    kept = Kept(file, asked, _versions())
    if len(kept):
        click.echo(f"{len(kept)} rows are kept from a run that was stopped: {file}")
    results = measure(plans, asked, click.echo, kept)
    told = machine(threads, effort, (before, os.getloadavg()[0]))
    told["took"] = f"{(time.perf_counter() - start) / 60:.0f} min"
    if len(kept):
        told["took"] += f", and {len(kept)} rows from before, when it was stopped"
    verdicts, seconds = judged(results), waited(starts | above_the_loop(results))

    from experiments.speed.page import write

    page = write(out, results, verdicts, seconds, told)
    file.unlink(missing_ok=True)
    for table in (verdicts.drop(columns="limit"), seconds):
        click.echo("\n" + table.to_string(index=False, justify="left"))
    click.echo(f"\n{answer(verdicts, seconds)}")
    click.echo(f"\npage: {page}")
    wrong = results[results["status"].isin(["disagrees", "failed"])]
    for row in wrong.itertuples():
        click.echo(f"error: {row.family}, {row.peer}: {row.status}: {row.detail}", err=True)
    sys.exit(1 if len(wrong) else 0)


if __name__ == "__main__":
    main()
