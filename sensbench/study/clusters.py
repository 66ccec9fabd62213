"""A study on a Dask cluster: one of its own on this machine, or one that is running."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sensbench import estimators, networks, problems
from sensbench.engine.roster import Compared
from sensbench.errors import InputError
from sensbench.study.engines import Engine, Workers, processors
from sensbench.study.environment import PACKAGES
from sensbench.study.plan import Plan

# What chooses other instructions in torch and MKL, and with them other bits.
_VARIABLES = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_DEBUG_CPU_TYPE", "OPENBLAS_CORETYPE")


@dataclass(frozen=True)
class OnCluster:
    """Where a study's cells are computed; ``None``: on a cluster that is started for it.

    Attributes
    ----------
    scheduler
        The address of a scheduler that is running, or the file that it wrote.
    """

    scheduler: str | None = None

    @contextmanager
    def engine(self, plan: Plan, workers: int, threads: int) -> Iterator[Engine]:
        """Have a cluster, and leave it as it was found.

        Raises
        ------
        EngineError
            Dask is not installed, or nobody answers.
        """
        from sensbench.engine.cluster import Cluster
        from sensbench.engine.dask_client import require_dask
        from sensbench.engine.local_cluster import LocalCluster

        require_dask()
        with ExitStack() as stack:
            scheduler: str | Path | None = self.scheduler
            if scheduler is None:
                own = stack.enter_context(LocalCluster(workers or processors()))
                scheduler = own.scheduler_file
            there = scheduler
            on_cluster = Workers(
                lambda hand, hear: Cluster(there, hand, threads, compared(plan), hear),
                travels=True,
            )
            yield stack.enter_context(on_cluster)


def on_cluster(engine: str, scheduler: str | None) -> OnCluster | None:
    """Return what the words ``local`` and ``dask``, and a scheduler, ask for.

    Raises
    ------
    InputError
        Neither word, or a scheduler for ``local``.
    """
    if engine not in ("local", "dask"):
        raise InputError(f"engine: expected local or dask; got {engine!r}")
    if engine == "local" and scheduler is not None:
        raise InputError(f"scheduler: expected engine dask with it; got local and {scheduler!r}")
    return OnCluster(scheduler) if engine == "dask" else None


def compared(plan: Plan) -> Compared:
    """Return what a worker must have as it is here, so that it computes the same bits."""
    subjects = [planned.subject for planned in plan.subjects.values()]
    used = [
        *((estimators.registry, method.name) for method in plan.methods),
        *((problems.registry, subject.problem["name"]) for subject in subjects),
        *((networks.registry, subject.model["name"]) for subject in subjects),
    ]
    entries = [entry for registry, name in used if (entry := registry.entry(name)) is not None]
    outside = [entry.dist.name for entry in entries if entry.dist is not None]
    packages = [entry.module.partition(".")[0] for entry in entries]
    return Compared(
        tuple(dict.fromkeys(("sensbench", *PACKAGES, *outside))),
        tuple(dict.fromkeys(("sensbench", *packages))),
        _VARIABLES,
    )
