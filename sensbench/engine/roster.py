"""Roster: which workers of a cluster may compute, looked at from a thread that may wait."""

import runpy
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sensbench.engine import facts as facts_by_value
from sensbench.engine.facts import facts
from sensbench.engine.supervisor import EngineError

_EVERY = 1.0
# A scheduler that has not answered for so long will not.
_SILENCE = 60.0
# Workers of a queue may take long to begin; those that were there are replaced within seconds.
_FIRST_WORKERS, _NEXT_WORKERS = 300.0, 60.0
# Where none of those that are there is fit, another one may just be coming.
_ANOTHER_WORKER = 10.0


@dataclass(frozen=True)
class Compared:
    """What must be the same there as here; see :func:`sensbench.engine.facts.facts`."""

    distributions: Sequence[str] = ()
    packages: Sequence[str] = ()
    variables: Sequence[str] = ()


class Roster:
    """The workers of a cluster that would compute what this process would.

    Every worker is asked before it is given anything, also one that comes later. One with other
    versions, or without a plug-in, is left out and named.

    Parameters
    ----------
    client
        A ``distributed.Client``.
    say
        Called with a sentence for people.
    """

    def __init__(self, client: Any, compared: Compared, say: Callable[[str], None]):
        self._client, self._compared, self._say = client, compared, say
        self._here = facts(compared.distributions, compared.packages, compared.variables)
        self._threads: dict[str, int] = {}
        self._left_out: dict[str, str] = {}
        self._present: set[str] = set()
        self._began = self._answered = self._had_some = time.monotonic()
        self._had_any, self._fault = False, ""
        self._unsaid: list[str] = []
        self._changed, self._stopped = threading.Condition(), threading.Event()
        threading.Thread(target=self._watch, name="sensbench roster", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    @property
    def threads(self) -> dict[str, int]:
        """How many jobs each worker that may compute takes at once, by its address."""
        with self._changed:
            return {
                address: count
                for address, count in self._threads.items()
                if address in self._present and address not in self._left_out
            }

    def leave_out(self, address: str, why: str) -> None:
        """Give a worker nothing more."""
        with self._changed:
            if address in self._left_out:
                return
            self._left_out[address] = why
            self._unsaid.append(f"dask: the worker {address} is left out: {why}")

    def check(self) -> None:
        """Say who was left out; raise where nothing can be computed any more.

        Raises
        ------
        EngineError
            The scheduler is gone or silent; no worker is there, or none that is fit.
        """
        while self._unsaid:
            self._say(self._unsaid.pop(0))  # in the caller's thread, where a warning may raise
        now = time.monotonic()
        if self._fault:
            raise EngineError(f"dask: expected to hear of the workers; got {self._fault}")
        if self._client.status != "running" or now - self._answered > _SILENCE:
            raise EngineError(
                "dask: expected a scheduler that answers; got none: it has ended, or cannot be "
                "reached; what was computed is kept, and the same command goes on from there"
            )
        if self.threads:
            self._had_some, self._had_any = now, True
            return
        with self._changed:
            left_out = {a: why for a, why in self._left_out.items() if a in self._present}
            pending = self._present - set(left_out)
        if left_out and not pending and now - self._had_some > _ANOTHER_WORKER:
            raise EngineError(
                "dask: expected a worker that would compute what this process would; got none: "
                + "; ".join(f"{address}: {why}" for address, why in sorted(left_out.items()))
                + "; install the same versions and plug-ins there"
            )
        patience = _NEXT_WORKERS if self._had_any else _FIRST_WORKERS
        if now - self._had_some > patience:
            raise EngineError(
                f"dask: expected workers; got none for {patience:g} s; start some (dask worker "
                f"ADDRESS); what was computed is kept"
            )

    def wait(self, seconds: float) -> None:
        """Wait until something has changed, or for some seconds."""
        with self._changed:
            self._changed.wait(seconds)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            try:
                self._look()
            except (OSError, TimeoutError):  # a connection that ends, which check() tells
                pass
            except Exception as error:
                self._fault = f"{type(error).__name__}: {error}"
            self._stopped.wait(_EVERY)

    def _look(self) -> None:
        present = dict(self._client.scheduler_info(n_workers=-1)["workers"])
        with self._changed:
            self._answered, self._present = time.monotonic(), set(present)
            new = [a for a in present if a not in self._threads and a not in self._left_out]
        answers = self._ask(new)
        for address in new:
            if why := self._unfit(answers.get(address)):
                self.leave_out(address, why)
        with self._changed:
            self._threads |= {a: int(present[a]["nthreads"]) for a in new}
            self._changed.notify_all()

    def _ask(self, addresses: list[str]) -> Mapping[str, Any]:
        if not addresses:
            return {}
        # of no module that could be imported, so that Dask sends the function, not its name
        by_value = runpy.run_path(facts_by_value.__file__)["facts"]
        asked = self._compared
        answers: Mapping[str, Any] = self._client.run(
            by_value, asked.distributions, asked.packages, asked.variables,
            workers=addresses, on_error="return",
        )  # fmt: skip
        return answers

    def _unfit(self, there: Any) -> str:
        if not isinstance(there, Mapping):
            return f"it could not say what it has: {type(there).__name__}: {there}"
        return ", ".join(
            f"{name} is {there.get(name, 'not told')} there and {value} here"
            for name, value in self._here.items()
            if there.get(name) != value
        )
