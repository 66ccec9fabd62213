"""``python -m experiments.speed.studies``: what a study costs beside its estimators.

Rows are ratios to what is aimed at: up to 1 is met. Where other work on the machine would count
too, seconds are of processors, and say so.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd

from sensbench.study.cells import Cell
from sensbench.study.config import check_study
from sensbench.study.outcome import Outcome
from sensbench.study.planning import plan_of
from sensbench.study.runner import RESULTS_FILE, run_study
from sensbench.study.store import ResultStore
from sensbench.study.tasks import EstimateCell
from sensbench.study.workshop import Workshop

PLUG_IN = '''
import time
from dataclasses import dataclass
import sensbench as sb

@dataclass(frozen=True)
class Spin(sb.Estimator):
    """Keeps a processor busy for so long."""

    name = "spin"
    measures = ("derivative_rms_standardised",)
    ranks_by = "derivative_rms_standardised"
    needs = sb.Needs("given", minimum_rows=1)
    seconds: float = 0.1

    def _estimate(self, problem, budget, rng):
        until = time.process_time() + self.seconds
        while time.process_time() < until:
            pass
        return {"derivative_rms_standardised": sb.Estimate.of(rng.normal(size=(1, problem.d)))}
'''
BASE = {"name": "cost", "problems": ["ishigami"], "budgets": [8]}


def _row(what: str, measured: float, aim: float, unit: str, *, at_least: bool = False) -> dict:
    ratio = aim / measured if at_least else measured / aim
    return {
        "what": what,
        "measured": f"{measured:.3g} {unit}".strip(),
        "aimed at": f"{'≥' if at_least else '≤'} {aim:g} {unit}".strip(),
        "ratio": round(ratio, 2),
        "met": ratio <= 1,
    }


def _processor_seconds() -> float:
    """Return what this process and its children that have ended have used."""
    own, below = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return sum(u.ru_utime + u.ru_stime for u in (own, below))


def tiny_cells(n: int, workers: int, folder: Path) -> dict:
    """Return what a cell costs whose estimator does nothing, in processor time of all processes."""
    used = []
    for count in (n // 10, n):  # what starts once is the same in both
        asked = check_study({**BASE, "estimators": [{"name": "spin", "seconds": 0.0}],
                             "replicates": count}, "cost")  # fmt: skip
        before = _processor_seconds()
        run_study(asked, folder / f"{workers}-{count}", workers=workers, threads=1)
        used.append(_processor_seconds() - before)
    what = f"{n:,} cells that do nothing, {workers or 'no'} workers: a cell"
    return _row(what, 1e3 * (used[1] - used[0]) / (n - n // 10), 5.0, "ms of processor")


def two_workers(n: int, folder: Path) -> dict:
    """Return how much faster two workers are than one on cells of 0.1 s of processor."""
    rates = []
    for workers in (1, 2):
        asked = check_study({**BASE, "estimators": ["spin"], "replicates": n}, "cost")
        seen: list[float] = []
        run_study(
            asked, folder / f"pair-{workers}", workers=workers, threads=1,
            watch=lambda cell, outcome, seen=seen: seen.append(time.perf_counter()),
        )  # fmt: skip
        half = n // 2  # both have started by then
        rates.append((n - half - 1) / (seen[-1] - seen[half]))
    return _row("two workers ÷ one, cells of 0.1 s", rates[1] / rates[0], 1.7, "", at_least=True)


def _many(cells: int, path: Path) -> None:
    """Write a results file of so many cells: the draws of one cell of each method, moved a bit."""
    methods = ["gradient", "sobol", "permutation", "morris", "delta"]
    problems = ["ishigami", "linkletter", "friedman1", "sobol_g"]
    per = cells // (len(methods) * len(problems) * 2)
    asked = check_study({"name": "many", "problems": problems, "estimators": methods,
                         "budgets": [1000, 4000], "replicates": per}, "many")  # fmt: skip
    plan, workshop, rng = plan_of(asked), Workshop(), np.random.default_rng(0)
    firsts = plan_of(asked.model_copy(update={"replicates": 1}))
    run_study(asked.model_copy(update={"replicates": 1}), path.parent, workers=0, threads=1)
    kept: dict[tuple, Outcome] = {}
    for cell in firsts.cells:
        subject = plan.subjects[cell.question].subject
        kept[_group(cell)] = workshop.carry_out(EstimateCell(subject, cell.coordinates))
    with ResultStore(path) as store:
        provenance = store.provenance()
        store.plan(plan.cells, plan.methods, provenance)
        done = store.done()
        with store.changing() as db:
            db.execute("PRAGMA synchronous = OFF")
        for cell in plan.cells:
            outcome = kept[_group(cell)]
            if cell.key in done or outcome.record is None:
                continue
            moved = rng.normal(1.0, 0.01)
            numbers = [(*n[:5], *(None if v is None else v * moved for v in n[5:]))
                       for n in outcome.record.numbers]  # fmt: skip
            store.put(cell, Outcome("ok", record=replace(outcome.record, numbers=numbers)))


def _group(cell: Cell) -> tuple:
    return cell.question, cell.method.label, cell.budget


PAGE = """
import resource, sys, time
from sensbench.cli import main
start = time.process_time()
try:
    main(["report", sys.argv[1], "--out", sys.argv[2]])
except SystemExit as end:
    assert not end.code
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def page(cells: int, folder: Path) -> list[dict]:
    """Return what the page of so many cells takes: time of a processor, and memory."""
    folder.mkdir()
    _many(cells, folder / RESULTS_FILE)
    command = [sys.executable, "-c", PAGE, str(folder / RESULTS_FILE), str(folder / "page")]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, gigabytes = map(float, ran.stdout.split()[-2:])
    what = f"the page of {cells:,} cells"
    return [_row(what, seconds, 60.0, "s of processor"), _row(what, gigabytes, 1.0, "GB")]


@click.command()
@click.option("--tiny", default=10_000, show_default=True, help="Tiny cells; 0: not measured.")
@click.option("--busy", default=60, show_default=True, help="Cells of 0.1 s; 0: not measured.")
@click.option("--page-cells", default=100_000, show_default=True, help="0: not measured.")
@click.option("--out", default="reports/speed", type=click.Path(path_type=Path))
def main(tiny: int, busy: int, page_cells: int, out: Path) -> None:
    """Measure, print a table and keep it as studies.csv; exit code 1 if something is not met."""
    rows: list[dict] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "spin-1.dist-info").mkdir()
        (folder / "spin-1.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: spin\nVersion: 1\n"
        )
        (folder / "spin-1.dist-info" / "entry_points.txt").write_text(
            "[sensbench.estimators]\nspin = spin_estimator:Spin\n"
        )
        (folder / "spin_estimator.py").write_text(PLUG_IN)
        sys.path.insert(0, str(folder))  # workers have the same path
        if tiny:
            rows += [tiny_cells(tiny, workers, folder) for workers in (0, 2)]
        if busy:
            rows.append(two_workers(busy, folder))
        if page_cells:
            rows += page(page_cells, folder / "many")
    table = pd.DataFrame(rows)
    out.mkdir(parents=True, exist_ok=True)
    load = f"{os.getloadavg()[0]:.1f}"
    table.assign(load=load).to_csv(out / "studies.csv", index=False)
    click.echo(table.to_string(index=False))
    click.echo(f"load {load}: {out / 'studies.csv'}")
    sys.exit(0 if table["met"].all() else 1)


if __name__ == "__main__":
    main()
