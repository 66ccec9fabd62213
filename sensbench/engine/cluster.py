"""Cluster: jobs on the workers of a Dask cluster, each in a child that can be killed."""

import contextlib
import json
import math
import queue
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sensbench.engine import seats
from sensbench.engine.dask_client import connected, within
from sensbench.engine.roster import Compared, Roster
from sensbench.engine.supervisor import EngineError
from sensbench.engine.worker import Ended, Job

T = TypeVar("T")
_ANSWERING, _CLOSING = 60.0, 10.0
# Jobs are sent together so that a batch takes about this long: a message costs milliseconds.
_BATCH_SECONDS, _MOST_JOBS = 0.3, 50
# Batches in hand per thread: one at work, one to begin.
_AHEAD = 2
_MOST_TRIES = 3
_TURN = 0.25


@dataclass
class _Batch:
    jobs: list[Job]
    addresses: frozenset[str]
    future: Any
    tries: int


@dataclass
class _Waiting:
    """Jobs that are to be sent together: those that failed others go alone."""

    jobs: list[Job]
    tries: int = 0


@dataclass
class _Pace:
    """How long a job takes, lately."""

    mean: float = 0.0
    count: int = field(default=0)

    def add(self, seconds: float) -> None:
        self.count += 1
        self.mean += (seconds - self.mean) / min(self.count, 20)

    @property
    def batch(self) -> int:
        """How many jobs make a batch."""
        if not self.count:
            return 1
        return max(1, min(_MOST_JOBS, int(_BATCH_SECONDS / max(self.mean, 1e-4))))


