"""Mean absolute derivatives of sums of products, where the sign of each part is known."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

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
    turns = monotone or {}
    plain = {
        (j, g): _Part(lines[j], partial(evaluated, g))
        for _, factors in terms
        for j, g in factors.items()
    }
    holding: list[list[_Term]] = [[] for _ in lines]
    for term in terms:
        for i in term[1]:
            holding[i].append(term)
    sizes = np.zeros(len(lines))
    for i, own in enumerate(holding):
        line = lines[i].flat() if flat else lines[i]
        steep = {factors[i]: _Part(line, slope(factors[i])) for _, factors in own}
        parts = [
            (c, {j: steep[g] if j == i else plain[j, g] for j, g in factors.items()})
            for c, factors in own
        ]
        size = _by_pieces(parts, i, line, turns[i]) if i in turns else _size(parts)
        if size is None:
            return None
        sizes[i] = size * (line.high - line.low if flat else 1.0)
    return sizes


@dataclass(eq=False)
class _Part:
    """A function of one input, with what is asked of it several times; equal only to itself."""

    line: Line
    function: Values

    @cached_property
    def range(self) -> tuple[float, float]:
        return self.line.range(self.function)

    @cached_property
    def mean(self) -> float:
        return float(self.line.weights @ self.function(self.line.x))

    @cached_property
    def mean_size(self) -> float:
        return self.line.mean_size(self.function)


def _by_pieces(
    parts: Sequence[tuple[float, Mapping[int, _Part]]], i: int, line: Line, ends: Sequence[float]
) -> float:
    """Return the sum of |E[∂f/∂x_i]| over the pieces, in each of which the sign is one."""
    piece = np.searchsorted(np.sort(ends), line.x)
    along: dict[_Part, Float[np.ndarray, " p"]] = {}
    total = np.zeros(len(ends) + 1)
    for c, factors in parts:
        own = factors[i]
        if own not in along:
            weights = line.weights * own.function(line.x)
            along[own] = np.bincount(piece, weights=weights, minlength=len(total))
        total += along[own] * c * np.prod([h.mean for j, h in factors.items() if j != i])
    return float(np.abs(total).sum())


def _size(parts: Sequence[tuple[float, Mapping[int, _Part]]]) -> float | None:
    """Return E|Σ c Π h_j(x_j)|."""
    if not parts:
        return 0.0
    inputs = sorted({j for _, factors in parts for j in factors})
    if not inputs:
        return abs(sum(c for c, _ in parts))
    first = parts[0][1]
    common = {j: h for j, h in first.items() if all(f.get(j) is h for _, f in parts)}
    if common:
        rest = _size([(c, {j: h for j, h in f.items() if j not in common}) for c, f in parts])
        return None if rest is None else rest * math.prod(h.mean_size for h in common.values())
    if len(inputs) == 1:
        (j,) = inputs
        line = next(factors[j].line for _, factors in parts if j in factors)

        def along(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
            total = np.zeros_like(x)
            for c, factors in parts:
                total = total + (c * factors[j].function(x) if j in factors else c)
            return total

        return line.mean_size(along)
    low, high = np.sum([_range(c, factors.values()) for c, factors in parts], axis=0)
    if low >= 0 or high <= 0:
        return abs(float(sum(c * np.prod([h.mean for h in f.values()]) for c, f in parts)))
    return None


def _range(c: float, factors: Iterable[_Part]) -> tuple[float, float]:
    low = high = c
    for h in factors:
        ends = [a * b for a in (low, high) for b in h.range]
        low, high = min(ends), max(ends)
    return low, high
