"""``sensbench run``: a study from its file, stopped and resumed as people and systems do."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sensbench.cli.events import Events
from sensbench.cli.progress import Progress
from sensbench.engine.limits import Limits, bytes_of, seconds_of
from sensbench.engine.stop import Interrupted
from sensbench.study.carrying import Tally
from sensbench.study.cells import Cell
from sensbench.study.clusters import on_cluster
from sensbench.study.config import load_study
from sensbench.study.engines import processors
from sensbench.study.forecast import forecast
from sensbench.study.location import RESULTS_FILE, folder_of, study_file
from sensbench.study.outcome import Outcome
from sensbench.study.results import Results
from sensbench.study.runner import run_study
from sensbench.study.shards import Shard

LOG_FILE = "run.log"


def run(
    study: Path,
    out: Path | None,
    changes: Mapping[str, Any],
    command: str,
    fresh: bool,
    workers: int | None,
    engine: str | None,
    scheduler: str | None,
    shard: str | None,
    timeout: float | None,
    memory: str | None,
    retry: Sequence[str],
    threads: int | None,
    events: str | None = None,
) -> tuple[Path, Results, Tally]:
    """Run the study in a file; return its folder, what it found and what became of the cells."""
    limits = Limits(
        None if timeout is None else seconds_of(timeout, "--timeout"),
        None if memory is None else bytes_of(memory, "--memory"),
    )
    cluster = on_cluster(engine or ("dask" if scheduler else "local"), scheduler)
    study = study_file(study)
    config = load_study(study, changes)
    part = Shard.read(shard) if shard else None
    folder = folder_of(study, config.name, out)
    if part is not None and out is None:
        folder = folder / "shards" / part.folder
    log = folder / LOG_FILE
    with (
        Events(events) as told,
        Progress(config.name, stderr=events == "-", log=log) as progress,
    ):

        def begin(total: int, kept: int) -> None:
            told.begin(total, kept)
            progress.begin(total, kept)

        def watch(cell: Cell, outcome: Outcome) -> None:
            told.watch(cell, outcome)
            progress.watch(cell, outcome)

        try:
            with _terminated_as_interrupted():
                results, tally = run_study(
                    config,
                    folder,
                    source=str(study),
                    command=command,
                    fresh=fresh,
                    threads=threads,
                    workers=processors() if workers is None else workers,
                    limits=limits,
                    retry=retry,
                    cluster=cluster,
                    shard=part,
                    begin=begin,
                    watch=watch,
                )
        except KeyboardInterrupt as stopped:
            told.stopped()
            progress.stopped()
            number = stopped.signal if isinstance(stopped, Interrupted) else signal.SIGINT
            sys.exit(128 + number)
        told.end(tally)
    progress.summary(tally)
    return folder, results, tally


def dry_run(
    study: Path, out: Path | None, changes: Mapping[str, Any], workers: int | None
) -> Iterator[str]:
    """Yield what a run would take, as lines."""
    study = study_file(study)
    config = load_study(study, changes)
    path = folder_of(study, config.name, out) / RESULTS_FILE
    n = processors() if workers is None else workers
    costs = forecast(config, str(study), path if path.is_file() else None, max(n, 1))
    yield f"{config.name}: {costs.cells} cells, {costs.kept} of them there from an earlier run"
    yield f"model rows: at most {costs.rows:,}; networks to train: {costs.networks}"
    if costs.seconds is None:
        yield "time: unknown before some cells of each method have run; run a part, then ask again"
    else:
        unknown = f", and {costs.untimed} cells that nothing tells of" if costs.untimed else ""
        yield f"time: about {costs.seconds:.0f} s on {n} workers, by the cells there{unknown}"
    yield f"memory: about {costs.bytes / 1e9:.1f} GB (rows of the largest cell, per worker)"


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does, also where cells are computed in this process."""

    def raise_it(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = signal.signal(signal.SIGTERM, raise_it)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
