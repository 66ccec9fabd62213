"""How a study's status is said."""

from collections.abc import Iterator

from sensbench.study.outcome import FAULTS
from sensbench.study.status import Status

_MOST = 20


def lines(status: Status) -> Iterator[str]:
    """Yield the status as lines."""
    counts = ", ".join(f"{count} {word}" for word, count in status.counts.items())
    yield f"{status.name or status.path}: {status.total} cells: {counts or 'none planned yet'}"
    if status.writer:
        holder = status.writer if status.writer.pid else "another process"
        yield f"written now by {holder}"
    elif "missing" in status.counts:
        yield "nobody is writing it; the same command goes on from there"
    if status.command:
        yield f"last run: {status.command} ({status.created})"
    yield f"time in cells: {status.seconds:.1f} s"
    for group in status.not_ok[:_MOST]:
        budgets = ", ".join(map(str, group.budgets))
        yield (
            f"{group.status}: {group.count} × {group.problem}/{group.model} {group.estimator} "
            f"(budget {budgets}): {group.reason}"
        )
    if len(status.not_ok) > _MOST:
        yield f"and {len(status.not_ok) - _MOST} more groups; --json has all"
    faults = [word for word in status.counts if word in FAULTS]
    if faults:
        again = " ".join(f"--retry {word}" for word in faults)
        yield f"sensbench run … {again} computes those again"
