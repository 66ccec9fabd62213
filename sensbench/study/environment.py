"""What the numbers were computed with."""

import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from sensbench import __version__

PACKAGES = ("torch", "SALib", "scikit-learn", "numpy", "scipy", "pandas", "seaborn")


def provenance(
    name: str,
    title: str,
    seed: int,
    command: str,
    config: str = "",
    *,
    threads: int,
    workers: int = 0,
) -> dict[str, Any]:
    """Return where a study's numbers come from, as the store keeps it."""
    return {
        "name": name,
        "title": title,
        "seed": seed,
        "command": command,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "threads": threads,
        "workers": workers,
        "versions": dict(versions()),
        "config": config,
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and the packages that make the numbers."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "sensbench": __version__,
        **{package: version(package) for package in PACKAGES},
    }
