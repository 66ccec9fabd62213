"""A Dask cluster on this machine: a scheduler and workers as processes, on loopback alone."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from sensbench.engine.guard import Guard
from sensbench.engine.processes import MARK
from sensbench.engine.supervisor import EngineError

_STARTING = 60.0
_HOME = ("--host", "127.0.0.1", "--no-dashboard")
# Without an address, --no-dashboard still listens on every interface.
_NO_DASHBOARD = ("--dashboard-address", "127.0.0.1:0")


class LocalCluster:
    """A scheduler, and workers that a nanny replaces; a context manager.

    They are started as a person would start them, not by ``multiprocessing``, whose children run
    the caller's script again. When this process is killed a guard ends them.

    Attributes
    ----------
    scheduler_file
        By which a client finds the scheduler.
    """

    def __init__(self, workers: int):
        self._folder = tempfile.TemporaryDirectory(prefix="sensbench-dask-")
        folder = Path(self._folder.name)
        self.scheduler_file = folder / "scheduler.json"
        self._log = folder / "log"
        self._mark = uuid.uuid4().hex
        self._guard = Guard(self._mark)
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            file = ("--scheduler-file", str(self.scheduler_file))
            self._start("scheduler", *_HOME, *_NO_DASHBOARD, "--port", "0", *file)
            self._wait_for_scheduler()
            # what computes is a child with its own limit: Dask's would count its own process
            one = ("--nworkers", str(workers), "--nthreads", "1", "--memory-limit", "0")
            where = ("--local-directory", str(folder), "--death-timeout", f"{_STARTING:g}")
            self._start("worker", *_HOME, *_NO_DASHBOARD, *one, *where, *file)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "LocalCluster":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End scheduler and workers."""
        self._guard.close()
        for process in self._processes:
            process.wait()
        self._folder.cleanup()

    def _start(self, what: str, *words: str) -> None:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "dask", what, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    MARK: self._mark,
                    "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path),
                },
                start_new_session=True,
            )
        self._processes.append(process)

    def _wait_for_scheduler(self) -> None:
        deadline = time.monotonic() + _STARTING
        while True:
            try:
                json.loads(self.scheduler_file.read_text())
                return
            except (OSError, ValueError):
                pass
            ended = self._processes[0].poll() is not None
            if ended or time.monotonic() >= deadline:
                said = self._log.read_text(errors="replace")[-2_000:].strip()
                how = "one that ended" if ended else f"none after {_STARTING:g} s"
                raise EngineError(f"dask: expected a scheduler on 127.0.0.1; got {how}:\n{said}")
            time.sleep(0.05)
