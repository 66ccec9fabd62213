"""How many threads compute: one number for torch, every BLAS and every OpenMP."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from threadpoolctl import ThreadpoolController

from sensbench.errors import require

VARIABLE = "SENSBENCH_THREADS"
_chosen: ContextVar[int | None] = ContextVar("threads", default=None)
# where the wheels of numpy and scipy keep their BLAS
_OWN = ("numpy.libs", "scipy.libs", "numpy/.dylibs", "scipy/.dylibs")


@contextmanager
def limited(threads: int | None = None) -> Iterator[int]:
    """Let torch, BLAS and OpenMP use so many threads inside; yield the number torch has.

    They compute in turns, never at the same time, so each may have all of them. Afterwards all
    have what they had. Without ``threads``, an enclosing block's number holds, then that of the
    environment variable ``SENSBENCH_THREADS``; without either, the libraries' own choice stays.
    Training a network takes one thread all the same, for the same bits anywhere.

    The numbers are the process's. Where blocks of several Python threads overlap, the last to begin
    decides, also for what other threads compute meanwhile, and the last to end puts back what was
    before the first. Libraries that are loaded inside the block for the first time are not reached.

    Raises
    ------
    InputError
        Not a whole number, 1 or more; far more than there are processors.
    """
    around = _chosen.get()
    chosen = around if threads is None else _whole(threads, "threads")
    if threads is None and chosen is None and os.environ.get(VARIABLE):
        chosen = threads = _whole(os.environ[VARIABLE], VARIABLE)
    if threads is None or chosen is None:
        yield torch.get_num_threads()
        return
    pools = ThreadpoolController().lib_controllers
    shared = [pool for pool in pools if _is_shared(pool)]
    with _shared(shared, chosen), _own([p for p in pools if p not in shared], chosen, around):
        token = _chosen.set(chosen)
        try:
            yield chosen
        finally:
            _chosen.reset(token)


def is_said() -> bool:
    """Whether a block around this, or the environment, says a number of threads."""
    return _chosen.get() is not None or bool(os.environ.get(VARIABLE))


@contextmanager
def for_torch() -> Iterator[None]:
    """Leave the processors to torch inside: numpy's own BLAS takes one thread.

    Both keep idle threads spinning for a while. Where calls of the one and of the other follow each
    other closely, threads of both then wait for the same processors: on two, a product of numpy's
    between two passes of a network took five times as long, and the next pass twice.

    A BLAS that numpy shares with torch, as one MKL for both, is left alone. Blocks may overlap as
    those of :func:`limited` do.
    """
    with _shared(_of_numpy(), 1):
        yield


_lock = Lock()
# what each pool had before the first of the blocks that are open, and the numbers of these, the
# last to begin at the end
_before: dict[str, int] = {}
_open: defaultdict[str, dict[object, int]] = defaultdict(dict)


@contextmanager
def _shared(pools: Sequence[Any], number: int) -> Iterator[None]:
    """Set the number of pools that all Python threads share; blocks may end in any order."""
    block = object()
    with _lock:
        for pool in pools:
            _enter(block, pool.filepath, pool.num_threads, number)
            _set(pool, number)
    try:
        yield
    finally:
        with _lock:
            for pool in pools:
                del _open[pool.filepath][block]
                left = list(_open[pool.filepath].values())
                _set(pool, left[-1] if left else _before[pool.filepath])


@contextmanager
def _own(pools: Sequence[Any], number: int, around: int | None) -> Iterator[None]:
    """Set torch's number and OpenMP's, which each Python thread has for itself.

    A thread that had none yet takes torch's from the thread that last set it: what another's block
    set is not put back.
    """
    block = object()
    with _lock:
        now = torch.get_num_threads()
        inherited = around is None and now in _open["torch"].values()
        _enter(block, "torch", now, number)
        before = _before["torch"] if inherited else now
    numbers = [(pool, pool.num_threads) for pool in pools]
    for pool in pools:
        pool.set_num_threads(number)
    torch.set_num_threads(number)
    try:
        yield
    finally:
        for pool, had in numbers:
            pool.set_num_threads(had)
        # last: threadpoolctl reaches torch's OpenMP, too, but not the MKL inside torch
        torch.set_num_threads(before)
        with _lock:
            del _open["torch"][block]


def _is_shared(pool: Any) -> bool:
    return pool.user_api == "blas" and getattr(pool, "threading_layer", "") != "openmp"


def _set(pool: Any, number: int) -> None:
    """Set a shared pool's number, from whichever thread: ours take turns by the lock."""
    # since version 3.8 threadpoolctl lets one thread alone set OpenBLAS's, until it is told so
    release = getattr(pool, "clear_controlling_thread", lambda force: None)
    release(force=True)
    pool.set_num_threads(number)
    release(force=True)


def _enter(block: object, pool: str, now: int, number: int) -> None:
    if not _open[pool]:
        _before[pool] = now
    _open[pool][block] = number


@cache
def _of_numpy() -> list[Any]:
    """Return the BLAS that came in numpy's and scipy's own packages."""
    return [
        pool
        for pool in ThreadpoolController().lib_controllers
        if pool.user_api == "blas"
        and any(Path(pool.filepath).parent.match(folder) for folder in _OWN)
    ]


def _whole(given: int | str, who: str) -> int:
    try:
        threads = int(given) if isinstance(given, int | str) and given is not True else 0
    except ValueError:
        threads = 0
    require(threads >= 1, who, "a whole number of threads, 1 or more", given)
    processors = os.cpu_count() or 1
    most = max(64, 4 * processors)  # each one takes memory, and time to start
    what = f"at most {most} threads (this machine has {processors} processors)"
    require(threads <= most, who, what, given)
    return threads
