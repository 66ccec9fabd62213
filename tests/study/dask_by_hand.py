"""A scheduler and workers as a person starts them, on loopback, to be killed one by one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOBODY_ELSE = ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]


class ByHand:
    """Processes that this test started; ``close`` ends them and what they began."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self._log = (folder / "dask.log").open("ab")
        self._folder, self._processes = folder, []
        self.scheduler = self._start(
            ["scheduler", *NOBODY_ELSE, "--port", "0", "--scheduler-file", str(self.file)], {}
        )
        deadline = time.monotonic() + 120
        while not self.file.is_file() or not self.file.read_text().endswith("}"):
            assert self.scheduler.poll() is None, (folder / "dask.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]

    def worker(self, *more, paths=(), **variables):
        """Start a worker, without a nanny so that one process is all of it."""
        path = os.pathsep.join(map(str, [ROOT, *paths]))
        return self._start(
            ["worker", *NOBODY_ELSE, "--no-nanny", "--nthreads", "1", "--scheduler-file",
             str(self.file), "--local-directory", str(self._folder), *more],
            {"PYTHONPATH": path, **variables},
        )  # fmt: skip

    def bare_worker(self):
        """Start one in a Python that has Dask and nothing of ours."""
        import distributed

        site = str(Path(distributed.__file__).parents[1])
        words = ["worker", self.address, *NOBODY_ELSE, "--no-nanny", "--nthreads", "1",
                 "--local-directory", str(self._folder)]  # fmt: skip
        # without -S the editable install would be found
        code = f"import sys; sys.path.append({site!r}); from dask.cli import run_cli; run_cli()"
        return self._start(words, {}, ["-I", "-S", "-c", code])

    def _start(self, words, variables, python=("-P", "-m", "dask")):
        process = subprocess.Popen(
            [sys.executable, *python, *words],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def close(self):
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._log.close()
