"""One writer at a time: who holds a results file is written beside it."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sensbench.errors import InputError

try:
    import fcntl
except ImportError:  # Windows; SQLite alone keeps writers apart there
    fcntl = None  # type: ignore[assignment]


# A look at who holds a lock takes it for a moment; a writer that meets one tries again.
_TRIES, _PAUSE = 5, 0.02


@dataclass(frozen=True)
class Holder:
    """The process that writes a results file, as it said when it began."""

    pid: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        doing = f" ({self.command})" if self.command else ""
        return f"process {self.pid} on {self.host} since {self.since}{doing}"


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
            _hold(descriptor)
        except BlockingIOError as error:
            raise InputError(
                f"{path}: expected to be the only one that writes it; got {_said(lock)}; wait "
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


def holder_of(path: Path) -> Holder | None:
    """Return who writes a results file now; ``None``: nobody, or nobody can tell.

    One that holds it and has not said who it is has the process number 0.
    """
    lock = path.with_name(f"{path.name}.lock")
    if fcntl is None:
        return None
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:  # never written here
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(lock) or Holder(0, "", "", "")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _hold(descriptor: int) -> None:
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not left:
                raise
            time.sleep(_PAUSE)


def _read(lock: Path) -> Holder | None:
    try:
        entry = json.loads(lock.read_text(encoding="utf-8"))
        return Holder(int(entry["pid"]), entry["host"], entry["since"], entry["command"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _said(lock: Path) -> str:
    return str(_read(lock) or "another process, which has not said who it is")
