"""run_study: from a study file to a complete results file."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sensbench.engine.limits import Limits
from sensbench.engine.supervisor import Supervisor
from sensbench.errors import InputError, SensbenchError
from sensbench.study.carrying import Tally, Watch, nobody, run_schedule
from sensbench.study.clusters import OnCluster
from sensbench.study.config import Study
from sensbench.study.engines import Engine, InThisProcess, Workers, how_many
from sensbench.study.entries import LimitsAsked
from sensbench.study.environment import provenance
from sensbench.study.location import RESULTS_FILE
from sensbench.study.lock import writing
from sensbench.study.outcome import STATUSES
from sensbench.study.plan import Plan
from sensbench.study.planning import plan_of
from sensbench.study.results import Results
from sensbench.study.schedule import Schedule
from sensbench.study.shards import Shard
from sensbench.study.store import ResultStore
from sensbench.study.workshop import Workshop
from sensbench.threads import is_said, limited

# Of a study that is run again and again, so many are kept.
_MOST_RUNS = 100


def run_study(
    study: Study,
    folder: Path,
    *,
    source: str = "study",
    command: str = "",
    fresh: bool = False,
    threads: int | None = None,
    workers: int | None = None,
    limits: Limits | None = None,
    retry: Collection[str] = (),
    cluster: OnCluster | None = None,
    shard: Shard | None = None,
    begin: Callable[[int, int], None] = lambda total, kept: None,
    watch: Watch = nobody,
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
        Of a worker, where nothing else says it: 1.
    workers
        How many processes compute, each of which may hang or crash without the others; 0: this one
        alone. The numbers do not depend on it, for the same threads. By default none, and one per
        processor where the study has limits.
    limits
        What a cell may take, in place of what the study says for all its cells.
    retry
        Statuses to compute again: ``failed``, ``timeout``, ``out_of_memory``, ``crashed``,
        ``skipped``. A cell that became one of them in an earlier run stays so without.
    cluster
        Compute on a Dask cluster; the same children there, limits and bits.
    shard
        Compute this part of the cells only; the others stay missing. See
        :func:`sensbench.study.merging.merge`.
    begin, watch
        Called with (cells, cells kept from earlier runs), and after every cell.

    Raises
    ------
    StudyError
        A plug-in of the study is wrong; nothing has been run then, nor forgotten.
    InputError
        The results file is damaged, not ours, or written by another run; it is left as it was.
    KeyboardInterrupt
        Ctrl-C or SIGTERM. What was computed is kept, and the next run goes on there.
    """
    unknown = set(retry) - set(STATUSES)
    if unknown:
        raise InputError(f"retry: expected some of {', '.join(STATUSES)}; got {sorted(unknown)}")
    study = _with_limits(study, limits)
    plan = plan_of(study, source)
    n_workers = how_many(workers or None if cluster else workers, plan.limited or bool(cluster))
    if (n_workers or cluster) and threads is None and not is_said():
        threads = 1
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS_FILE
    with limited(threads) as n_threads, writing(path, command):
        if fresh:
            for end in ("", "-wal", "-shm", "-journal"):  # a killed process leaves its log
                path.with_name(path.name + end).unlink(missing_ok=True)
        with ResultStore(path) as store:
            store.check()  # before the first write: what is damaged stays as it is
            name, title = study.name, study.title or study.name
            here = Path(source).absolute().parent
            origin = provenance(
                name, title, study.seed, command, study.as_yaml(),
                threads=n_threads, workers=n_workers, folder=here if here.is_dir() else Path(),
            )  # fmt: skip
            origin["engine"] = "dask" if cluster else "local"
            origin |= {"shard": str(shard)} if shard else {}
            before = store.provenance()
            kept = {key: before[key] for key in ("runs", "parts") if before.get(key)}
            store.plan(plan.cells, plan.methods, origin | kept)
            if shard is not None:
                plan = replace(plan, cells=shard.of_cells(plan.cells))
            schedule = Schedule(plan, store, retry)
            begin(len(plan.cells), schedule.kept.total())
            with _timed(store), _engine(plan, n_workers, n_threads, cluster) as engine:
                tally = run_schedule(schedule, engine, store, watch)
            return store.results(), tally


@contextmanager
def _timed(store: ResultStore) -> Iterator[None]:
    """Keep what a run took, also one that was stopped: wall time, and all processes' time."""
    wall, processor = time.perf_counter(), _processor_seconds()
    try:
        yield
    except SensbenchError:  # the file itself, maybe: it is not written to again
        raise
    except BaseException:
        with suppress(SensbenchError):
            _keep_run(store, time.perf_counter() - wall, _processor_seconds() - processor)
        raise
    _keep_run(store, time.perf_counter() - wall, _processor_seconds() - processor)


def _keep_run(store: ResultStore, wall: float, processor: float) -> None:
    origin = store.provenance()
    run = {key: origin[key] for key in ("created", "command", "threads", "workers")}
    run |= {"wall_seconds": round(wall, 3), "processor_seconds": round(processor, 3)}
    store.put_provenance({**origin, "runs": [*origin.get("runs", []), run][-_MOST_RUNS:]})


def _processor_seconds() -> float:
    """Return the time of this process and of those it began that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@contextmanager
def _engine(plan: Plan, workers: int, threads: int, cluster: OnCluster | None) -> Iterator[Engine]:
    if cluster is not None:
        with cluster.engine(plan, workers, threads) as engine:
            yield engine
    elif not workers:
        yield InThisProcess(Workshop().carry_out)
    else:
        with Workers(lambda hand, hear: Supervisor(hand, workers, threads, hear)) as engine:
            yield engine


def _with_limits(study: Study, limits: Limits | None) -> Study:
    if not limits:
        return study
    merged = limits.over(study.own_limits)
    return study.model_copy(
        update={"limits": LimitsAsked(timeout=merged.timeout, memory=merged.memory)}
    )
