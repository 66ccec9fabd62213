"""Products of Poincaré eigenfunctions of the inputs, and their derivatives by each of them."""

import itertools
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import NotApplicable
from sensbench.inputs.marginal import describe, families
from sensbench.inputs.poincare import NoConstant, eigenfunctions
from sensbench.inputs.space import InputSpace

# Of the candidates: products of no more inputs.
_MOST_TOGETHER = 4


class PoincareBasis:
    """Functions of each input that are orthonormal, and whose derivatives are orthogonal.

    For a uniform input cosines, for a normal one Hermite polynomials (the only polynomials that
    have this property), for others on a bounded interval the eigenfunctions by finite elements.

    Source: Lüthen et al. 2023, doi:10.1615/Int.J.UncertaintyQuantification.2023043593.
    """

    def __init__(self, space: InputSpace, degree: int, who: str):
        self._space, self._degree = space, degree
        d = space.d
        self._kind = np.full(d, "table", dtype="<U7")
        self._centre, self._scale = np.zeros(d), np.ones(d)
        for family in families(space.marginals):
            self._kind[family.columns] = "normal" if family.normal else "uniform"
            self._centre[family.columns] = family.location
            self._scale[family.columns] = family.scale
        self._tables = {}
        for i in np.flatnonzero(self._kind == "table").tolist():
            table = eigenfunctions(space.marginals[i], degree)
            if isinstance(table, NoConstant):
                raise NotApplicable(
                    f"{who}: expected inputs that are normal or have a density on a bounded "
                    f"interval; got {describe(space.marginals[i])} for {space.columns[i]!r}: "
                    f"{table.reason}; leave {who} out"
                )
            self._tables[i] = table

    def factors(
        self, X: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "d n k"], Float[np.ndarray, "d n k"]]:
        """Return each input's functions at rows, and their derivatives times √C.

        C is the input's Poincaré constant: the derivative of the first function is then of the
        size of the function itself.
        """
        values, slopes = np.empty((2, X.shape[1], len(X), self._degree + 1))
        for i, kind in enumerate(self._kind):
            z = (X[:, i] - self._centre[i]) / self._scale[i]
            if kind == "normal":
                values[i], slopes[i] = _hermite(z, self._degree)
            elif kind == "uniform":
                k = np.arange(self._degree + 1)
                size = np.where(k > 0, np.sqrt(2.0), 1.0)
                values[i] = size * np.cos(np.pi * k * z[:, None])
                slopes[i] = -size * k * np.sin(np.pi * k * z[:, None])
            else:
                values[i], slopes[i] = self._read(i, X[:, i])
        return values, slopes

    def roots(self) -> Float[np.ndarray, " d"]:
        """Return √C of each input: what its slopes are multiplied with."""
        roots = np.where(self._kind == "uniform", self._scale / np.pi, self._scale)
        for i, table in self._tables.items():
            roots[i] = 1.0 / np.sqrt(table.eigenvalues[1])
        return roots

    def _read(
        self, i: int, x: Float[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
        table = self._tables[i]
        at = np.clip(np.searchsorted(table.nodes, x) - 1, 0, len(table.nodes) - 2)
        rise = np.diff(table.values, axis=0)[at] / np.diff(table.nodes)[at, None]
        inside = np.clip(x, table.nodes[0], table.nodes[-1])
        values = table.values[at] + rise * (inside - table.nodes[at])[:, None]
        return values, rise / np.sqrt(table.eigenvalues[1])


def _hermite(
    z: Float[np.ndarray, " n"], degree: int
) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
    """Return normalised Hermite polynomials and their derivatives by z, √k times the one before."""
    values = np.ones((len(z), degree + 1))
    for k in range(1, degree + 1):
        before = np.sqrt(k - 1) * values[:, k - 2] if k > 1 else 0.0
        values[:, k] = (z * values[:, k - 1] - before) / np.sqrt(k)
    slopes = np.zeros_like(values)
    slopes[:, 1:] = np.sqrt(np.arange(1, degree + 1)) * values[:, :-1]
    return values, slopes


def candidates(d: int, degree: int, interactions: float, most: int) -> Int[np.ndarray, "terms d"]:
    """Return degrees of the terms that are tried, the constant first: a hyperbolic truncation.

    All with (Σ α^q)^(1/q) ≤ p, for the largest whole p that leaves no more than ``most``; all
    linear ones at least.

    Source: Blatman & Sudret 2011, doi:10.1016/j.jcp.2010.12.021.
    """
    kept = _up_to(d, 1, interactions, d) or []
    for p in range(2, degree + 1):
        more = _up_to(d, p, interactions, most)
        if more is None:
            break
        kept = more
    degrees = np.zeros((1 + len(kept), d), dtype=np.int64)
    for row, term in zip(degrees[1:], kept, strict=True):
        for i, alpha in term:
            row[i] = alpha
    return degrees


def _up_to(d: int, p: int, q: float, most: int) -> Sequence[tuple[tuple[int, int], ...]] | None:
    """Return the terms of a truncation; ``None`` as soon as they are more than ``most``."""
    terms: list[tuple[tuple[int, int], ...]] = []
    for together in range(1, min(d, _MOST_TOGETHER) + 1):
        alphas = [
            alpha
            for alpha in itertools.product(range(1, p + 1), repeat=together)
            if sum(a**q for a in alpha) ** (1 / q) <= p + 1e-9
        ]
        if not alphas:
            break
        for inputs in itertools.combinations(range(d), together):
            terms += [tuple(zip(inputs, alpha, strict=True)) for alpha in alphas]
            if len(terms) > most:
                return None
    return terms
