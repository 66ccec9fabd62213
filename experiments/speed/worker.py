"""One measurement in a process of its own: ``python -m experiments.speed.worker`` reads a job.

A job is JSON on the standard input, the answer JSON on the last line of the standard output.
"""

import gc
import json
import sys
import time
from ctypes import CDLL
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from experiments.speed.case import Case, Disagreement, Peer, Run

FAMILIES = (
    "sobol", "gradient", "permutation", "delta", "jacobian", "first_jacobian", "morris", "pawn",
    "compare",
)  # fmt: skip
# families that are calls, not estimators
CALLS = ("jacobian", "first_jacobian", "compare")
_STRETCH = 0.05  # seconds that one reading takes at least


def family(name: str) -> Any:
    import importlib

    return importlib.import_module(f"experiments.speed.{name}")


def compare(case: Case, peer: Peer, budget: float, pairs: int) -> dict[str, Any]:
    """Check that the numbers agree, then time the two in turns.

    In processor time, so that other processes do not count; and the ratio of every pair is taken
    by itself: what else the machine does to it changes slowly, and meets both.
    """
    ours = family(case.family).ours(case)
    start = time.process_time()
    numbers = ours()  # with the checks of the model, which are made once
    first = time.process_time() - start
    peer.prepare(case.small())()  # the first time, some compile or load
    theirs = peer.prepare(case)
    once, their_numbers = _once(theirs)
    agreement = peer.agree(case, numbers, their_numbers)
    del numbers, their_numbers
    again = _once(ours)[0]
    counts = [max(1, round(_STRETCH / seconds)) for seconds in (again, once)]
    cost = again * counts[0] + once * counts[1]
    n = min(pairs, max(3, int(budget / cost)))
    readings = []
    if once > max(budget, 1.0):
        # What takes longer than all pairs may is not run again: the check's own run is its
        # reading, and a pair with each of ours.
        n, readings = 0, [[_seconds(ours, counts[0]), once] for _ in range(5)]
    for i in range(n):
        pair = [(ours, counts[0]), (theirs, counts[1])]
        taken = [_seconds(*one) for one in (pair if i % 2 == 0 else pair[::-1])]
        readings.append(taken if i % 2 == 0 else taken[::-1])
    ratios = sorted(a / b if peer.limit else b / a for a, b in readings)
    return {
        "status": "ok",
        "agreement": agreement,
        "seconds": median(a for a, _ in readings),
        "peer_seconds": median(b for _, b in readings),
        "first_seconds": first,
        "ratio": median(ratios),
        "ratio_low": ratios[0],
        "ratio_high": ratios[-1],
        "pairs": n or 1,
    }


def peak(case: Case, prepare: Any) -> float | None:
    """Megabytes of resident memory at the peak, above the model, its rows and all libraries.

    ``None`` where the system does not tell.
    """
    if not Path("/proc/self/clear_refs").exists():
        return None
    warm = prepare(case.small())
    for _ in range(2):
        warm()
    del warm
    if case.family != "sobol":
        case.tensor, case.y  # noqa: B018  (rows are given, and not measured)
    case.problem  # noqa: B018
    run = prepare(case)
    _trim()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    run()
    return max(0.0, (_memory("VmHWM") - before) / 1024)


def _once(run: Run) -> tuple[float, Any]:
    gc.collect()
    start = time.process_time()
    numbers = run()
    return time.process_time() - start, numbers


def _seconds(run: Run, count: int) -> float:
    gc.collect()
    start = time.process_time()
    for _ in range(count):
        run()
    return (time.process_time() - start) / count


def _trim() -> None:
    """Give back what is freed already, or the run would use it unseen."""
    gc.collect()
    if sys.platform == "linux":
        getattr(CDLL(None), "malloc_trim", lambda _: 0)(0)


def _memory(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1])


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Do one job; everything that can go wrong is an answer too."""
    case = Case(**{**job["case"], "hidden": tuple(job["case"]["hidden"])})
    try:
        import sensbench as sb
        from sensbench.threads import limited

        if case.family not in (*sb.estimators.names(), *CALLS):
            return {"status": "absent", "detail": f"the estimator {case.family} is not there"}
        if job["peer"] == "sensbench":
            with limited(job["threads"]):
                return {"status": "ok", "megabytes": peak(case, family(case.family).ours)}
        (peer,) = (p for p in family(case.family).PEERS if p.name == job["peer"])
        for package in peer.needs:
            version(package)
        if peer.design_bytes(case) > job["most_bytes"]:
            needed = f"{peer.design_bytes(case) / 2**30:.1f} GiB"
            return {"status": "too large", "detail": f"not run: it would hold {needed} at once"}
        with limited(job["threads"]):
            # first, while the process is still fresh
            memory = peak(case, peer.prepare) if job["memory"] else None
            found = compare(case, peer, job["budget"], job["pairs"])
            return {**found, "peer_megabytes": memory}
    except PackageNotFoundError as error:
        return {"status": "absent", "detail": f"{error.name} is not installed"}
    except Disagreement as error:
        return {"status": "disagrees", "detail": str(error)}
    except Exception as error:
        return {"status": "failed", "detail": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))
