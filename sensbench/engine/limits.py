"""Limits: how long a job may take and how much memory it may have."""

import re
from dataclasses import dataclass

from sensbench.errors import InputError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
          "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}  # fmt: skip
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)
# A process that has imported torch and has done nothing yet.
_LEAST_BYTES = 10**9


@dataclass(frozen=True)
class Limits:
    """What a job may take; ``None``: all it wants.

    Attributes
    ----------
    timeout
        Seconds.
    memory
        Bytes of the whole process, libraries included.
    """

    timeout: float | None = None
    memory: int | None = None

    def over(self, general: "Limits") -> "Limits":
        """Return these limits, and the general ones where these say nothing."""
        return Limits(
            general.timeout if self.timeout is None else self.timeout,
            general.memory if self.memory is None else self.memory,
        )

    def __bool__(self) -> bool:
        return self != Limits()


def bytes_of(given: int | float | str, who: str = "memory") -> int:
    """Return bytes from a number of them or a text such as ``2GB``, ``512MiB``.

    Raises
    ------
    InputError
        Not a size, or less than a worker takes before it does anything.
    """
    match = _SIZE.fullmatch(given if isinstance(given, str) else f"{given}")
    if match is None or isinstance(given, bool):
        raise InputError(f"{who}: expected a size such as 2GB or 1500MB; got {given!r}")
    size = int(float(match[1]) * _UNITS[(match[2] or "").lower()])
    if size < _LEAST_BYTES:
        raise InputError(
            f"{who}: expected at least 1GB, which a process with torch may take before it does "
            f"anything; got {given!r}"
        )
    return size


def seconds_of(given: int | float, who: str = "timeout") -> float:
    """Return a time limit.

    Raises
    ------
    InputError
        Not a positive number of seconds.
    """
    good = isinstance(given, int | float) and not isinstance(given, bool)
    if not good or not 0 < given < float("inf"):
        raise InputError(f"{who}: expected seconds, more than 0; got {given!r}")
    return float(given)
