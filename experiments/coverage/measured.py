"""Runs of one method on one problem, a part at a time; what is done is kept, and not done again."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import sensbench as sb
from experiments.coverage.cases import CASES, METHODS
from experiments.kept_lines import end_last_line, keep, read
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


def parts(
    replicates: int, methods: Collection[str] = (), problems: Collection[str] = ()
) -> Iterator[Part]:
    """Yield all parts: the first replicates of every cell before the next ones.

    Of these methods, by label, and problems; of all by default.
    """
    for first in range(0, replicates, PART):
        for case in CASES:
            if problems and case.name not in problems:
                continue
            for label, _, _, sizes in METHODS:
                if methods and label not in methods:
                    continue
                if label not in (case.methods or label):
                    continue
                for size in sizes:
                    yield Part(case.name, label, size, first, min(PART, replicates - first))


def measured(part: Part, problem: sb.Problem) -> list[dict[str, Any]]:
    """Return a line per measure that carries an interval: values and ends by replicate."""
    ((name, options),) = ((n, o) for label, n, o, _ in METHODS if label == part.method)
    estimator = sb.estimators.load(name, **options)
    of = part._asdict()
    try:
        budget = estimator.needs.cost(problem.d, problem.o, part.size)
        # finite differences cost more than the backward rows that needs.cost counts
        least, fewest = estimator.minimum_budget(problem), estimator.needs.minimum_rows
        budget = max(budget, least * part.size // fewest)
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


def done(lines: list[dict[str, Any]]) -> set[Part]:
    """Return the parts that lines are of."""
    return {Part(**{name: line[name] for name in Part._fields}) for line in lines}


def run(
    file: Path,
    replicates: int,
    methods: Collection[str] = (),
    names: Collection[str] = (),
) -> Iterator[Part]:
    """Measure what the file does not hold yet, and yield each part when it is kept.

    A cell whose first runs gave no interval is not run again: it will not give any.
    """
    lines = read(file)
    before = done(lines)
    parts_of = ((Part(**{k: line[k] for k in Part._fields}), line) for line in lines)
    without = {_cell(part) for part, line in parts_of if "reason" in line}
    end_last_line(file)
    problems: dict[str, sb.Problem] = {}
    makers = {case.name: case.problem for case in CASES}
    for part in parts(replicates, methods, names):
        if part in before or _cell(part) in without:
            continue
        if part.problem not in problems:
            problems[part.problem] = makers[part.problem]()
        found = measured(part, problems[part.problem])
        keep(file, found)
        if any("reason" in line for line in found):
            without.add(_cell(part))
        yield part


def _cell(part: Part) -> tuple[str, str, int]:
    return part.problem, part.method, part.size
