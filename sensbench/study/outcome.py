"""Outcome: what became of a task, as plain data for the process that keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sensbench.estimator.result import Number, SensitivityResult
from sensbench.measure import measure
from sensbench.study import contents

# What can become of a cell but ``ok``, those that somebody has to look at first.
FAULTS = ("failed", "timeout", "out_of_memory", "crashed")
STATUSES = (*FAULTS, "skipped")


@dataclass(frozen=True)
class Record:
    """What is kept of a result: its numbers, what they mean and what they cost."""

    n_forward: int
    n_backward: int
    seconds: float
    inputs: str
    absent: str
    notes: str
    intervals: str
    numbers: Sequence[Number]
    measures: Mapping[str, str]

    @classmethod
    def of(cls, result: SensitivityResult) -> "Record":
        """Return the record of a result."""
        return cls(
            result.n_forward,
            result.n_backward,
            result.seconds,
            result.inputs,
            contents.absent_to_text(result),
            contents.dump(list(result.notes)),
            contents.intervals_to_text(result),
            list(result.numbers()),
            {name: contents.measure_to_text(measure(name)) for name in result.estimates},
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a task: ``ok``, else another of :data:`STATUSES` and why.

    Attributes
    ----------
    detail
        The traceback, or the last that a process printed.
    record
        Of a cell: what is kept of its result.
    content
        Of other tasks: what they found, as plain data.
    result, error
        The objects themselves, where the task was carried out in this process.
    """

    status: str
    reason: str = ""
    record: Record | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    result: SensitivityResult | None = None
    error: BaseException | None = None
    detail: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return plain data, fit for JSON, that :meth:`from_plain` reads."""
        return {
            "status": self.status,
            "reason": self.reason,
            "record": None if self.record is None else asdict(self.record),
            "content": dict(self.content),
            "seconds": self.seconds,
            "detail": self.detail,
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that :meth:`to_plain` described, without its objects."""
        given = dict(content)
        if given["record"] is not None:
            record = dict(given["record"])
            record["numbers"] = [tuple(number) for number in record["numbers"]]
            given["record"] = Record(**record)
        return cls(**given)
