"""One writer at a time: who holds a results file is written beside it."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sensbench.errors import InputError

try:
    import fcntl
except ImportError:  # Windows; SQLite alone keeps writers apart there
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def writing(path: Path, command: str = "") -> Iterator[None]:
    """Hold a results file inside, for this process alone; readers are not kept out.

    The lock is the system's, on a file beside it that says who holds it: it is free as soon as
    its holder is gone, however it went. That file stays, for a lock on a file that somebody removes
    and another makes again would be held twice.

    Raises
    ------
    InputError
        Another process holds it; the message says which. Or it cannot be held here.
    """
    if fcntl is None:
        yield
        return
    lock = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"{path}: expected to hold it while it is written; got {error}; make its folder "
            f"writable, or give another one"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"{path}: expected to be the only one that writes it; got {_holder(lock)}; wait "
                f"for that one to end, or give another folder"
            ) from error
        except OSError:
            pass  # a file system without locks: better unguarded than not at all
        _tell(descriptor, command)
        yield
    finally:
        os.close(descriptor)


def _tell(descriptor: int, command: str) -> None:
    entry = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
    }
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(entry).encode(), 0)


def _holder(lock: Path) -> str:
    try:
        entry: dict[str, Any] = json.loads(lock.read_text(encoding="utf-8"))
        doing = f" ({entry['command']})" if entry["command"] else ""
        return f"process {entry['pid']} on {entry['host']} since {entry['since']}{doing}"
    except (OSError, ValueError, LookupError, TypeError):
        return "another process, which has not said who it is"
