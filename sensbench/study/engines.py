"""Where tasks are carried out: in this process, or in workers that can be killed."""

import builtins
import hashlib
import json
import logging
import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Protocol

import sensbench.errors
from sensbench.engine.limits import Limits
from sensbench.engine.stop import Stop
from sensbench.engine.worker import Ended, Job
from sensbench.errors import InputError
from sensbench.study.faults import plain_text
from sensbench.study.outcome import Outcome
from sensbench.study.tasks import NetworkParts, Task
from sensbench.study.travel import Luggage

CarryOut = Callable[[Task], Outcome]
Key = tuple[str, int]  # a subject, and a place among its cells; -1: what they need
Done = tuple[Key, Task, Outcome]
_HAND = "sensbench.study.worker:Hand"
# How often a wish to stop is looked for.
_TURN = 0.25
_MOST = 1024


class Engine(ABC):
    """What carries out tasks; the one who gives them writes the results."""

    @property
    @abstractmethod
    def busy(self) -> int:
        """How many tasks have not ended."""

    @property
    @abstractmethod
    def room(self) -> bool:
        """Whether another would begin soon."""

    @abstractmethod
    def start(self, key: Key, task: Task, limits: Limits) -> None:
        """Have a task carried out."""

    @abstractmethod
    def wait(self) -> list[Done]:
        """Return what has ended; perhaps nothing yet."""

    @abstractmethod
    def check(self) -> None:
        """Raise where all has ended because somebody wished it to stop."""


class InThisProcess(Engine):
    """One task at a time, here; nothing can be limited."""

    def __init__(self, work: CarryOut):
        self._work = work
        self._next: tuple[Key, Task] | None = None

    @property
    def busy(self) -> int:
        return int(self._next is not None)

    @property
    def room(self) -> bool:
        return self._next is None

    def start(self, key: Key, task: Task, limits: Limits) -> None:
        """Keep it until :meth:`wait`: what was found before it is written first."""
        self._next = key, task

    def wait(self) -> list[Done]:
        if self._next is None:
            return []
        (key, task), self._next = self._next, None
        return [(key, task, self._work(task))]

    def check(self) -> None:
        """Ctrl-C ends the task itself here."""


class Supervises(Protocol):
    """What has jobs done in processes that can be killed: here, or on a cluster."""

    @property
    def busy(self) -> int:
        """How many jobs have not ended."""

    @property
    def room(self) -> bool:
        """Whether another job would be begun soon."""

    def start(self, job: Job) -> None:
        """Have a job done."""

    def wait(self, seconds: float) -> list[Ended]:
        """Return what has ended; wait so long for something."""

    def close(self) -> None:
        """End all."""


class Workers(Engine):
    """Tasks in processes of their own, with limits; a context manager.

    Parameters
    ----------
    supervise
        Makes what keeps the processes, from what makes their handler and what hears them.
    travels
        Whether files must come along with the tasks, as the processes may not see them.
    """

    def __init__(
        self,
        supervise: Callable[[str, Callable[[Any], None]], Supervises],
        *,
        travels: bool = False,
    ):
        self._said: set[tuple[str, str]] = set()
        self._supervisor = supervise(_HAND, self._say)
        self._luggage = Luggage() if travels else None
        self._stop, self._stack = Stop(), ExitStack()
        self._tasks: dict[Key, Task] = {}
        self._names: dict[int, tuple[NetworkParts, str, dict[str, Any]]] = {}

    def __enter__(self) -> "Workers":
        self._stack.enter_context(self._stop)
        self._stack.callback(self._supervisor.close)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @property
    def busy(self) -> int:
        return self._supervisor.busy

    @property
    def room(self) -> bool:
        return self._supervisor.room and not self._stop.asked

    def start(self, key: Key, task: Task, limits: Limits) -> None:
        self._tasks[key] = task
        content, parts = self._plain(task)
        self._supervisor.start(Job(key, content, parts, limits))

    def wait(self) -> list[Done]:
        """Return what has ended, if anything.

        Raises
        ------
        Interrupted
            On Ctrl-C or SIGTERM, when what had begun has ended, or did not soon.
        """
        ended = self._supervisor.wait(_TURN)
        if self._stop.asked and not ended:
            if self._stop.due or not self._supervisor.busy:
                raise self._stop.error()
        return [(one.job.key, self._tasks.pop(one.job.key), self._outcome(one)) for one in ended]

    def check(self) -> None:
        if self._stop.asked:
            raise self._stop.error()

    def _plain(self, task: Task) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a task without what is large, which are parts: each sent to a worker once."""
        content, parts = self._without_network(task)
        if self._luggage is None:
            return content, parts
        files, contents = self._luggage.of(content)
        return {**content, "files": files}, {**parts, **contents}

    def _without_network(self, task: Task) -> tuple[dict[str, Any], dict[str, Any]]:
        network = getattr(task, "network", None)
        if network is None:
            return task.to_plain(), {}
        kept = self._names.get(id(network))
        if kept is None or kept[0] is not network:
            plain = network.to_plain()
            name = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
            kept = network, name, plain
            self._names = {**dict(list(self._names.items())[-3:]), id(network): kept}
        return task.to_plain(network=kept[1]), {kept[1]: kept[2]}

    def _outcome(self, ended: Ended) -> Outcome:
        if ended.status != "answered":
            detail = plain_text(ended.output, 8_000, end=True)
            return Outcome(ended.status, ended.reason, seconds=ended.seconds, detail=detail)
        try:
            return Outcome.from_plain(ended.answer)
        except (LookupError, TypeError, ValueError) as error:
            return Outcome("crashed", f"its answer was no outcome: {type(error).__name__}: {error}")

    def _say(self, message: Any) -> None:
        """Say here what was said there, once."""
        kind, text = (str(part) for part in message)
        if (kind, text) in self._said:
            return
        self._said.add((kind, text))
        if not kind:
            logging.getLogger("sensbench").info("%s", text)
            return
        category = getattr(sensbench.errors, kind, None) or getattr(builtins, kind, None)
        is_warning = isinstance(category, type) and issubclass(category, Warning)
        warnings.warn(text, category if is_warning else UserWarning, stacklevel=2)


def how_many(workers: int | None, limited: bool) -> int:
    """Return the number of workers; 0: this process alone.

    Without a number there are none, unless limits must be kept: then one per processor.

    Raises
    ------
    InputError
        Not a number; limits without workers.
    """
    if workers is None:
        return processors() if limited else 0
    if isinstance(workers, bool) or not isinstance(workers, int) or not 0 <= workers <= _MOST:
        raise InputError(
            f"workers: expected a number of processes, 0 (none but this one) to {_MOST}; "
            f"got {workers!r}"
        )
    if limited and workers == 0:
        raise InputError(
            "workers: expected 1 or more, for a limit of time or memory ends a process; got 0; "
            "give more, or no limits"
        )
    return workers


def processors() -> int:
    """Return how many this process may use; 0 where workers cannot be had."""
    if os.name != "posix":
        return 0
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
