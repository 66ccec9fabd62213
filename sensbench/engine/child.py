"""The child: a process that takes jobs from a socket, one by one, until its supervisor is gone.

``python -m sensbench.engine.child FD PARENT MODULE:NAME``. The name is called once, for a handler
of jobs: a callable of the job's content, the parts sent so far, and a callable that sends something
meanwhile: ``{"begun": True}`` when preparing is over, ``{"said": …}`` for people.
"""

import contextlib
import ctypes
import faulthandler
import importlib
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sensbench.engine.global_state import changed, global_state
from sensbench.engine.messages import MessageError, packed, received
from sensbench.engine.processes import descendants, kill, memory_of

Say = Callable[[dict[str, Any]], None]
Handler = Callable[[Mapping[str, Any], Mapping[str, Any], Say], dict[str, Any]]
_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
# Longer than the kernel takes to end a process; one that it cannot end is left to the supervisor.
_ENDING = 10.0
# The share of a job's memory that what earlier jobs left behind may take from it.
_KEPT = 0.2


def main(words: list[str]) -> None:
    """Serve until the supervisor is gone."""
    descriptor, parent, target = int(words[0]), int(words[1]), words[2]
    _die_with(parent)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(fileno=descriptor)
    connection.set_inheritable(False)
    module, _, name = target.partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)()
    _send(connection, {"ready": True})
    parts: dict[str, Any] = {}
    own, turn = os.getpid(), threading.Lock()
    idle = memory_of(own)

    def say(content: dict[str, Any]) -> None:
        if os.getpid() == own:  # a fork of this process has the socket, too
            with turn:
                _send(connection, content)

    for job in received(connection):
        parts |= job["parts"]
        _send(connection, _answer(handler, job, parts, say, idle))


def _answer(
    handler: Handler,
    job: Mapping[str, Any],
    parts: Mapping[str, Any],
    say: Say,
    idle: int,
) -> dict[str, Any]:
    """Do a job and put in order what it left; whatever it raises becomes words.

    Memory that it keeps cannot be taken from it: past a share of the limit above ``idle``, what the
    process had in memory at first, it counts as a change, and the next job gets another process.
    """
    before = global_state()
    _limit_memory(job["memory"])
    try:
        answer, error = handler(job["content"], parts, say), ""
    except BaseException as raised:  # a handler answers for all but its own faults
        answer, error = None, type(raised).__name__
    _limit_memory(None)
    left = changed(before, global_state())
    if _end_children():
        left.append("processes that it had started")
    if job["memory"] is not None and memory_of(os.getpid()) > idle + _KEPT * job["memory"]:
        left.append("memory that it keeps")
    return {"answer": answer, "error": error, "changed": left}


def _send(connection: socket.socket, content: dict[str, Any]) -> None:
    try:
        message = packed(content)
    except MessageError as error:
        message = packed({"answer": None, "error": str(error), "changed": []})
    connection.sendall(message)


def _die_with(parent: int) -> None:
    """End when the supervisor does, and be the parent of what a child leaves behind."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.prctl(_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)


def _limit_memory(size: int | None) -> None:
    """Let allocations fail above a size: of all the limits there are, this one counts right.

    Limiting the address space breaks torch's import, and a limit of what is resident does nothing.
    What is mapped and shared escapes it: the supervisor looks at that.
    """
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        soft = hard if size is None else size
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _end_children() -> bool:
    """End what a job has started; return whether there was anything.

    Again until there is none: the kernel's list of children may miss some while others end, and
    those that lose their parent become ours.
    """
    any_found, deadline = False, time.monotonic() + _ENDING
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            below = descendants(os.getpid())
            any_found = any_found or bool(below)
            kill(below)
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                any_found = True
            time.sleep(0.001)
    return any_found


if __name__ == "__main__":
    main(sys.argv[1:])
