"""Processes by what ``/proc`` says of them; elsewhere nothing is found.

Imports nothing but the standard library, and works as a program too: the guard of a supervisor.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path

MARK = "SENSBENCH_WORKER"
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def descendants(pid: int) -> list[int]:
    """Return the processes below one, which are its own children first."""
    pids: list[int] = []
    waiting = [pid]
    while waiting:
        below = _children(waiting.pop(0))
        pids += below
        waiting += below
    return pids


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with contextlib.suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            with contextlib.suppress(OSError):
                children += map(int, (thread / "children").read_text().split())
    return children


def memory_of(pid: int) -> int:
    """Return the bytes that a process and those below it have in memory; 0 where nobody knows."""
    total = 0
    with contextlib.suppress(OSError, IndexError, ValueError):
        total = int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    return total + sum(map(_own_memory, descendants(pid)))


def _own_memory(pid: int) -> int:
    """Return what a process shares with no other: what a fork has of its parent is there once."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))
    return 0


def marked(mark: str) -> list[int]:
    """Return the processes that were started with a mark, or below one that was.

    Parents die and children move to another session; the environment they began with stays.
    """
    pids, wanted = [], f"{MARK}={mark}".encode()
    with contextlib.suppress(OSError):
        for entry in _PROC.iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if wanted in (entry / "environ").read_bytes():
                        pids.append(int(entry.name))
    return pids


def kill(pids: list[int]) -> None:
    """End processes at once, those that are gone already as well."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def kill_marked(mark: str) -> None:
    """End all processes with a mark, and what they begin meanwhile."""
    for _ in range(20):
        pids = marked(mark)
        if not pids:
            return
        kill(pids)


def guard(mark: str) -> None:
    """Wait until whoever holds the other end of stdin is gone; then end what is left behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 2**12):
        pass
    kill_marked(mark)


if __name__ == "__main__":
    guard(sys.argv[1])
