"""What a worker process does: tasks of studies, with the problems and networks it has kept."""

import logging
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from sensbench import estimators
from sensbench.engine.child import Say
from sensbench.errors import SensbenchError
from sensbench.study.faults import outcome_of, plain_text
from sensbench.study.tasks import NetworkParts, task_of
from sensbench.study.travel import Unpacked
from sensbench.study.workshop import Workshop
from sensbench.threads import limited


class Hand:
    """Carries out tasks for a supervisor: the handler of :mod:`sensbench.engine.child`."""

    def __init__(self) -> None:
        for name in estimators.registry.own():
            estimators.registry.get(name)  # what they import takes seconds, which are no cell's
        # The libraries' own numbers come from the environment; this reaches those that ignore it.
        self._limit = limited()
        self._limit.__enter__()
        self._workshop = Workshop()
        self._networks: dict[str, NetworkParts] = {}
        self._files = Unpacked()
        self._say: Say = lambda content: None
        warnings.showwarning = self._warned  # type: ignore[assignment]
        logger = logging.getLogger("sensbench")
        logger.addHandler(_Told(self._tell))
        logger.setLevel(logging.INFO)
        logger.propagate = False

    def __call__(
        self, content: Mapping[str, Any], parts: Mapping[str, Any], say: Say
    ) -> dict[str, Any]:
        """Return the outcome of a task as plain data."""
        self._say = say
        given = dict(content)
        try:
            if files := given.pop("files", None):
                given["subject"] = self._files.with_paths(given["subject"], files, parts)
        except (SensbenchError, OSError) as error:
            return outcome_of(error).to_plain()
        task = task_of(given, lambda name: self._network(name, parts))
        try:
            outcome = self._workshop.carry_out(task, lambda: say({"begun": True}))
        except KeyboardInterrupt as error:  # nobody presses keys here: the task raised it
            outcome = outcome_of(error)
        return outcome.to_plain()

    def _network(self, name: str, parts: Mapping[str, Any]) -> NetworkParts:
        if name not in self._networks:
            self._networks = {name: NetworkParts.from_plain(parts[name])}
        return self._networks[name]

    def _warned(self, message: Warning | str, category: type[Warning], *place: Any) -> None:
        self._tell(category.__name__, str(message))

    def _tell(self, kind: str, text: str) -> None:
        self._say({"said": [kind, plain_text(text, 2_000)]})


class _Told(logging.Handler):
    def __init__(self, tell: Callable[[str, str], None]):
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell("", record.getMessage())
