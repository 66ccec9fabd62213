"""Seats: the killable children of a Dask worker, kept idle between jobs.

:func:`carry_out` is the only task that a cluster gets from us. Texts go in and come out: nothing
of a user's is ever pickled. Dask's own process computes nothing and imports no torch.
"""

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sensbench.engine.limits import Limits
from sensbench.engine.supervisor import EngineError, Supervisor
from sensbench.engine.worker import Job

# An idle child holds its memory so long after the last job.
_IDLE = 60.0
# How often it is looked whether anybody still waits for a job.
_TURN = 0.25
# What has ended in a batch is not held back longer by what has not.
_LONG = 1.0
_MOST_PARTS = 4
# What is told of a job that has ended.
OUTCOME = ("status", "answer", "reason", "output", "seconds")
_Key = tuple[str, int]


class _Unwanted(Exception):
    """Nobody waits for the job any more."""


class Seat:
    """One child with a thread of its own: a child ends with the *thread* that spawned it.

    Parameters
    ----------
    key
        What the child's handler is made by, and how many threads its libraries use.
    """

    def __init__(self, key: _Key):
        self._key = key
        self._said: list[Any] = []
        self._parts: dict[str, Any] = {}
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="sensbench seat", daemon=True).start()

    def do(
        self,
        jobs: Sequence[Mapping[str, Any]],
        parts: Mapping[str, str],
        wanted: Callable[[], bool],
    ) -> dict[str, Any]:
        """Return how the jobs ended, in order; those that did not begin are left out."""
        reply: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._requests.put((jobs, parts, wanted, reply))
        return reply.get()

    def retire(self) -> None:
        """End the child and the thread; it must be idle."""
        self._requests.put(None)

    def _serve(self) -> None:
        supervisor: Supervisor | None = None
        while True:
            try:
                request = self._requests.get(timeout=_IDLE)
            except queue.Empty:
                if not _withdrawn(self._key, self):
                    continue  # taken: a request is on its way
                request = None
            if request is None:
                break
            jobs, parts, wanted, reply = request
            supervisor = supervisor or Supervisor(self._key[0], 1, self._key[1], self._said.append)
            answer: dict[str, Any] = {"ended": [], "unusable": ""}
            try:
                self._batch(supervisor, jobs, parts, wanted, answer["ended"])
            except _Unwanted:
                supervisor.close()
                supervisor = None
            except EngineError as error:
                answer["unusable"] = str(error)
            except Exception as error:
                answer["unusable"] = f"{type(error).__name__}: {error}"
            answer["said"] = self._said[:]
            self._said.clear()
            reply.put(answer)
        if supervisor is not None:
            supervisor.close()

    def _batch(
        self,
        supervisor: Supervisor,
        jobs: Sequence[Mapping[str, Any]],
        parts: Mapping[str, str],
        wanted: Callable[[], bool],
        ended: list[dict[str, Any]],
    ) -> None:
        until = time.monotonic() + _LONG
        for job in jobs:
            if ended and time.monotonic() >= until:
                return
            mine = {name: self._part(name, parts) for name in job["parts"]}
            supervisor.start(Job(job["key"], job["content"], mine, Limits(**job["limits"])))
            while not (outcomes := supervisor.wait(_TURN)):
                if not wanted():
                    raise _Unwanted
            (outcome,) = outcomes
            ended.append({name: getattr(outcome, name) for name in OUTCOME})

    def _part(self, name: str, parts: Mapping[str, str]) -> Any:
        if name not in self._parts:
            kept = list(self._parts.items())[1 - _MOST_PARTS :]
            self._parts = {**dict(kept), name: json.loads(parts[name])}
        return self._parts[name]


_idle: dict[_Key, list[Seat]] = {}
_turn = threading.Lock()


def carry_out(batch: str, *parts: str) -> str:
    """Do the jobs of a batch one by one in a child of this worker.

    Parameters
    ----------
    batch
        JSON: ``target`` and ``threads`` of the child, ``jobs``, and the names of the parts.
    parts
        JSON of each.
    """
    content = json.loads(batch)
    key = content["target"], content["threads"]
    with _turn:
        free = _idle.get(key, [])
        seat = free.pop() if free else Seat(key)
    answer = seat.do(content["jobs"], dict(zip(content["parts"], parts, strict=True)), _wanted())
    with _turn:
        _idle.setdefault(key, []).append(seat)
    return json.dumps({**answer, "worker": _address()})


def retire() -> None:
    """End all children that are idle."""
    with _turn:
        seats = [seat for free in _idle.values() for seat in free]
        _idle.clear()
    for seat in seats:
        seat.retire()


def part(text: str) -> str:
    """Return a part: a task of its own, so that each worker is sent it once, and again if lost."""
    return text


def _withdrawn(key: _Key, seat: Seat) -> bool:
    with _turn:
        free = _idle.get(key, [])
        is_idle = seat in free
        if is_idle:
            free.remove(seat)
        return is_idle


def _wanted() -> Callable[[], bool]:
    """Return what tells whether the task that this thread does is still waited for.

    Dask cannot stop a task; it only forgets it.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        state = worker.state.tasks.get(key)
        forgotten = state is None or state.state == "cancelled"
        return not forgotten and worker.status.name in ("running", "paused")

    return wanted


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)
