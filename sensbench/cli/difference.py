"""How the difference of two runs is said."""

from collections.abc import Iterator, Mapping
from typing import Any

from sensbench.study.difference import CELL, Difference

_MOST = 15


def lines(found: Difference) -> Iterator[str]:
    """Yield the difference as lines."""
    changed, unjudged = len(found.beyond), len(found.unjudged)
    within = len(found.numbers) - changed - unjudged
    yield (
        f"numbers: {found.same} the same to the bit, {within} changed within their intervals, "
        f"{changed} beyond"
    )
    if unjudged:
        yield f"and {unjudged} changed that have no interval to judge by"
    for row in found.beyond.head(_MOST).to_dict("records"):
        place = " ".join(str(row[key]) for key in ("output", "feature", "partner", "direction"))
        yield (
            f"  {_cell(row)}: {row['measure']} {' '.join(place.split())}: "
            f"{_value(row, 'a')} → {_value(row, 'b')}"
        )
    if changed > _MOST:
        yield f"  and {changed - _MOST} more; --json has all"
    if found.missing_numbers:
        yield f"numbers that one of them alone has: {found.missing_numbers}"
    for name, frame in (("A", found.only_a), ("B", found.only_b)):
        if len(frame):
            yield f"cells that {name} alone has: {len(frame)}"
            for row in frame.head(_MOST).to_dict("records"):
                yield f"  {_cell(row)}"
    if len(found.statuses):
        yield f"cells with another status: {len(found.statuses)}"
    for row in found.statuses.head(_MOST).to_dict("records"):
        why = f" ({row['reason_b']})" if row["reason_b"] else ""
        yield f"  {_cell(row)}: {row['status_a']} → {row['status_b']}{why}"
    (before, after), (forward, backward) = found.cost["seconds"], _rows(found)
    yield f"cost: {forward:,.0f} → {backward:,.0f} rows, {before:.2f} → {after:.2f} s"
    for name, (of_a, of_b) in found.versions.items():
        yield f"{name}: {of_a or 'none'} → {of_b or 'none'}"


def _rows(found: Difference) -> tuple[float, float]:
    forward, backward = found.cost["n_forward"], found.cost["n_backward"]
    return forward[0] + backward[0], forward[1] + backward[1]


def _cell(row: Mapping[Any, Any]) -> str:
    problem, model, method, budget, replicate = (row[key] for key in CELL)
    return f"{problem}/{model} {method} budget {budget} replicate {replicate}"


def _value(row: Mapping[Any, Any], of: str) -> str:
    value, low, high = (row[f"{end}_{of}"] for end in ("value", "low", "high"))
    interval = "" if low != low else f" [{low:.4g}, {high:.4g}]"
    return f"{value:.4g}{interval}"
