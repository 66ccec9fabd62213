"""Supervisor: keeps workers busy, and tells what became of every job."""

import contextlib
import os
import selectors
import time
import uuid
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

from sensbench.engine.guard import Guard
from sensbench.engine.worker import Ended, Job, Worker
from sensbench.errors import SensbenchError

_POLL_MEMORY, _POLL = 0.05, 0.2
_MOST_FALSE_STARTS = 3


class EngineError(SensbenchError, RuntimeError):
    """Workers cannot be started here."""


class Supervisor:
    """Up to so many child processes, started when there is work for them and kept.

    Use as a context manager: at its end no process is left, also none that a job had started.
    Give jobs while there is ``room``, and :meth:`wait` for some to end. One that ends its process
    ends no other.

    Parameters
    ----------
    target
        ``module:name`` of what makes a child's handler of jobs; see :mod:`sensbench.engine.child`.
    workers
        How many at the same time.
    threads
        How many each one's libraries use.
    hear
        Called with what handlers say while they work.
    """

    def __init__(
        self,
        target: str,
        workers: int,
        threads: int = 1,
        hear: Callable[[Any], None] = lambda said: None,
    ):
        self._hear = hear
        self._target, self._most, self._threads = target, workers, threads
        self._run, self._started, self._false_starts = uuid.uuid4().hex, 0, 0
        self._workers: list[Worker] = []
        self._queue: deque[Job] = deque()
        self._selector = selectors.DefaultSelector()
        self._guard: Guard | None = None
        self._pidfds: dict[Worker, int] = {}

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def busy(self) -> int:
        """How many jobs have not ended."""
        return len(self._queue) + sum(worker.job is not None for worker in self._workers)

    @property
    def room(self) -> bool:
        """Whether another job would be begun soon."""
        return self.busy < self._most

    def start(self, job: Job) -> None:
        """Have a job done by the next worker that is free."""
        self._queue.append(job)
        self._dispatch()

    def wait(self, seconds: float = float("inf")) -> list[Ended]:
        """Return what has ended since, and wait for something to end; or for some seconds.

        Raises
        ------
        EngineError
            Workers end before they are ready, again and again.
        """
        until = time.monotonic() + seconds
        ended: list[Ended] = []
        while not ended and self.busy:
            left = until - time.monotonic()
            if left <= 0:
                break
            for key, mask in self._selector.select(min(self._pause(), left)):
                key.data(mask)
            for worker in list(self._workers):
                worker.look()
                gone = worker.is_gone()
                if gone or worker.ended is not None:
                    outcome = self._finish(worker, gone)
                    ended += [outcome] if outcome is not None else []
            self._dispatch()
        return ended

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        self._queue.clear()
        for worker in self._workers:
            worker.kill()
        for worker in list(self._workers):
            self._remove(worker)
        self._selector.close()
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def _pause(self) -> float:
        limited = any(w.job is not None and w.job.limits.memory for w in self._workers)
        return _POLL_MEMORY if limited else _POLL

    def _finish(self, worker: Worker, gone: bool) -> Ended | None:
        """Return how a worker's job ended; one that is gone, or is not as it was, is replaced."""
        if gone:
            outcome = self._remove(worker)
            if not worker.ready:
                self._start_failed(worker)
            return outcome
        outcome = worker.ended
        worker.job = worker.ended = None
        if worker.retiring:
            self._remove(worker)
        return outcome

    def _start_failed(self, worker: Worker) -> None:
        self._false_starts += 1
        if self._false_starts >= _MOST_FALSE_STARTS:
            output = worker.output.decode("utf-8", "replace").strip() or "it said nothing"
            raise EngineError(
                f"workers: expected processes that can import sensbench; got "
                f"{self._false_starts} that ended before they could; run in this process "
                f"(--workers 0), or mend what the last one said:\n{output}"
            )

    def _dispatch(self) -> None:
        for worker in self._workers:
            if worker.ready:
                self._false_starts = 0
            if self._queue and worker.ready and worker.job is None:
                worker.start(self._queue.popleft())
                if worker.writes:
                    both = selectors.EVENT_READ | selectors.EVENT_WRITE
                    self._selector.modify(worker.connection, both, self._talk(worker))
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._queue) > starting and len(self._workers) < self._most:
            self._add()
            starting += 1

    def _add(self) -> None:
        self._started += 1
        mark = f"{self._run}-{self._started}."
        try:
            self._guard = self._guard or Guard(self._run)
            worker = Worker(self._target, self._threads, mark, self._hear)
        except OSError as error:
            raise EngineError(
                f"workers: expected to start a process; got {error}; ask for fewer, or run in "
                f"this process (--workers 0)"
            ) from error
        self._workers.append(worker)
        read = selectors.EVENT_READ
        self._selector.register(worker.connection, read, self._talk(worker))
        self._selector.register(worker.printed, read, lambda mask: self._print(worker))
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                # readable when the process has ended, which is looked for after every waiting
                self._pidfds[worker] = os.pidfd_open(worker.process.pid)
                self._selector.register(self._pidfds[worker], read, lambda mask: None)

    def _talk(self, worker: Worker) -> Callable[[int], None]:
        def talk(mask: int) -> None:
            if mask & selectors.EVENT_WRITE:
                worker.write()
                if not worker.writes:
                    read = selectors.EVENT_READ
                    self._selector.modify(worker.connection, read, self._talk(worker))
            if mask & selectors.EVENT_READ and not worker.read():
                self._forget(worker.connection)

        return talk

    def _print(self, worker: Worker) -> None:
        if not worker.read_output():
            self._forget(worker.printed)

    def _remove(self, worker: Worker) -> Ended | None:
        if worker in self._pidfds:
            pidfd = self._pidfds.pop(worker)
            self._forget(pidfd)
            os.close(pidfd)
        self._forget(worker.connection)
        self._forget(worker.printed)
        self._workers.remove(worker)
        return worker.gone()

    def _forget(self, source: object) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source)  # type: ignore[arg-type]
