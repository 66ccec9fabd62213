"""Weighted sums of a model's derivatives at several points for each row."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from jaxtyping import Float, Int

from sensbench.model.model import Model


def weighted_slopes(
    model: Model,
    points: Iterable[Float[np.ndarray, "n d"]],
    weights: Float[np.ndarray, "sums k"],
    columns: Int[np.ndarray, " m"],
    factors: Float[np.ndarray, "k n m"] | None = None,
) -> Float[np.ndarray, "sums n o m"]:
    """Return Σ_k w_sk·c_kni·∂f/∂x_i at the k points of each of n rows, for several weights s.

    Parameters
    ----------
    points
        The k-th point of every row, for each k. The first ones are to lie as far apart as the rows
        do: steps of finite differences follow from them.
    weights
        For each sum that is asked for, one weight for each of the points.
    columns
        To differentiate by.
    factors
        What the derivatives are multiplied by; 1 by default.
    """
    sums: Float[np.ndarray, "sums n o m"] = np.empty(0)
    at, n = 0, 0

    def together() -> Iterator[Float[np.ndarray, "_ d"]]:
        nonlocal n
        remaining = iter(points)
        for first in remaining:
            n = len(first)
            more = islice(remaining, max(1, model.chunk_rows // n) - 1)
            yield np.concatenate([first, *more])

    for Y, slopes in model.values_and_slopes(together(), columns.tolist()):
        count = len(Y) // n
        if at == 0:
            sums = np.zeros((len(weights), n, model.o, len(columns)))
        some = slice(at, at + count)
        for k, slope in enumerate(slopes):
            of_points = slope[:, columns].reshape(count, n, -1).astype(np.float64, copy=False)
            if factors is not None:
                of_points = of_points * factors[some]
            sums[:, :, k] += np.einsum("sk,knm->snm", weights[:, some], of_points)
        at += count
    return sums
