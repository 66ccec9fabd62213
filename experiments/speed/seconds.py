"""What is waited for and no ratio: ``python -m experiments.speed.seconds WHAT`` prints seconds.

Processor seconds of this process, with what it imports.
"""

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

_NET = """
import torch

def net():
    torch.manual_seed(0)
    layers = torch.nn.Linear(10, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1)
    return torch.nn.Sequential(*layers)
"""
_REPLICATES = 25


def analyze(folder: Path) -> float:
    """The command on a module and 1,000 rows of ten inputs, its page written."""
    (folder / "net.py").write_text(_NET, encoding="utf-8")
    rows = np.random.default_rng(0).normal(size=(1000, 10))
    names = ",".join(f"x{i + 1}" for i in range(10))
    np.savetxt(folder / "rows.csv", rows, delimiter=",", header=names, comments="")

    from sensbench.cli import main

    files = ["--model", f"{folder / 'net.py'}:net", "--data", str(folder / "rows.csv")]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main(["analyze", *files, "--out", str(folder / "page.html")])
    if not (folder / "page.html").exists():
        raise RuntimeError("analyze wrote no page")
    return time.process_time()


def cell(folder: Path) -> float:
    """One of 1,000 cells of a study in one process, without its estimate."""
    return _study(folder)[0]


def page(folder: Path) -> float:
    """The page of that study, without figures and tables as files."""
    from sensbench.report import write_report

    results = _study(folder)[1]
    start = time.process_time()
    write_report(results, folder / "page.html", files=False)
    return time.process_time() - start


def _study(folder: Path) -> tuple[float, object]:
    """Return seconds per cell beside the estimates, and the results."""
    import sensbench as sb
    from sensbench.study.config import Study
    from sensbench.study.runner import run_study

    study = Study.model_validate({
        "name": "cells", "problems": ["ishigami", "sobol_g"], "models": ["function"],
        "estimators": ["gradient", "sobol", "morris", "permutation"],
        "budgets": [200, 400, 800, 1600, 3200], "replicates": _REPLICATES, "references": None,
    })  # fmt: skip
    inside, estimate = 0.0, sb.Estimator.estimate

    def timed(*args: object, **how: object) -> object:
        nonlocal inside
        start = time.process_time()
        try:
            return estimate(*args, **how)  # type: ignore[arg-type]
        finally:
            inside += time.process_time() - start

    sb.Estimator.estimate = timed  # type: ignore[method-assign, assignment]
    start = time.process_time()
    results, _ = run_study(study, folder, workers=0)
    taken = time.process_time() - start
    return (taken - inside) / len(results.cells), results


WHAT: dict[str, Callable[[Path], float]] = {"analyze": analyze, "cell": cell, "page": page}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(WHAT[sys.argv[1]](Path(made)))
