"""How many threads compute: one number for torch, every BLAS and every OpenMP."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from threading import Lock

import torch
from threadpoolctl import ThreadpoolController, threadpool_limits

from sensbench.errors import require

VARIABLE = "SENSBENCH_THREADS"
_chosen: ContextVar[int | None] = ContextVar("threads", default=None)
_limiting = Lock()
# where the wheels of numpy and scipy keep their BLAS
_OWN = ("numpy.libs", "scipy.libs", "numpy/.dylibs", "scipy/.dylibs")


@contextmanager
def limited(threads: int | None = None) -> Iterator[int]:
    """Let torch, BLAS and OpenMP use so many threads inside; yield the number torch has.

    They compute in turns, never at the same time, so each may have all of them. Afterwards all
    have what they had. Without ``threads``, an enclosing block's number holds, then that of the
    environment variable ``SENSBENCH_THREADS``; without either, the libraries' own choice stays.
    Training a network takes one thread all the same, for the same bits anywhere.

    Libraries that are loaded inside the block for the first time are not reached.

    Raises
    ------
    InputError
        Not a whole number, 1 or more.
    """
    chosen = _chosen.get() if threads is None else _whole(threads, "threads")
    if threads is None and chosen is None and os.environ.get(VARIABLE):
        chosen = threads = _whole(os.environ[VARIABLE], VARIABLE)
    if threads is None or chosen is None:
        yield torch.get_num_threads()
        return
    # torch's own number first: threadpoolctl changes it where torch's OpenMP is in its reach,
    # and does not know of the MKL inside torch
    before, token = torch.get_num_threads(), _chosen.set(chosen)
    try:
        with threadpool_limits(chosen):
            torch.set_num_threads(chosen)
            try:
                yield chosen
            finally:
                torch.set_num_threads(before)
    finally:
        _chosen.reset(token)


@contextmanager
def for_torch() -> Iterator[None]:
    """Leave the processors to torch inside: numpy's own BLAS takes one thread.

    Both keep idle threads spinning for a while. Where calls of the one and of the other follow each
    other closely, threads of both then wait for the same processors: on two, a product of numpy's
    between two passes of a network took five times as long, and the next pass twice.

    A BLAS that numpy shares with torch, as one MKL for both, is left alone. Where blocks overlap,
    of one thread or several, the first to begin sets the limit, and lifts it as it ends.
    """
    if not _limiting.acquire(blocking=False):
        yield
        return
    try:
        with _of_numpy().limit(limits=1):
            yield
    finally:
        _limiting.release()


@cache
def _of_numpy() -> ThreadpoolController:
    """Return the BLAS that came in numpy's and scipy's own packages."""
    pools = ThreadpoolController()
    found = [pool.filepath for pool in pools.lib_controllers if pool.user_api == "blas"]
    own = [path for path in found if any(Path(path).parent.match(folder) for folder in _OWN)]
    return pools.select(filepath=own)


def _whole(given: int | str, who: str) -> int:
    try:
        threads = int(given) if isinstance(given, int | str) and given is not True else 0
    except ValueError:
        threads = 0
    require(threads >= 1, who, "a whole number of threads, 1 or more", given)
    return threads
