"""Worker: one child process as its supervisor sees it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sensbench.engine.limits import Limits
from sensbench.engine.messages import Incoming, MessageError, packed
from sensbench.engine.processes import MARK, kill_marked, memory_of

_MOST_OUTPUT = 2**13
# Importing torch on a machine that does much else; a child that is not ready then never will be.
_STARTING = 600.0
# Loading what a job works on is no part of it, but must end, too.
_PREPARING = 20.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS", "BLIS_NUM_THREADS", "SENSBENCH_THREADS")  # fmt: skip


@dataclass(frozen=True)
class Job:
    """Work as plain data.

    Attributes
    ----------
    key
        By which the one who gave it knows it again.
    parts
        What is large and the same for many jobs, by a name of its content: sent to a child once.
    """

    key: Any
    content: Mapping[str, Any]
    parts: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Ended:
    """What became of a job: ``answered``, ``timeout``, ``out_of_memory`` or ``crashed``.

    Attributes
    ----------
    output
        The last that the process printed, where it did not answer.
    """

    job: Job
    status: str
    answer: Any = None
    reason: str = ""
    output: str = ""
    seconds: float = 0.0


class Worker:
    """A child, its socket and what it prints. Nothing here waits but for what was killed.

    Parameters
    ----------
    target
        ``module:name`` of what makes the child's handler of jobs.
    threads
        How many its libraries may use: told before they are imported.
    mark
        By which all that it starts is known.
    hear
        Called with what it says while it works.
    """

    def __init__(self, target: str, threads: int, mark: str, hear: Callable[[Any], None]):
        self._hear = hear
        self.mark = mark
        self.ready = False
        self.retiring = ""
        self.job: Job | None = None
        self.ended: Ended | None = None
        self._began = time.monotonic()
        self._deadline = self._began + _STARTING
        self._condemned: tuple[str, str] | None = None
        self._incoming, self._sent_parts = Incoming(), set[str]()
        self._outgoing, self.output = bytearray(), b""
        self.connection, theirs = socket.socketpair()
        words = [sys.executable, "-P", "-m", "sensbench.engine.child"]
        with theirs:
            self.process = subprocess.Popen(
                [*words, str(theirs.fileno()), str(os.getpid()), target],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(threads, mark),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.connection.setblocking(False)
        self.printed = self.process.stdout.fileno()  # type: ignore[union-attr]
        os.set_blocking(self.printed, False)

    def start(self, job: Job) -> None:
        """Give it a job; it must be ready and have none."""
        new = {name: part for name, part in job.parts.items() if name not in self._sent_parts}
        self.job, self.output = job, b""
        self._began = time.monotonic()
        limit = job.limits.timeout
        self._deadline = float("inf") if limit is None else self._began + limit + _PREPARING
        message = {"content": job.content, "parts": new, "memory": job.limits.memory}
        self._outgoing += packed(message)
        self._sent_parts |= set(new)
        self.write()

    @property
    def writes(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._outgoing)

    def write(self) -> None:
        """Send what the socket takes; a child that is gone is noticed elsewhere."""
        with contextlib.suppress(OSError):
            while self._outgoing:
                del self._outgoing[: self.connection.send(self._outgoing[: 2**20])]

    def read(self) -> bool:
        """Take what it says; return whether more may come."""
        try:
            while more := self.connection.recv(2**20):
                for message in self._incoming.add(more):
                    self._heard(message)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        except (MessageError, LookupError, TypeError) as error:
            self.condemn("crashed", f"what it answered is no message: {error}")
        return False

    def _heard(self, message: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if "ready" in message:
            self.ready, self._deadline = True, float("inf")
        elif "said" in message:
            self._hear(message["said"])
        elif self.job is None or self.ended is not None:
            raise MessageError("message: expected none; got one without a job")
        elif "begun" in message:
            limit = self.job.limits.timeout
            self._began = now
            self._deadline = float("inf") if limit is None else now + limit
        elif message["answer"] is None:
            self.condemn("crashed", f"it could not answer: {message['error']}")
        else:
            seconds = now - self._began
            self.ended = Ended(self.job, "answered", message["answer"], seconds=seconds)
            self.retiring = ", ".join(message["changed"])

    def read_output(self) -> bool:
        """Keep the last of what it prints, however much; return whether more may come."""
        try:
            more = os.read(self.printed, 2**20)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        self.output = (self.output + more)[-_MOST_OUTPUT:]
        return bool(more)

    def look(self) -> None:
        """End it if it is beyond a limit."""
        if self._condemned is not None or self.ended is not None:
            return
        if time.monotonic() >= self._deadline:
            if self.job is None:
                self.condemn("crashed", f"a worker was not ready after {_STARTING:g} s")
            else:
                limit = self.job.limits.timeout
                self.condemn("timeout", f"it took longer than its limit of {limit:g} s")
        elif self.job is not None and self.job.limits.memory is not None:
            used = memory_of(self.process.pid)
            if used > self.job.limits.memory:
                self.condemn("out_of_memory", _too_much(used, self.job.limits.memory))

    def is_gone(self) -> bool:
        """Whether the process has ended; its number stays its own until :meth:`gone`."""
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, how) is not None

    def condemn(self, status: str, reason: str) -> None:
        """Kill it; once it is gone, the reason is told."""
        self._condemned = self._condemned or (status, reason)
        self.kill()

    def kill(self) -> None:
        """End the process and all that it began."""
        if self.process.returncode is None:  # its number is its own until somebody has waited
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        kill_marked(self.mark)

    def gone(self) -> Ended | None:
        """Clear up after a process that is gone; return what became of its job, if it had one.

        An answer that was sent before counts.
        """
        self.kill()  # first what it left behind: until it is waited for, the group is its own
        code = self.process.wait()
        self.read()
        self.read_output()
        self.connection.close()
        self.process.stdout.close()  # type: ignore[union-attr]
        if self.ended is not None or self.job is None:
            return self.ended
        text = self.output.decode("utf-8", "replace")
        status, reason = self._condemned or _how_it_ended(code, text)
        seconds = time.monotonic() - self._began
        return Ended(self.job, status, None, reason, text, seconds)


def _how_it_ended(code: int, output: str) -> tuple[str, str]:
    if "std::bad_alloc" in output:
        return "out_of_memory", "its process ended where memory could not be had (std::bad_alloc)"
    if code >= 0:
        return "crashed", f"its process exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    by_whom = " (by somebody, or by the system when memory was short)" if name == "SIGKILL" else ""
    return "crashed", f"its process was ended by {name}{by_whom}"


def _too_much(used: int, limit: int) -> str:
    return f"it took {used / 1e9:.2f} GB of memory, more than its limit of {limit / 1e9:.2f} GB"


def _environment(threads: int, mark: str) -> dict[str, str]:
    """Return a child's environment: it finds the same code, and its libraries hear of threads."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    variables = dict.fromkeys(_THREADS, str(threads))
    return {**os.environ, **variables, "PYTHONPATH": path, MARK: mark}
