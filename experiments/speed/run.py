"""Every measurement in a fresh process, and all of them in one frame."""

import hashlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import pandas as pd

import experiments.speed
import sensbench
from experiments.speed.case import Case
from experiments.speed.seconds import WHAT

MOST_BYTES = 3 * 2**30
_STARTS = {
    "import torch": "import torch",
    "sb.Model": "import sensbench as sb; sb.Model",
    "sb.compare": "import sensbench as sb; sb.compare",
    "sensbench --help": "from sensbench.cli import main; main(['--help'])",
    "sensbench list": "from sensbench.cli import main; main(['list', 'estimators'])",
}


@dataclass(frozen=True)
class Plan:
    """A case, whom it is measured against, and whether its peak memory is measured too."""

    case: Case
    peers: tuple[str, ...]
    memory: bool = False


@dataclass(frozen=True)
class Effort:
    """How long a pair of contenders may take, and how many pairs are enough."""

    threads: int
    budget: float
    pairs: int
    timeout: float


def environment(threads: int) -> dict[str, str]:
    """Return an environment in which no library starts more threads than that."""
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR")
    return {**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in names}}


class Kept:
    """Rows that were measured, line by line in a file, so that a run that was stopped goes on.

    A row holds for the same code, versions and effort; others in the file are left out.
    """

    def __init__(self, path: Path, effort: Effort, versions: str):
        self._path, self._told = path, f"{_code()} {versions} {effort}"
        self._rows: dict[str, dict[str, Any]] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            with suppress(json.JSONDecodeError):  # one that was being written as the run was killed
                found = json.loads(line)
                if found["told"] == self._told:
                    self._rows[found["of"]] = found["row"]

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, plan: Plan, peer: str) -> dict[str, Any] | None:
        return self._rows.get(f"{plan} {peer}")

    def add(self, plan: Plan, peer: str, row: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            of = f"{plan} {peer}"
            # on a line of its own, whatever the one before ends with
            file.write("\n" + json.dumps({"told": self._told, "of": of, "row": row}))


def _code() -> str:
    """Return what the code is, sensbench's and the benchmark's."""
    files = [file for folder in (sensbench, experiments.speed) for file in _sources(folder)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _sources(package: ModuleType) -> list[Path]:
    return sorted(Path(package.__path__[0]).rglob("*.py"))


def measure(
    plans: Sequence[Plan], effort: Effort, say: Callable[[str], None], kept: Kept
) -> pd.DataFrame:
    """Return one row per case and peer; those that are kept are not measured again."""
    rows = []
    for plan in plans:
        before = {peer: kept.get(plan, peer) for peer in plan.peers}
        complete = None not in before.values()
        own = _job(plan.case, "sensbench", True, effort) if plan.memory and not complete else {}
        for peer, row in before.items():
            if row is not None:
                rows.append(row)
                continue
            case = {**asdict(plan.case), "hidden": "-".join(map(str, plan.case.hidden))}
            options = case.pop("options")
            case["second_order"] = bool(options.get("second_order"))
            case["resamples"] = options.get("resamples")
            memory = plan.memory and not peer.startswith("bare")
            found = _job(plan.case, peer, memory, effort)
            row = {**case, "peer": peer, "threads": effort.threads, "detail": "", **found}
            if memory and found["status"] in ("ok", "too large"):
                row["megabytes"] = own.get("megabytes")
            rows.append(row)
            if row["status"] != "failed":  # that is tried again
                kept.add(plan, peer, row)
            say(_line(row))
    columns = [
        "family", "d", "n", "o", "hidden", "second_order", "resamples", "peer", "threads",
        "status", "detail",
        "agreement", "seconds", "peer_seconds", "first_seconds", "ratio", "ratio_low",
        "ratio_high", "pairs", "megabytes", "peer_megabytes",
    ]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=columns)


def start_up(threads: int, repeats: int) -> dict[str, float]:
    """Return processor seconds of a fresh Python's imports and answers, the median of each.

    Processor time: what one process needs, whatever else the machine does.
    """
    taken: dict[str, list[float]] = {name: [] for name in _STARTS}
    for i in range(repeats + 1):
        for name, command in _STARTS.items():
            seconds = _processor_seconds([sys.executable, "-c", command], environment(threads))
            if i:  # the first round brings the files into memory
                taken[name].append(seconds)
    for what in WHAT:
        command = [sys.executable, "-m", "experiments.speed.seconds", what]
        for _ in range(repeats):
            done = subprocess.run(
                command, env=environment(threads), check=True, capture_output=True, text=True
            )
            taken.setdefault(what, []).append(float(done.stdout.splitlines()[-1]))
    for name in ("sb.Model", "sb.compare"):
        more = zip(taken[name], taken["import torch"], strict=True)
        taken[f"{name} above torch"] = [a - b for a, b in more]
    return {name: median(seconds) for name, seconds in taken.items()}


def _processor_seconds(command: list[str], told: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=told, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _job(case: Case, peer: str, memory: bool, effort: Effort) -> dict[str, Any]:
    job = {"case": asdict(case), "peer": peer, "memory": memory, "most_bytes": MOST_BYTES}
    job.update(threads=effort.threads, budget=effort.budget, pairs=effort.pairs)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "experiments.speed.worker"],
            input=json.dumps(job), env=environment(effort.threads), capture_output=True,
            text=True, timeout=effort.timeout,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"status": "too slow", "detail": f"not done in {effort.timeout:.0f} s"}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {"status": "failed", "detail": f"exit code {done.returncode}: {last}"}
    return json.loads(done.stdout.splitlines()[-1])


def _line(row: dict[str, Any]) -> str:
    size = f"d={row['d']:<5} n={row['n']:<6} o={row['o']:<3} {row['hidden']:12}"
    name = row["family"] + (" (pairs)" if row["second_order"] else "")
    what = f"{name:13} {size} {row['peer']:27}"
    if row["status"] != "ok":
        return f"{what} {row['status']}: {row['detail']}"
    return (
        f"{what} {row['seconds']:8.3f} s {row['peer_seconds']:9.3f} s   "
        f"{row['ratio']:8.2f} ({row['ratio_low']:.2f} to {row['ratio_high']:.2f}, "
        f"{row['pairs']} pairs)  {row['agreement']}"
    )
