"""Files that a task speaks of, where the process that computes may not see them.

A path stays where the same bytes are found there; else the bytes, which came along, are kept in the
user's cache folder by their digest. They are the file itself, so that both read the same.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sensbench.errors import InputError
from sensbench.files.atomic import write_whole
from sensbench.files.user_cache import cache_folder

# What is larger is not sent: it must be where the workers see it.
_MOST_BYTES = 2**28


class Luggage:
    """What is sent along with tasks: each file once, by the digest of its content."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str | None]] = {}

    def of(self, content: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """Return path to digest, and digest to content, of a task's files.

        Paths in the task, as plain data, become absolute: workers have folders of their own.
        """
        digests: dict[str, str] = {}
        parts: dict[str, Any] = {}
        for place, key in _places(content["subject"]):
            given, name = _split(place[key])
            path = str(Path(given).absolute())
            place[key] = path + name
            digest, text = self._read(given)
            digests[path] = digest
            if text is not None:
                parts[digest] = text
        return digests, parts

    def _read(self, path: str) -> tuple[str, str | None]:
        if path not in self._known:
            try:
                content = Path(path).read_bytes()
            except OSError as error:
                raise InputError(
                    f"{path}: expected a file that can be read; got {error}"
                ) from error
            small = len(content) <= _MOST_BYTES
            text = base64.b64encode(content).decode("ascii") if small else None
            self._known[path] = hashlib.sha256(content).hexdigest(), text
        return self._known[path]


class Unpacked:
    """Where the files of tasks are, in a process that may not see them where they were."""

    def __init__(self) -> None:
        self._paths: dict[tuple[str, str], str] = {}

    def with_paths(
        self, subject: Mapping[str, Any], digests: Mapping[str, str], parts: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return a subject as plain data, with the paths that are good here."""
        moved = {
            **subject,
            "problem": {**subject["problem"], "params": dict(subject["problem"]["params"])},
            "model": dict(subject["model"]),
        }
        for place, key in _places(moved):
            path, name = _split(place[key])
            here = (path, digests[path])
            if here not in self._paths:
                self._paths[here] = _found(path, digests[path], parts)
            place[key] = self._paths[here] + name
        return moved


def _places(subject: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield where a subject names a file, as a mapping and a key."""
    problem, model = subject["problem"], subject["model"]
    if isinstance(problem["params"].get("path"), str):
        yield problem["params"], "path"
    for key in ("file", "weights"):
        if model.get(key):
            yield model, key


def _split(file: str) -> tuple[str, str]:
    """Return the path and the rest of ``FILE.py:NAME``."""
    path, colon, name = file.rpartition(":")
    return (path, colon + name) if path.endswith(".py") else (file, "")


def _found(path: str, digest: str, parts: Mapping[str, Any]) -> str:
    if _is(Path(path), digest):
        return path
    if digest not in parts:
        raise InputError(
            f"{path}: expected the file that the study was planned with, also where it is "
            f"computed; it is not there, and too large to be sent; put it where all see it"
        )
    kept = cache_folder("files") / digest / Path(path).name
    if not _is(kept, digest):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, base64.b64decode(parts[digest]))
    return str(kept)


def _is(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:
        return False
