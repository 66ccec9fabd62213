"""Base rows as independent samples, Latin hypercubes or plain random ones, and their spread."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from scipy import special
from scipy.stats import qmc

from sensbench.estimators.variance._saltelli import Design, Moments
from sensbench.estimators.variance._tails import Tails
from sensbench.model.model import Model

REPLICATES = 16
SMALLEST_N = 2 * REPLICATES
METHOD = "replicates, Student's t"


class ReplicateSums:
    """Means, over independent samples of base rows, of what the indices are made of.

    Attributes
    ----------
    means
        ``(samples, 1, o, k)``; the columns are those that the design writes.
    moments
        Of the outputs of all rows.
    tails
        Of these outputs, and of their changes.
    """

    method, smallest_n = METHOD, SMALLEST_N
    fewest = f"{REPLICATES} samples of {SMALLEST_N // REPLICATES}"

    def __init__(self, design: Design, N: int, model: Model, rng: np.random.Generator, kind: str):
        k, replicates = design.products, (REPLICATES if N >= SMALLEST_N else 1)
        size = N // replicates
        n = design.at_a_time(model, size)
        self.means = np.zeros((replicates, 1, model.o, k))
        self.moments = Moments(model.o)
        self.tails = Tails(model.o, len(design.space.blocks), N)
        with model.many_calls():
            for replicate in range(replicates):
                for u in _points(kind, design.samples * design.space.d, size, n, rng):
                    Y = self.moments.centred(design.outputs(model, u))
                    self.tails.add_outputs(Y[:, 0])
                    products = np.empty((k, len(u)))
                    for of_output, y in enumerate(Y):
                        design.write(y, products)
                        self.means[replicate, 0, of_output] += products.sum(axis=1)
                        of = slice(of_output, of_output + 1)
                        self.tails.add_changes(of, products[None, design.changes])
        self.means /= size

    def half_widths(
        self, influences: Float[np.ndarray, "samples 1 o k"], confidence: float
    ) -> Float[np.ndarray, "o k"]:
        """Return half the widths of the indices' intervals: Student's, from the samples' spread."""
        of_each = influences.mean(axis=1)
        count = len(of_each)
        error = of_each.std(axis=0, ddof=1) / np.sqrt(count)
        return np.asarray(special.stdtrit(count - 1, 0.5 + confidence / 2) * error)


def whole(N: int) -> int:
    """Return the largest number of base rows up to ``N`` that the replicates share evenly."""
    return N // REPLICATES * REPLICATES if N >= SMALLEST_N else N


def _points(
    kind: str, dims: int, size: int, n: int, rng: np.random.Generator
) -> Iterator[Float[np.ndarray, "n dims"]]:
    if kind == "latin_hypercube":
        u = qmc.LatinHypercube(d=dims, rng=rng).random(size)
        yield from (u[start : start + n] for start in range(0, size, n))
    else:
        yield from (rng.random((min(n, size - start), dims)) for start in range(0, size, n))
