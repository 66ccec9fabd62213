"""What a study's work is: its subjects, methods and cells, as the process that runs them has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sensbench.engine.limits import Limits
from sensbench.study.cells import Cell
from sensbench.study.results import Method
from sensbench.study.tasks import Subject


@dataclass(frozen=True)
class PlannedSubject:
    """A subject, the labels under which reports know it, and what its cells share."""

    subject: Subject
    problem_label: str
    model_label: str
    limits: Limits = field(default_factory=Limits)
    stream: str = ""
    shared: str = ""
    budgets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A study's work: the cells, and what they need.

    Attributes
    ----------
    subjects
        By their keys, in the study's order.
    references
        ``points`` and ``scrambles`` of the sample for a network's own values; ``None``: not taken.
    limits
        By a method's label, what the study says of it alone.
    """

    subjects: dict[str, PlannedSubject]
    methods: Sequence[Method]
    cells: Sequence[Cell]
    references: tuple[int, int] | None = None
    limits: Mapping[str, Limits] = field(default_factory=dict)

    def limits_of(self, what: Cell | PlannedSubject) -> Limits:
        """Return what a cell, or the training and describing of a subject, may take."""
        if isinstance(what, PlannedSubject):
            return what.limits
        of_subject = self.subjects[what.question].limits
        return self.limits.get(what.method.label, Limits()).over(of_subject)

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        subjects = (planned.limits for planned in self.subjects.values())
        return any(self.limits.values()) or any(subjects)
