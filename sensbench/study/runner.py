"""run_study: from a study file to a complete results file."""

from collections.abc import Callable
from pathlib import Path

from sensbench.study.cells import Cell, cells_of
from sensbench.study.config import Study
from sensbench.study.engine import Tally, run
from sensbench.study.environment import provenance
from sensbench.study.questions import Questions, methods_of
from sensbench.study.results import Results
from sensbench.study.store import Outcome, ResultStore
from sensbench.threads import limited

RESULTS_FILE = "results.sqlite"


def run_study(
    study: Study,
    folder: Path,
    *,
    source: str = "study",
    command: str = "",
    fresh: bool = False,
    threads: int | None = None,
    begin: Callable[[int, int], None] = lambda total, kept: None,
    watch: Callable[[Cell, Outcome], None] = lambda cell, outcome: None,
) -> tuple[Results, Tally]:
    """Compute what is missing of a study and return all its results.

    Parameters
    ----------
    folder
        Where ``results.sqlite`` is or will be. Every cell is committed when it is done, so a run
        that was killed goes on where it stopped.
    fresh
        Forget earlier results first.
    threads
        How many torch and BLAS use; see :func:`sensbench.threads.limited`. Provenance says it.
    begin, watch
        Called with (cells, cells kept from earlier runs), and after every cell.

    Raises
    ------
    StudyError
        A plug-in of the study is wrong; nothing has been run then, nor forgotten.
    """
    methods, estimators = methods_of(study, source)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS_FILE
    if fresh:
        Questions(study, ResultStore(), source)  # a mistake in the study must not cost results
        path.unlink(missing_ok=True)
    with limited(threads) as n_threads, ResultStore(path) as store:
        store.check()  # before the first write: what is damaged stays as it is
        questions = Questions(study, store, source)
        cells = cells_of(questions.keys, methods, study.budgets, study.replicates, study.seed)
        name, title = study.name, study.title or study.name
        told = provenance(name, title, study.seed, command, study.as_yaml(), threads=n_threads)
        store.plan(cells, methods, told)
        begin(len(cells), len(store.done() & {cell.key for cell in cells}))
        tally = run(
            cells,
            store,
            problem_of=questions.problem_of,
            estimator_of=lambda method: estimators[method.label],
            watch=watch,
        )
        return store.results(), tally
