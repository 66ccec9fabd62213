"""What the numbers were computed with, on what, from which state of the sources."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sensbench import __version__

PACKAGES = ("torch", "SALib", "scikit-learn", "numpy", "scipy", "pandas", "seaborn")
_GIT_SECONDS = 5.0


def provenance(
    name: str,
    title: str,
    seed: int,
    command: str,
    config: str = "",
    *,
    threads: int,
    workers: int = 0,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Return where a study's numbers come from, as the store keeps it.

    ``folder``: of the study's file; the state of its git repository is kept, if it is in one.
    """
    repositories = {"study": folder, "sensbench": Path(__file__).parent} if folder else {}
    states = {of: git_state(place) for of, place in repositories.items() if place}
    return {
        "name": name,
        "title": title,
        "seed": seed,
        "command": command,
        "created": now(),
        "threads": threads,
        "workers": workers,
        "versions": dict(versions()),
        "machine": dict(machine()),
        "git": {of: state for of, state in states.items() if state},
        "config": config,
    }


def now() -> str:
    """Return the time, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and the packages that make the numbers."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "sensbench": __version__,
        **{package: version(package) for package in PACKAGES},
    }


@cache
def machine() -> dict[str, Any]:
    """Return the system, the processor's name, and how many of them this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "processors": len(usable(0)) if usable else os.cpu_count() or 1,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def git_state(folder: Path) -> dict[str, Any]:
    """Return the commit of the repository around a folder, and whether tracked files changed.

    Empty where there is no repository, or no git.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changed is None else bool(changed)}


def _git(folder: Path, *arguments: str) -> str | None:
    # a repository's own configuration may name a program for git to start: not this one
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()
