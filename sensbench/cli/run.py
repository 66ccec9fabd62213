"""``sensbench run``: a study from its file, stopped and resumed as people and systems do."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sensbench.cli.progress import Progress
from sensbench.engine.limits import Limits, bytes_of, seconds_of
from sensbench.engine.stop import Interrupted
from sensbench.study.config import load_study
from sensbench.study.engines import processors
from sensbench.study.results import Results
from sensbench.study.runner import Tally, run_study


def run(
    study: Path,
    out: Path | None,
    changes: Mapping[str, Any],
    command: str,
    fresh: bool,
    workers: int | None,
    timeout: float | None,
    memory: str | None,
    retry: Sequence[str],
    threads: int | None,
) -> tuple[Path, Results, Tally]:
    """Run the study in a file; return its folder, what it found and what became of the cells."""
    limits = Limits(
        None if timeout is None else seconds_of(timeout, "--timeout"),
        None if memory is None else bytes_of(memory, "--memory"),
    )
    config = load_study(study, changes)
    folder = out or Path("reports") / config.name
    with Progress(config.name) as progress:
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
                    begin=progress.begin,
                    watch=progress.watch,
                )
        except KeyboardInterrupt as stopped:
            progress.stopped()
            number = stopped.signal if isinstance(stopped, Interrupted) else signal.SIGINT
            sys.exit(128 + number)
    progress.summary(tally)
    return folder, results, tally


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
