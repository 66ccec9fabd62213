"""run_study: from a study file to a complete results file."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sensbench.study.cells import Cell
from sensbench.study.config import Study
from sensbench.study.environment import provenance
from sensbench.study.outcome import Outcome
from sensbench.study.planning import Plan, PlannedSubject, plan_of
from sensbench.study.results import Results
from sensbench.study.store import ResultStore
from sensbench.study.tasks import Describe, EstimateCell, NetworkParts, Refer, Task, Train
from sensbench.study.workshop import Workshop
from sensbench.threads import limited

RESULTS_FILE = "results.sqlite"

CarryOut = Callable[[Task], Outcome]


@dataclass
class Tally:
    """How many cells became what; ``counts`` are those this run computed."""

    kept: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Cells that failed in this run."""
        return self.counts["failed"]


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
    InputError
        The results file is damaged or not ours; it is left as it was.
    """
    plan = plan_of(study, source)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS_FILE
    if fresh:
        for end in ("", "-wal", "-shm"):  # a killed process leaves its log
            path.with_name(path.name + end).unlink(missing_ok=True)
    with limited(threads) as n_threads, ResultStore(path) as store:
        store.check()  # before the first write: what is damaged stays as it is
        name, title = study.name, study.title or study.name
        told = provenance(name, title, study.seed, command, study.as_yaml(), threads=n_threads)
        store.plan(plan.cells, plan.methods, told)
        begin(len(plan.cells), len(store.done() & {cell.key for cell in plan.cells}))
        tally = carry_out(plan, store, Workshop().carry_out, watch)
        return store.results(), tally


def carry_out(
    plan: Plan,
    store: ResultStore,
    work: CarryOut,
    watch: Callable[[Cell, Outcome], None] = lambda cell, outcome: None,
) -> Tally:
    """Have the tasks carried out whose outcome the store does not have, and commit each.

    What a cell needs is made before it: a trained network, its reference, the description of the
    subject. Where that fails, its cells do, with the same reason.

    Parameters
    ----------
    work
        Carries out a task, here or elsewhere. This process alone writes the store.
    watch
        Called after every commit of a cell.
    """
    done, tally = store.done(), Tally()
    needed: dict[str, NetworkParts | Outcome | None] = {}
    for cell in plan.cells:
        if cell.key in done:
            tally.kept += 1
            continue
        if cell.question not in needed:
            planned = plan.subjects[cell.question]
            needed[cell.question] = _prepare(planned, plan.references, store, work)
        network = needed[cell.question]
        if isinstance(network, Outcome):
            outcome = network
        else:
            subject = plan.subjects[cell.question].subject
            outcome = work(EstimateCell(subject, cell.coordinates, network))
        store.put(cell, outcome)
        tally.counts[outcome.status] += 1
        watch(cell, outcome)
    return tally


def _prepare(
    planned: PlannedSubject,
    references: tuple[int, int] | None,
    store: ResultStore,
    work: CarryOut,
) -> NetworkParts | Outcome | None:
    """Return the subject's network, if it has one; the outcome of what failed on the way."""
    subject, network = planned.subject, None
    reference = None
    if subject.is_network:
        kept = store.network(subject.key)
        if kept is None:
            trained = work(Train(subject))
            if trained.status != "ok":
                return trained
            network = NetworkParts.from_plain(trained.content["network"])
            store.put_network(subject.key, network.metadata, network.weights)
        else:
            network = NetworkParts(*kept)
        if references is not None:
            points, scrambles = references
            referred = work(Refer(subject, network, points, scrambles))
            # what has no values of its own can be explained all the same
            known = referred.status == "ok"
            reference = referred.content["truths"] if known else referred.reason
    described = work(
        Describe(subject, planned.problem_label, planned.model_label, network, reference)
    )
    if described.status != "ok":
        return described
    store.put_question(subject.key, described.content["question"])
    return network
