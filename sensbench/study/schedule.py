"""Schedule: which tasks of a plan can begin, and what follows from what became of them."""

import heapq
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sensbench.engine.limits import Limits
from sensbench.study.cells import Cell
from sensbench.study.engines import Key
from sensbench.study.outcome import Outcome
from sensbench.study.plan import Plan, PlannedSubject
from sensbench.study.store import ResultStore
from sensbench.study.tasks import Describe, EstimateCell, NetworkParts, Refer, Task, Train


@dataclass
class _Question:
    """What is under way for one subject."""

    planned: PlannedSubject
    place: int
    cells: dict[int, Cell] = field(default_factory=dict)
    network: NetworkParts | None = None


class Schedule:
    """The tasks whose outcome the store does not have, each once what it needs is there.

    A subject's network is trained before its reference is taken, it is described after that, and
    then its cells can begin in any order. Where something fails on the way, its cells do, with the
    same reason. Earlier subjects go first; while one is not ready, the next begins.

    Parameters
    ----------
    retry
        Statuses to compute again.
    """

    def __init__(self, plan: Plan, store: ResultStore, retry: Collection[str] = ()):
        self._plan, self._store = plan, store
        self._questions: dict[str, _Question] = {}
        self.kept: Counter[str] = Counter()
        statuses = store.statuses()
        for place, cell in enumerate(plan.cells):
            status = statuses.get(cell.key)
            if status is not None and status not in retry:
                self.kept[status] += 1
                continue
            if cell.question not in self._questions:
                planned = plan.subjects[cell.question]
                self._questions[cell.question] = _Question(planned, len(self._questions))
            self._questions[cell.question].cells[place] = cell
        # (subject, cell) in order, and the task; a subject begins with what is found out then
        self._ready: list[tuple[int, int, str, Task | None]] = [
            (question.place, -1, key, None) for key, question in self._questions.items()
        ]

    def next(self) -> tuple[Key, Task, Limits] | None:
        """Return a task that can begin, with a key to tell it by; ``None``: none at present."""
        if not self._ready:
            return None
        _, place, key, task = heapq.heappop(self._ready)
        question = self._questions[key]
        if place >= 0:
            cell = question.cells[place]
            made = EstimateCell(question.planned.subject, cell.coordinates, question.network)
            return (key, place), made, self._plan.limits_of(cell)
        task = task or self._first(question)
        return (key, place), task, self._plan.limits_of(question.planned)

    def took(self, key: Key, task: Task, outcome: Outcome) -> list[tuple[Cell, Outcome]]:
        """Go on from what became of a task; return the cells that have ended with it."""
        name, place = key
        question = self._questions[name]
        if place >= 0:
            cell = question.cells.pop(place)
            if not question.cells:
                question.network = None
            return [(cell, outcome)]
        if isinstance(task, Refer):
            # what has no values of its own can be explained all the same
            computed = outcome.status == "ok"
            reference = outcome.content["truths"] if computed else outcome.reason
            self._add(name, self._describe(question, reference))
            return []
        if outcome.status != "ok":
            cells = [(cell, outcome) for cell in question.cells.values()]
            question.cells.clear()
            return cells
        if isinstance(task, Train):
            network = NetworkParts.from_plain(outcome.content["network"])
            self._store.put_network(name, network.metadata, network.weights)
            question.network = network
            self._add(name, self._second(question, network))
            return []
        self._store.put_question(name, outcome.content["question"])
        for at in question.cells:
            heapq.heappush(self._ready, (question.place, at, name, None))
        return []

    def _add(self, name: str, task: Task) -> None:
        heapq.heappush(self._ready, (self._questions[name].place, -1, name, task))

    def _first(self, question: _Question) -> Task:
        subject = question.planned.subject
        if not subject.is_network:
            return self._describe(question, None)
        kept = self._store.network(subject.key)
        if kept is None:
            return Train(subject)
        question.network = NetworkParts(*kept)
        return self._second(question, question.network)

    def _second(self, question: _Question, network: NetworkParts) -> Task:
        if self._plan.references is None:
            return self._describe(question, None)
        return Refer(question.planned.subject, network, *self._plan.references)

    def _describe(self, question: _Question, reference: object) -> Task:
        planned = question.planned
        return Describe(
            planned.subject,
            planned.problem_label,
            planned.model_label,
            question.network,
            reference,  # type: ignore[arg-type]
        )
