"""Saltelli's design as two independent scrambled nets, and what their difference says of errors.

Rows of one scrambled net are not independent: a bootstrap that takes them to be is several times
too wide, and says nothing where two dimensions of the net project badly. Two independent nets say
how far an estimate is off, with one degree of freedom; how the means of a net's own blocks fall as
these grow says how far it should be off, with some more.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import special
from scipy.stats import qmc

from sensbench.estimators.variance._saltelli import Design, Moments, outputs_at_a_time
from sensbench.estimators.variance._tails import Tails
from sensbench.model.model import Model

NETS = 2
METHOD = "two scrambled nets, moderated t"
# A net's consecutive rows are halved so often for means to compare.
_LEVELS = 4
_BLOCKS = 2**_LEVELS
SMALLEST_N = NETS * _BLOCKS
# How many observations of the variance the prior from blocks is worth, and from which N one more.
_WORTH, _MANY = 2, 1024
# Variance falls by this factor, at least and at most, when the points of a net are doubled.
_SLOWEST, _FASTEST = 2.0, 4.0


class NetSums:
    """Means, over blocks of base rows of two scrambled nets, of what the indices are made of.

    Each net has N/2 points. The neighbouring dimensions of the Sobol' sequence that an input has in
    A and in B are drawn at random for each net: which of them project badly onto each other is then
    no property of the inputs.

    Attributes
    ----------
    means
        ``(2, blocks, o, k)``; the columns are those that the design writes.
    moments
        Of the outputs of all rows.
    tails
        Of these outputs, and of their changes.
    """

    method, smallest_n = METHOD, SMALLEST_N
    fewest = f"two nets of {SMALLEST_N // NETS}"

    def __init__(self, design: Design, N: int, model: Model, rng: np.random.Generator):
        k, size = design.products, N // NETS
        n, blocks = design.at_a_time(model, size), min(_BLOCKS, size)
        per_block = size // blocks
        together = min(n, per_block)
        at_once = outputs_at_a_time(model.o, k * n)
        held = np.empty((at_once, k, n))
        self.means = np.zeros((NETS, blocks, model.o, k))
        self.moments = Moments(model.o)
        self._n = N
        self.tails = Tails(model.o, len(design.space.blocks), N)
        with model.many_calls():
            for net in range(NETS):
                for start, u in _net(design, size, n, rng):
                    Y = self.moments.centred(design.outputs(model, u))
                    self.tails.add_outputs(Y[:, 0])
                    first = start // per_block
                    some = slice(first, first + n // together)
                    for of in range(0, model.o, at_once):
                        products = held[: model.o - of]
                        for y, to in zip(Y[of : of + at_once], products, strict=True):
                            design.write(y, to)
                        outputs = slice(of, of + len(products))
                        parts = torch.from_numpy(products).view(len(products), k, -1, together)
                        self.means[net, some, outputs] += parts.sum(3).permute(2, 0, 1).numpy()
                        self.tails.add_changes(outputs, products[:, design.changes])
        self.means /= per_block

    def half_widths(
        self, influences: Float[np.ndarray, "nets blocks o k"], confidence: float
    ) -> Float[np.ndarray, "o k"]:
        """Return :func:`half_widths` for these rows."""
        return half_widths(influences, self._n, confidence)


def _net(
    design: Design, size: int, n: int, rng: np.random.Generator
) -> Iterator[tuple[int, Float[np.ndarray, "n dims"]]]:
    """Yield a scrambled net's points with where they start: columns for A, for B and so on."""
    d, samples = design.space.d, design.samples
    sequence = qmc.Sobol(d=samples * d, scramble=True, seed=int(rng.integers(1, 2**31 - 1)))
    neighbours = samples * rng.permutation(d)
    columns = np.concatenate([neighbours + k for k in range(samples)])
    for start in range(0, size, n):
        yield start, sequence.random(n)[:, columns]


def half_widths(
    influences: Float[np.ndarray, "nets blocks o k"], N: int, confidence: float
) -> Float[np.ndarray, "o k"]:
    """Return half the widths of the indices' intervals: Student's, of a moderated variance.

    ``influences`` are means over a net's consecutive blocks of what each base row adds to an index.
    Their contrasts at four sizes of blocks give the rate at which the variance falls, one for all
    indices of an output, and from there the variance of two nets as it should be. That counts as 2
    observations (3 from N = 1,024 on), beside the one which the nets' difference is.

    Moderated variances: Smyth 2004, doi:10.2202/1544-6115.1027; variances over nested parts of a
    net: Owen 1997, doi:10.1214/aos/1031594731.
    """
    one, other = influences.mean(axis=1)
    worth = _WORTH + (N >= _MANY)
    variance = (worth * _prior(_contrasts(influences)) + (one - other) ** 2 / 4) / (worth + 1)
    return np.asarray(special.stdtrit(worth + 1, 0.5 + confidence / 2) * np.sqrt(variance))


def _contrasts(
    influences: Float[np.ndarray, "nets blocks o k"],
) -> Float[np.ndarray, "levels o k"]:
    """Return the variance that neighbours' differences show, for halves down to sixteenths."""
    levels, blocks = [], influences
    for _ in range(_LEVELS):
        left, right = blocks[:, ::2], blocks[:, 1::2]
        levels.append(((left - right) ** 2).mean(axis=(0, 1)) / (4 * NETS))
        blocks = (left + right) / 2
    return np.stack(levels[::-1])


def _prior(contrasts: Float[np.ndarray, "levels o k"]) -> Float[np.ndarray, "o k"]:
    """Return the variance of an index by both nets, from that of parts of them."""
    levels = np.arange(1, _LEVELS + 1)
    rate = _rates(contrasts, levels)[:, None]
    # A part twice as large has a variance 1/q of it: halves differ by (q - 1) times the whole's.
    whole = np.stack([contrasts[k] / (rate**k * (rate - 1)) for k in range(_LEVELS - 1)])
    seen = (whole > 0).all(axis=0)
    logs = np.log(np.where(seen, whole, 1.0)) - _bias_of_logs(levels[:-1])[:, None, None]
    return np.where(seen, np.exp(logs.mean(axis=0)), whole.mean(axis=0))


def _rates(
    contrasts: Float[np.ndarray, "levels o k"], levels: Int[np.ndarray, " levels"]
) -> Float[np.ndarray, " o"]:
    """Return by which factor variances fall with every doubling, one for all indices."""
    weights = 2.0**levels / (2.0**levels).sum()
    away = levels - weights @ levels
    slopes = weights * away / (weights @ away**2)
    seen = (contrasts > 0).all(axis=0)
    logs = np.log(np.where(seen, contrasts, 1.0)) - _bias_of_logs(levels)[:, None, None]
    of_each = np.where(seen, np.einsum("l,lok->ok", slopes, logs), 0.0)
    mean = of_each.sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)
    return np.asarray(np.exp(np.clip(mean, np.log(_SLOWEST), np.log(_FASTEST))))


def _bias_of_logs(levels: Int[np.ndarray, " levels"]) -> Float[np.ndarray, " levels"]:
    """Return the mean of the logarithm of a variance from so many contrasts, less the truth."""
    nu = NETS * 2.0 ** (levels - 1)
    return np.asarray(special.digamma(nu / 2) - np.log(nu / 2))