class Cluster:
    """What a :class:`~sensbench.engine.supervisor.Supervisor` does, on a Dask cluster.

    The same children, started by the cluster's workers; the same ends of jobs. A worker that dies
    has its jobs done by another one. Nothing here waits for ever.

    Parameters
    ----------
    scheduler
        Its address, or the file it wrote.
    target, threads
        Of the children.
    compared
        What a worker must have as it is here.
    hear
        Called with what handlers say, and with a kind and a sentence on the cluster.

    Raises
    ------
    EngineError
        Dask is not installed, or there is no scheduler.
    """

    def __init__(
        self,
        scheduler: str | Path,
        target: str,
        threads: int,
        compared: Compared,
        hear: Callable[[Any], None] = lambda said: None,
    ):
        self._target, self._child_threads, self._hear = target, threads, hear
        self._client, self._undo = connected(scheduler)
        self._run, self._sent = uuid.uuid4().hex, 0
        self._waiting: list[_Waiting] = []
        self._batches: dict[int, _Batch] = {}
        self._parts: dict[str, Any] = {}
        self._finished: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._pace = _Pace()
        self._roster = Roster(self._client, compared, lambda text: hear(["UserWarning", text]))

    def __enter__(self) -> "Cluster":
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
        waiting = sum(len(one.jobs) for one in self._waiting)
        return waiting + sum(len(batch.jobs) for batch in self._batches.values())

    @property
    def room(self) -> bool:
        """Whether another job would be begun soon."""
        slots = sum(self._roster.threads.values()) or 1
        return self.busy < _AHEAD * slots * self._pace.batch

    def start(self, job: Job) -> None:
        """Have a job done by the next worker that is free."""
        last = self._waiting[-1] if self._waiting else None
        if last is None or last.tries or len(last.jobs) >= self._pace.batch:
            self._waiting.append(_Waiting([job]))
        else:
            last.jobs.append(job)
        if len(self._waiting[-1].jobs) >= self._pace.batch:
            self._flush()

    def wait(self, seconds: float = float("inf")) -> list[Ended]:
        """Return what has ended since, and wait for something to end; or for some seconds.

        Raises
        ------
        EngineError
            The scheduler or all workers are gone, or none of them is fit.
        """
        until = time.monotonic() + seconds
        ended: list[Ended] = []
        while not ended and self.busy:
            left = until - time.monotonic()
            if left <= 0:
                break
            self._roster.check()
            self._flush()
            self._call_back_stranded()
            if not self._batches:
                self._roster.wait(min(_TURN, left))
                continue
            with contextlib.suppress(queue.Empty):
                numbers = [self._finished.get(timeout=min(_TURN, left))]
                while not self._finished.empty():
                    numbers.append(self._finished.get())
                ended = self._collected(numbers)
        return ended

    def close(self) -> None:
        """Have nothing more done, and leave the cluster as it was."""
        self._roster.stop()
        futures = [batch.future for batch in self._batches.values()]
        self._waiting.clear()
        self._batches.clear()
        with contextlib.suppress(Exception):
            if self._client.status == "running":
                within(_CLOSING, lambda: self._client.cancel(futures, force=True))
                workers = list(self._roster.threads)
                again = {"workers": workers, "on_error": "ignore"}
                within(_CLOSING, lambda: self._client.run(seats.retire, **again))
        with contextlib.suppress(Exception):
            within(_CLOSING, lambda: self._client.close(timeout=_CLOSING / 2))
        self._undo()

    def _flush(self) -> None:
        """Send what waits, if there is anybody to send it to."""
        addresses = frozenset(self._roster.threads)
        if not addresses or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        slots = sum(self._roster.threads.values())
        for one in waiting:
            # at the end of a study there is less than a batch for each
            size = max(1, math.ceil(len(one.jobs) / slots)) if len(waiting) == 1 else len(one.jobs)
            for place in range(0, len(one.jobs), size):
                self._send(one.jobs[place : place + size], one.tries, addresses)

    def _send(self, jobs: list[Job], tries: int, addresses: frozenset[str]) -> None:
        parts = {name: part for job in jobs for name, part in job.parts.items()}
        content = {
            "target": self._target,
            "threads": self._child_threads,
            "parts": list(parts),
            "jobs": [
                {
                    "key": place,
                    "content": job.content,
                    "parts": list(job.parts),
                    "limits": asdict(job.limits),
                }
                for place, job in enumerate(jobs)
            ],
        }
        futures = [self._part(name, part) for name, part in parts.items()]
        self._sent += 1
        number, key = self._sent, f"sensbench-{self._run}-{self._sent}"
        text = json.dumps(content)
        future = self._within(
            lambda: self._client.submit(
                seats.carry_out, text, *futures, key=key, pure=False, workers=sorted(addresses)
            )
        )
        self._batches[number] = _Batch(jobs, addresses, future, tries)
        future.add_done_callback(lambda done: self._finished.put(number))

    def _part(self, name: str, content: Any) -> Any:
        """Return what stands for a part there; held while it may be asked for again."""
        if name not in self._parts:
            text, key = json.dumps(content), f"sensbench-part-{self._run}-{name}"
            future = self._within(lambda: self._client.submit(seats.part, text, key=key))
            self._parts = {**dict(list(self._parts.items())[-7:]), name: future}
        return self._parts[name]

    def _call_back_stranded(self) -> None:
        """Send again what waits for workers of which none is left."""
        there = set(self._roster.threads)
        if not there:
            return
        for number, batch in list(self._batches.items()):
            if not batch.addresses & there:
                del self._batches[number]
                with contextlib.suppress(EngineError):
                    self._within(partial(batch.future.cancel, force=True))
                self._waiting.append(_Waiting(batch.jobs, batch.tries))

    def _collected(self, numbers: Sequence[int]) -> list[Ended]:
        batches = [self._batches.pop(number) for number in numbers if number in self._batches]
        done = [batch for batch in batches if batch.future.status == "finished"]
        futures = [batch.future for batch in done]
        texts = self._within(lambda: self._client.gather(futures, errors="skip")) if done else []
        ended: list[Ended] = []
        for batch in batches:
            if batch not in done:
                ended += self._again(batch)
        if len(texts) == len(done):
            for batch, text in zip(done, texts, strict=True):
                ended += self._read(batch, text)
        else:  # a worker died with its answers: nobody knows which are there
            for batch in done:
                self._waiting.append(_Waiting(batch.jobs, batch.tries))
        return ended

    def _read(self, batch: _Batch, text: str) -> list[Ended]:
        answer = json.loads(text)
        for said in answer["said"]:
            self._hear(said)
        if answer["unusable"]:
            self._roster.leave_out(answer["worker"], answer["unusable"])
        outcomes = answer["ended"]
        ended = [Ended(job, **of) for job, of in zip(batch.jobs, outcomes, strict=False)]
        for one in ended:
            self._pace.add(one.seconds)
        if rest := batch.jobs[len(outcomes) :]:
            self._waiting.insert(0, _Waiting(rest, batch.tries))
        return ended

    def _again(self, batch: _Batch) -> list[Ended]:
        """Send again what a cluster lost: alone, so that it is known what ends workers."""
        error = batch.future.exception(timeout=_CLOSING) if batch.future.status == "error" else None
        tries = batch.tries + (error is not None)
        # which says that several workers ended, one after the other, while they had it
        for_good = type(error).__name__ == "KilledWorker" or tries >= _MOST_TRIES
        if len(batch.jobs) > 1 or not for_good:
            self._waiting += [_Waiting([job], tries) for job in batch.jobs]
            return []
        reason = f"workers of the cluster could not do it: {type(error).__name__}: {error}"
        return [Ended(job, "crashed", None, reason) for job in batch.jobs]

    def _within(self, call: Callable[[], T]) -> T:
        return within(_ANSWERING, call)
