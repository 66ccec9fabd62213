"""Guard: ends the processes with a mark when the one that started them is gone, however it went."""

import os
import subprocess
import sys

from sensbench.engine import processes


class Guard:
    """A small process that looks after others, should this one be killed.

    The kernel ends a child with its parent, not what the child started.

    Parameters
    ----------
    mark
        The beginning of what stands in the environment of those to be ended; see
        :data:`sensbench.engine.processes.MARK`.
    """

    def __init__(self, mark: str):
        words = [sys.executable, "-I", "-S", str(processes.__file__), mark]
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # a guard of workers that are themselves guarded must outlive them
            env={name: value for name, value in os.environ.items() if name != processes.MARK},
            start_new_session=True,
        )

    def close(self) -> None:
        """End what is left, and the guard."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()
