"""Orders of the inputs, one for each row."""

from itertools import permutations

import numpy as np
from jaxtyping import Int

# Up to so many inputs all orders are taken, 5! = 120.
ALL_UP_TO = 5
# Of random ones: a law works out one set of slopes per order and step.
_MOST = 512


def orders(n: int, d: int, rng: np.random.Generator) -> Int[np.ndarray, "n d"]:
    """Return an order of ``d`` inputs for each of ``n`` rows.

    All orders equally often for few inputs (but for what does not divide), else random ones. The
    rows of a random order stand together, so that groups of rows vary as the orders do.
    """
    if d <= ALL_UP_TO:
        every = rng.permutation(np.array(list(permutations(range(d)))))
        return every[np.arange(n) % len(every)]
    count = min(n, _MOST)
    drawn = rng.permuted(np.tile(np.arange(d), (count, 1)), axis=1)
    return drawn[np.arange(n) * count // n]
