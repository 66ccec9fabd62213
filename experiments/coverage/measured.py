"""Runs of one method on one problem, a part at a time; what is done is kept, and not done again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import sensbench as sb
from experiments.coverage.cases import CASES, METHODS
from sensbench.errors import SensbenchError
from sensbench.measure import measure

PART = 20  # replicates that a killed run loses at most
_DIGITS = 9


class Part(NamedTuple):
    """Some replicates of one cell: the seeds are ``first`` and the following ones."""

    problem: str
    method: str
    size: int
    first: int
    replicates: int


def parts(replicates: int) -> Iterator[Part]:
    """Yield all parts: the first replicates of every cell before the next ones."""
    for first in range(0, replicates, PART):
        for case in CASES:
            for label, _, _, sizes in METHODS:
                for size in sizes:
                    yield Part(case.name, label, size, first, min(PART, replicates - first))


def measured(part: Part, problem: sb.Problem) -> list[dict[str, Any]]:
    """Return a line per measure that carries an interval: values and ends by replicate."""
    ((name, options),) = ((n, o) for label, n, o, _ in METHODS if label == part.method)
    estimator = sb.estimators.load(name, **options)
    of = part._asdict()
    try:
        budget = estimator.needs.cost(problem.d, problem.o, part.size)
        if estimator.needs.gradient:
            budget = part.size * problem.explained.rows_per_gradient
        seeds = range(part.first, part.first + part.replicates)
        runs = [estimator.estimate(problem, budget=budget, seed=seed) for seed in seeds]
    except SensbenchError as error:
        return [of | {"measure": "", "reason": str(error)}]
    found = []
    for name in runs[0].estimates:
        estimates = [run[name] for run in runs]
        if all(estimate.interval is None for estimate in estimates):
            continue
        ends = {
            end: [_plain(name, getattr(e, end)) for e in estimates]
            for end in ("value", "low", "high")
        }
        level = next(e.interval.level for e in estimates if e.interval)
        found.append(of | {"measure": name, "budget": budget, "level": level} | ends)
    return found or [of | {"measure": "", "reason": "no measure with an interval"}]


def flat(name: str, values: np.ndarray) -> np.ndarray:
    """Return an estimate's numbers as one row; of pairs, those above the diagonal."""
    if measure(name).axis == "pair":
        return values[(slice(None), *np.triu_indices(values.shape[-1], 1))].ravel()
    return np.ravel(values)


def _plain(name: str, values: np.ndarray) -> list[float | None]:
    numbers = flat(name, values).tolist()
    return [float(f"{v:.{_DIGITS}g}") if np.isfinite(v) else None for v in numbers]


def read(file: Path) -> list[dict[str, Any]]:
    """Return the lines that are whole: a killed run may leave half of the last one."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def done(lines: list[dict[str, Any]]) -> set[Part]:
    """Return the parts that lines are of."""
    return {Part(**{name: line[name] for name in Part._fields}) for line in lines}


def run(file: Path, replicates: int) -> Iterator[Part]:
    """Measure what the file does not hold yet, and yield each part when it is kept."""
    before = done(read(file))
    if file.exists() and file.stat().st_size and not file.read_bytes().endswith(b"\n"):
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n")
    problems: dict[str, sb.Problem] = {}
    makers = {case.name: case.problem for case in CASES}
    for part in parts(replicates):
        if part in before:
            continue
        if part.problem not in problems:
            problems[part.problem] = makers[part.problem]()
        lines = [json.dumps(line) for line in measured(part, problems[part.problem])]
        # all lines of a part at once: a part is there as a whole or is not
        with file.open("a", encoding="utf-8") as stream:
            stream.write("".join(f"{line}\n" for line in lines))
        yield part
