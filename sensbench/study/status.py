"""Status: how far a study is, what failed and why, and who writes it; also while it runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sensbench.study.lock import Holder, holder_of
from sensbench.study.outcome import FAULTS
from sensbench.study.store import ResultStore

# In which order statuses are told.
ORDER = ("ok", "missing", "skipped", *FAULTS)


@dataclass(frozen=True)
class NotOk:
    """Cells of a method on a question that have one status, for one reason."""

    status: str
    problem: str
    model: str
    estimator: str
    budgets: tuple[int, ...]
    count: int
    reason: str


@dataclass(frozen=True)
class Status:
    """How far a study is.

    Attributes
    ----------
    counts
        Status to number of cells, in the order of :data:`ORDER`.
    not_ok
        What was computed and gave no numbers, the most frequent first.
    seconds
        What the cells took together.
    writer
        Who writes the results now.
    """

    path: Path
    name: str
    command: str
    created: str
    counts: Mapping[str, int]
    not_ok: tuple[NotOk, ...]
    seconds: float
    writer: Holder | None

    @property
    def total(self) -> int:
        """Cells of the study."""
        return sum(self.counts.values())

    def to_plain(self) -> dict[str, Any]:
        """Return plain data, fit for JSON."""
        return {**asdict(self), "path": str(self.path), "total": self.total}


def status_of(path: Path) -> Status:
    """Return the status of a results file, which may be written meanwhile.

    Raises
    ------
    InputError
        It is not a results file.
    """
    writer = holder_of(path)
    with ResultStore(path, read_only=True) as store:
        cells, provenance = store.cells(), store.provenance()
    counted = cells["status"].value_counts()
    faulty = cells[~cells["status"].isin(["ok", "missing"])]
    by = ["status", "problem", "model", "estimator", "reason"]
    not_ok = []
    for named, budgets in faulty.groupby(by, sort=False)["budget"]:
        status, problem, model, estimator, reason = map(str, named)
        sizes = tuple(sorted(set(budgets.tolist())))
        not_ok.append(NotOk(status, problem, model, estimator, sizes, len(budgets), reason))
    return Status(
        path,
        provenance.get("name", ""),
        provenance.get("command", ""),
        provenance.get("created", ""),
        {status: int(counted[status]) for status in ORDER if status in counted},
        tuple(sorted(not_ok, key=lambda group: -group.count)),
        float(cells["seconds"].sum()),
        writer,
    )
