"""A run as JSON lines, for programs that watch it."""

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from sensbench.errors import InputError
from sensbench.study.carrying import Tally
from sensbench.study.cells import Cell
from sensbench.study.outcome import Outcome


class Events:
    """Writes one JSON object per line: ``begin``, ``cell``, ``end`` or ``stopped``.

    ``where``: a file, ``-`` for stdout, ``None`` for nowhere. A context manager.
    """

    def __init__(self, where: str | None):
        self._file: IO[str] | None = None
        try:
            if where == "-":
                self._file = sys.stdout
            elif where is not None:
                self._file = Path(where).open("w", encoding="utf-8")
        except OSError as error:
            raise InputError(
                f"--events: expected a file that can be written; got {error}"
            ) from error

    def __enter__(self) -> "Events":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()

    def begin(self, total: int, kept: int) -> None:
        """Say how much there is to do."""
        self._write("begin", cells=total, kept=kept)

    def watch(self, cell: Cell, outcome: Outcome) -> None:
        """Say what became of a cell."""
        self._write(
            "cell", key=cell.key, problem=cell.problem, model=cell.model,
            estimator=cell.method.label, budget=cell.budget, replicate=cell.replicate,
            status=outcome.status, reason=outcome.reason, seconds=outcome.seconds,
        )  # fmt: skip

    def end(self, tally: Tally) -> None:
        """Say how the run ended."""
        self._write("end", computed=dict(tally.counts), kept=dict(tally.kept_as))

    def stopped(self) -> None:
        """Say that somebody stopped it."""
        self._write("stopped")

    def _write(self, event: str, **facts: Any) -> None:
        if self._file is not None:
            line = {"event": event, "time": round(time.time(), 3), **facts}
            print(json.dumps(line), file=self._file, flush=True)
