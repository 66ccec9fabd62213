"""How a run shows that it is getting on: a bar on a terminal, plain lines elsewhere."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from sensbench.printable import printable
from sensbench.study.carrying import Tally
from sensbench.study.cells import Cell
from sensbench.study.outcome import FAULTS, Outcome


class Progress:
    """Progress of one study; a context manager.

    ``log``: the file that every line is added to, with its time.
    """

    def __init__(self, name: str, *, stderr: bool = False, log: Path | None = None):
        self._name, self._log = name, log
        self._console = Console(stderr=stderr)
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[now]}", markup=False),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(name, total=None, now="", rate="")
        self._total = self._done = self._kept = self._faults = 0
        self._start = time.monotonic()

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, total: int, kept: int) -> None:
        """Say how much there is to do."""
        self._total, self._done, self._kept = total, kept, kept
        self._start = time.monotonic()
        self._bar.update(self._task, total=total, completed=kept)
        kept_note = f", {kept} of them from an earlier run" if kept else ""
        self._say(f"{self._name}: {total} cells{kept_note}")

    def watch(self, cell: Cell, outcome: Outcome) -> None:
        """Say what became of a cell."""
        self._done += 1
        what = (
            f"{cell.problem}/{cell.model} {cell.method.label} "
            f"budget {cell.budget} replicate {cell.replicate}"
        )
        self._faults += outcome.status in FAULTS
        pace = (self._done - self._kept) / max(time.monotonic() - self._start, 1e-3)
        rate = f"{pace:.1f}/s" + (f", {self._faults} faults" if self._faults else "")
        self._bar.update(self._task, advance=1, now=printable(what), rate=rate)
        ok = f"[{self._done}/{self._total}] {what}: {outcome.seconds:.2f} s"
        if outcome.status != "ok":
            self._say(f"{outcome.status}: {what}: {outcome.reason}")
        elif not self._console.is_terminal:
            self._say(ok)
        else:
            self._keep(ok)

    def summary(self, tally: Tally) -> None:
        """Say how the run ended."""
        counts = ", ".join(f"{count} {status}" for status, count in sorted(tally.counts.items()))
        self._say(f"{self._name}: {counts or 'nothing to compute'}, {tally.kept} kept")
        faults = [(tally.kept_as[status], status) for status in FAULTS if tally.kept_as[status]]
        if faults:
            faulty = ", ".join(f"{count} {status}" for count, status in faults)
            again = " ".join(f"--retry {status}" for _, status in faults)
            self._say(f"{self._name}: of those kept, {faulty}; {again} computes them again")

    def stopped(self) -> None:
        """Say how to go on."""
        done = f"{self._done} of {self._total} cells are there and kept" if self._total else ""
        self._say(
            f"{self._name}: stopped; {done or 'nothing was computed yet'}; the same command goes "
            f"on from there"
        )

    def _keep(self, line: str) -> None:
        """Add a line to the log; a run does not end because its log cannot be written."""
        if self._log is None:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with suppress(OSError), self._log.open("a", encoding="utf-8") as file:
            file.write(f"{now} {printable(line)}\n")

    def _say(self, line: str) -> None:
        self._keep(line)
        self._console.print(printable(line), markup=False, highlight=False, soft_wrap=True)
