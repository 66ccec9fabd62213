"""The limit: the model's own passes over the same rows, at the batch size that is fastest."""

import time
from collections.abc import Callable

import numpy as np
import torch

from experiments.speed.case import Case, Numbers, Run

BATCHES = tuple(2**k for k in range(8, 18))
# More rows than this are not held: the first ones are passed again, which only flatters the limit.
POOL_BYTES = 2**28


def forward(rows: Callable[[Case], int]) -> Callable[[Case], Run]:
    """Forward passes alone, in inference mode."""

    def batch(case: Case, x: torch.Tensor) -> None:
        with torch.inference_mode():
            case.network(x)

    return _prepared(rows, batch, backward=False)


def forward_and_backward(rows: Callable[[Case], int]) -> Callable[[Case], Run]:
    """Forward, and backward once per output."""

    def batch(case: Case, x: torch.Tensor) -> None:
        x = x.requires_grad_(True)
        y = case.network(x)
        for k in range(case.o):
            torch.autograd.grad(y[:, k].sum(), x, retain_graph=k < case.o - 1)

    return _prepared(rows, batch, backward=True)


def _prepared(
    rows: Callable[[Case], int], batch: Callable[[Case, torch.Tensor], None], *, backward: bool
) -> Callable[[Case], Run]:
    def prepare(case: Case) -> Run:
        n = rows(case)
        held = min(n, max(1024, POOL_BYTES // (4 * case.d)))
        generator = torch.Generator().manual_seed(1)
        pool = torch.rand(held, case.d, generator=generator) * 2 - 1
        for parameter in case.network.parameters():
            parameter.requires_grad_(False)  # derivatives by the inputs alone

        def passes(size: int, n: int) -> Numbers:
            done = 0
            while done < n:
                at = done % held
                x = pool[at : at + min(size, n - done)].detach()
                batch(case, x)
                done += len(x)
            return {"rows": np.array([done, done * case.o if backward else 0])}

        def seconds(size: int) -> float:
            start = time.perf_counter()
            passes(size, tried)
            return time.perf_counter() - start

        tried = min(n, 2**17)
        sizes = [size for size in BATCHES if size <= held] or [held]
        best = min(sizes, key=lambda size: min(seconds(size) for _ in range(3)))
        return lambda: passes(best, n)

    return prepare
