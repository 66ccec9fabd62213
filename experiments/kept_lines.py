"""Lines of JSON that a long run keeps as it goes: what a killed run leaves is read again."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def read(file: Path) -> list[dict[str, Any]]:
    """Return the lines that are whole: a killed run may leave half of the last one."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def end_last_line(file: Path) -> None:
    """End the half of a line that a killed run has left, so that the next one stands alone."""
    if file.exists() and file.stat().st_size and not file.read_bytes().endswith(b"\n"):
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n")


def keep(file: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Add lines, all of them at once: a part is there as a whole or is not."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write("".join(f"{json.dumps(line)}\n" for line in lines))
