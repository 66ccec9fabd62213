"""Rows a chunk at a time: fast, in cache, and within bounds of memory."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float

from sensbench.errors import ModelError
from sensbench.inputs.rows import even

# Large enough that Python's overhead per call is lost in it, small enough to stay in cache.
_CHUNK_ROWS = 2**14
# The same for wide networks: what a layer makes of a chunk stays in the outer cache.
_LAYER_NUMBERS, _FEWEST_ROWS = 2**20, 1024
# What glibc takes, once freed, as a sign that blocks up to its own limit of 32 MB come and go.
_LARGE_BLOCK = 2**25 - 2**13
# Wide rows come in smaller chunks: activations are taken to be this many times the row.
_CHUNK_BYTES, _BYTES_PER_INPUT = 2**28, 16

T = TypeVar("T")


def rows_at_once(numbers: int, width: int) -> int:
    """Return the rows of a chunk.

    Parameters
    ----------
    numbers
        Inputs and outputs of a row, times the copies that are kept of them.
    width
        The most numbers that a layer makes of a row.
    """
    rows = _CHUNK_BYTES // (8 * _BYTES_PER_INPUT * numbers)
    wide = max(_FEWEST_ROWS, _LAYER_NUMBERS // width)
    return min(_CHUNK_ROWS, wide, max(1, rows))


def in_chunks(call: Callable[[Any], T], X: Float[np.ndarray, "n d"], most: int) -> list[T]:
    """Call on a chunk of rows after the other; on smaller ones where memory runs out."""
    rows = even(len(X), most)
    parts: list[T] = []
    at = 0
    while at < len(X):
        try:
            parts.append(call(X[at : at + rows]))
            at += rows
        except (ModelError, RuntimeError, MemoryError) as error:
            if rows == 1 or not _out_of_memory(error):
                raise
            rows //= 2
    return parts


def joined(parts: list[Float[np.ndarray, "_ ..."]]) -> Float[np.ndarray, "n ..."]:
    """Return what came of all chunks."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def keep_freed_memory() -> None:
    """Have the allocator keep the memory of activations from one batch to the next.

    As a process starts, glibc gives blocks from 128 kB on, and a free end of the heap, back to the
    system at once: every batch then pays thousands of page faults for its activations, as much as
    a small network's arithmetic. It stops doing so when a large block has been freed; this one is
    never touched. See "dynamic mmap threshold" in mallopt(3).
    """
    np.empty(_LARGE_BLOCK, np.uint8)


def _out_of_memory(error: BaseException) -> bool:
    """Whether an accelerator or the machine had no memory left for this chunk."""
    cause: BaseException = error.__cause__ or error
    return isinstance(cause, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(
        cause
    )
