"""The engine: cells in, rows in the store; one cell's failure is its own.

``evaluate`` needs nothing but its arguments and touches no store, so that another process can run
it; ``run`` is the only writer.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sensbench.errors import NotApplicable, SensbenchError
from sensbench.estimator import Estimator
from sensbench.problem import Problem
from sensbench.study.cells import Cell
from sensbench.study.results import Method
from sensbench.study.store import Outcome, ResultStore


@dataclass
class Tally:
    """How many cells became what; ``computed`` are those this run computed."""

    kept: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Cells that failed in this run."""
        return self.counts["failed"]


def evaluate(cell: Cell, problem: Problem, estimator: Estimator) -> Outcome:
    """Compute one cell; every exception but Ctrl-C becomes a reason."""
    start = time.perf_counter()
    try:
        result = estimator.estimate(problem, budget=cell.budget, seed=cell.seed_sequence())
        return Outcome("ok", result=result, seconds=result.seconds)
    except NotApplicable as error:
        return Outcome("skipped", str(error), None, time.perf_counter() - start, error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, too: a cell must not end the study
        return Outcome("failed", _reason(error), None, time.perf_counter() - start, error)


def run(
    cells: Iterable[Cell],
    store: ResultStore,
    *,
    problem_of: Callable[[Cell], Problem],
    estimator_of: Callable[[Method], Estimator],
    watch: Callable[[Cell, Outcome], None] = lambda cell, outcome: None,
) -> Tally:
    """Compute the cells whose result the store does not have, and commit each when it is done.

    ``problem_of`` may take long (it trains networks); when it raises, the cell fails with its
    reason. ``watch`` is called after every commit.
    """
    done = store.done()
    tally = Tally()
    for cell in cells:
        if cell.key in done:
            tally.kept += 1
            continue
        try:
            problem, estimator = problem_of(cell), estimator_of(cell.method)
        except NotApplicable as error:
            outcome = Outcome("skipped", str(error))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome = Outcome("failed", _reason(error))
        else:
            outcome = evaluate(cell, problem, estimator)
        store.put(cell, outcome)
        tally.counts[outcome.status] += 1
        watch(cell, outcome)
    return tally


def _reason(error: BaseException) -> str:
    """Our own errors speak for themselves; others need their kind."""
    if isinstance(error, SensbenchError):
        return str(error)
    return f"{type(error).__name__}: {error}"
