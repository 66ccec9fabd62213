"""A client of a Dask scheduler, with a time limit on everything that is asked of it."""

import logging
import queue
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from sensbench.engine.supervisor import EngineError

T = TypeVar("T")
_CONNECTING = 30.0


def require_dask() -> None:
    """Raise where Dask is not installed."""
    if find_spec("distributed") is None:
        raise EngineError(
            "dask: expected the package distributed; it is not installed; "
            "pip install distributed brings it"
        )


def connected(scheduler: str | Path) -> tuple[Any, Callable[[], None]]:
    """Return a client, and what gives Dask's loggers their levels back.

    Raises
    ------
    EngineError
        Dask is not installed, or there is no scheduler.
    """
    require_dask()
    import distributed

    undo = _quieten()
    where = (
        {"scheduler_file": str(scheduler)}
        if Path(scheduler).is_file()
        else {"address": str(scheduler)}
    )
    options = {"timeout": _CONNECTING, "set_as_default": False, "name": "sensbench"}
    try:
        return within(2 * _CONNECTING, lambda: distributed.Client(**where, **options)), undo
    except Exception as error:
        undo()
        raise EngineError(
            f"dask: expected a scheduler at {str(scheduler)!r}, an address such as "
            f"tcp://127.0.0.1:8786 or the file it wrote; got {type(error).__name__}: {error}"
        ) from error


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns, which may never do so: a scheduler that is gone says nothing."""
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, call()))
        except BaseException as error:
            answers.put((False, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        is_answer, value = answers.get(timeout=seconds)
    except queue.Empty:
        raise EngineError(
            f"dask: expected the scheduler to answer; it did not within {seconds:g} s; what was "
            f"computed is kept, and the same command goes on from there"
        ) from None
    if not is_answer:
        raise value
    return value


def _quieten() -> Callable[[], None]:
    """Keep what Dask logs of connections from the terminal; return what undoes it."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def undo() -> None:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    return undo
