"""Forecast: what a study would take, without computing anything."""

from dataclasses import dataclass
from pathlib import Path

from sensbench.study.config import Study
from sensbench.study.planning import plan_of
from sensbench.study.store import ResultStore
from sensbench.study.workshop import load_problem

# A worker with torch and SciPy, before it has seen a row.
_WORKER_BYTES = 400_000_000
# Copies of the rows, their outputs and derivatives that methods hold at a time.
_COPIES = 6


@dataclass(frozen=True)
class Forecast:
    """What is left of a study.

    Attributes
    ----------
    rows
        Model rows of the cells that are left, at most: their budgets.
    seconds
        Wall time of those that cells already computed tell of, by method and row; ``None``: none.
    untimed
        Cells that nothing tells of.
    bytes
        Memory of all workers.
    """

    cells: int
    kept: int
    rows: int
    networks: int
    seconds: float | None
    untimed: int
    bytes: float


def forecast(study: Study, source: str, results: Path | None, workers: int) -> Forecast:
    """Return what a run would take; ``results``: those of earlier runs."""
    plan = plan_of(study, source)
    statuses: dict[str, str] = {}
    pace: dict[tuple[str, str, str], tuple[float, float]] = {}
    if results is not None:
        with ResultStore(results, read_only=True) as store:
            statuses, cells = store.statuses(), store.cells()
        ok = cells[cells["status"] == "ok"]
        for (problem, model, method), of in ok.groupby(["problem", "model", "estimator"]):
            pace[str(problem), str(model), str(method)] = (
                float(of["seconds"].sum()),
                float(of["budget"].sum()),
            )
    left = [cell for cell in plan.cells if cell.key not in statuses]
    seconds, untimed = 0.0, 0
    for cell in left:
        known = pace.get((cell.problem, cell.model, cell.method.label))
        if known is None:
            untimed += 1
        else:
            seconds += known[0] / known[1] * cell.budget
    widths = {
        key: load_problem(one.subject.problem, one.subject.inputs).space.d
        for key, one in plan.subjects.items()
        if any(cell.question == key for cell in left)
    }
    largest = max((cell.budget * (widths[cell.question] + 1) for cell in left), default=0)
    networks = {cell.question for cell in left if plan.subjects[cell.question].subject.is_network}
    timed = untimed < len(left) or not left
    return Forecast(
        len(plan.cells),
        len(plan.cells) - len(left),
        sum(cell.budget for cell in left),
        len(networks),
        seconds / workers if timed else None,
        untimed,
        workers * (_WORKER_BYTES + 8.0 * _COPIES * largest),
    )
