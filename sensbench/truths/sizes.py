"""Mean absolute derivatives of sums of products, where the sign of each part is known."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sensbench.truths.line import Factor, Line, Values, evaluated, slope

_Term = tuple[float, Mapping[int, Factor]]


def mean_sizes(
    terms: Sequence[_Term],
    lines: Sequence[Line],
    flat: bool = False,
    monotone: Mapping[int, Sequence[float]] | None = None,
) -> Float[np.ndarray, " d"] | None:
    """Return E|∂f/∂x_i| for every input, or ``None`` where it does not reduce to one dimension.

    It does when the derivative keeps its sign, depends on one input only, or is a product of
    such parts.

    Parameters
    ----------
    flat
        Take x_i itself uniform on its range, and multiply by it: the limit of Morris's mu_star.
    monotone
        Input's position to the values of it between which f is monotone, at all other inputs.
    """
    sizes = np.zeros(len(lines))
    turns = monotone or {}
    for i in range(len(lines)):
        line = lines[i].flat() if flat else lines[i]
        around = [*lines[:i], line, *lines[i + 1 :]]
        own = [term for term in terms if i in term[1]]
        size = _by_pieces(own, i, around, turns[i]) if i in turns else _slope_size(own, i, around)
        if size is None:
            return None
        sizes[i] = size * (line.high - line.low if flat else 1.0)
    return sizes


def _by_pieces(
    terms: Sequence[_Term], i: int, lines: Sequence[Line], ends: Sequence[float]
) -> float:
    """Return the sum of |E[∂f/∂x_i]| over the pieces, in each of which the sign is one."""
    piece = np.searchsorted(np.sort(ends), lines[i].x)
    slopes: dict[Factor, Float[np.ndarray, " p"]] = {}
    means: dict[tuple[int, Factor], float] = {}
    total = np.zeros(len(ends) + 1)
    for c, factors in terms:
        own = factors[i]
        if own not in slopes:
            weights = lines[i].weights * lines[i].slopes(own)
            slopes[own] = np.bincount(piece, weights=weights, minlength=len(total))
        for j, g in factors.items():
            if j != i and (j, g) not in means:
                means[j, g] = float(lines[j].weights @ lines[j].values(g))
        total += slopes[own] * c * np.prod([means[j, g] for j, g in factors.items() if j != i])
    return float(np.abs(total).sum())


def _slope_size(terms: Sequence[_Term], i: int, lines: Sequence[Line]) -> float | None:
    parts = [
        (c, {j: slope(g) if j == i else _plain(g) for j, g in factors.items()})
        for c, factors in terms
    ]
    # slope() makes a new function each time: the same factor must stay the same object
    known: dict[tuple[int, Factor], Values] = {}
    for (_, factors), (_, made) in zip(terms, parts, strict=True):
        for j, g in factors.items():
            made[j] = known.setdefault((j, g), made[j])
    return _size(parts, lines)


def _size(
    parts: Sequence[tuple[float, Mapping[int, Values]]], lines: Sequence[Line]
) -> float | None:
    """Return E|Σ c Π h_j(x_j)|."""
    if not parts:
        return 0.0
    inputs = sorted({j for _, factors in parts for j in factors})
    if not inputs:
        return abs(sum(c for c, _ in parts))
    for j in inputs:
        shared = {factors.get(j) for _, factors in parts}
        if len(shared) == 1:  # a common factor
            (h,) = shared
            rest = _size([(c, {k: g for k, g in f.items() if k != j}) for c, f in parts], lines)
            return None if rest is None or h is None else rest * lines[j].mean_size(h)
    if len(inputs) == 1:
        (j,) = inputs

        def along(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
            total = np.zeros_like(x)
            for c, factors in parts:
                total = total + (c * factors[j](x) if j in factors else c)
            return total

        return lines[j].mean_size(along)
    low, high = np.sum([_range(c, factors, lines) for c, factors in parts], axis=0)
    if low >= 0 or high <= 0:
        means = [
            c * np.prod([lines[j].weights @ h(lines[j].x) for j, h in factors.items()])
            for c, factors in parts
        ]
        return abs(float(np.sum(means)))
    return None


def _range(c: float, factors: Mapping[int, Values], lines: Sequence[Line]) -> tuple[float, float]:
    low = high = c
    for j, h in factors.items():
        ends = [a * b for a in (low, high) for b in lines[j].range(h)]
        low, high = min(ends), max(ends)
    return low, high


def _plain(factor: Factor) -> Values:
    return lambda x: evaluated(factor, x)
