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
# Of rows to be differentiated, whose activations are kept for the way back.
_DIFFERENTIATED_ROWS = 2**12
# The same for wide networks: what a layer makes of a chunk stays in the outer cache.
_LAYER_NUMBERS, _FEWEST_ROWS = 2**20, 1024
# What glibc takes, once freed, as a sign that blocks up to its own limit of 32 MB come and go.
_LARGE_BLOCK = 2**25 - 2**13
# Wide rows come in smaller chunks: activations are taken to be this many times the row.
_CHUNK_BYTES, _BYTES_PER_INPUT = 2**28, 16

# On an accelerator: at most so many rows, and the part of its free memory that is counted on.
_ACCELERATOR_ROWS, _PART_OF_FREE = 2**20, 4

T = TypeVar("T")


def rows_at_once(numbers: int, width: int, free: int | None = None) -> int:
    """Return the rows of a chunk.

    Parameters
    ----------
    numbers
        Inputs and outputs of a row, times the copies that are kept of them.
    width
        The most numbers that a layer makes of a row.
    free
        Bytes that an accelerator has free, where the model is on one: a chunk takes a part of
        them, for there every call and every copy to and fro costs more than the cache saves.
    """
    if free is not None:
        held = 8 * _BYTES_PER_INPUT * max(numbers, width)
        return min(_ACCELERATOR_ROWS, max(1, free // _PART_OF_FREE // held))
    rows = _CHUNK_BYTES // (8 * _BYTES_PER_INPUT * numbers)
    wide = max(_FEWEST_ROWS, _LAYER_NUMBERS // width)
    return min(_CHUNK_ROWS, wide, max(1, rows))


def rows_differentiated(rows: int, device: torch.device) -> int:
    """Return the rows of a chunk that is to be differentiated, of those that are best evaluated."""
    return min(rows, _DIFFERENTIATED_ROWS) if device.type == "cpu" else rows


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


class Written:
    """Values and slopes of a chunk after the other, the slopes written into one array at once.

    Slopes that are kept until all chunks are done lie between the memory of activations, which
    then cannot be used again.

    Attributes
    ----------
    squares
        The sum of the squares of all slopes: not finite where one of them is not.
    """

    def __init__(
        self,
        call: Callable[[Any], tuple[Float[np.ndarray, "_ o"], list[Float[np.ndarray, "_ d"]]]],
        into: Float[np.ndarray, "n o d"],
    ):
        self._call, self._into, self._at = call, into, 0
        self.squares = 0.0

    def __call__(
        self, X: Float[np.ndarray, "m d"]
    ) -> tuple[Float[np.ndarray, "m o"], list[Float[np.ndarray, "m d"]]]:
        """Return the values, and the slopes where they were written."""
        Y, slopes = self._call(X)
        there = self._into[self._at : self._at + len(X)]
        self._at += len(X)
        with np.errstate(over="ignore", invalid="ignore"):
            for k, slope in enumerate(slopes):
                there[:, k] = slope
                self.squares += float(np.vdot(slope, slope))
        return Y, [there[:, k] for k in range(len(slopes))]


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
