"""One variable as ranks: blocks of equal values, stretches between them, and a basis on these.

A distance between distributions does not change when a variable is replaced by its ranks. Values
that many rows share are blocks, whose probability is known exactly; between them the ranks are
uniform, and cosines are a complete orthonormal basis.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

# A value shared by more rows than these is an atom, and so is every value where there are so few.
_FEWEST_SHARED, _SHARE, _FEW_VALUES = 3, 0.02, 12
# The finest cosine: of rows that many, finer ones are noise.
_MANY_ROWS, _TERMS, _MORE_TERMS = 5_000, 32, 64
# Bandwidths, in ranks from 0 to 1, grow by √2. The narrowest to choose leaves exp(-2) of the finest
# cosine, the widest nothing but the blocks; so many are narrower than any that is chosen.
_FINEST, _WIDEST, NARROWER = 2.0, 1.1, 3
# Rows whose basis is held.
_HELD = 50_000


@dataclass(frozen=True, eq=False)
class Axis:
    """A variable's blocks, and where each row is.

    Attributes
    ----------
    masses
        The share of the rows in each block, in the order of the values.
    atoms
        Which blocks are of one value; the others are stretches.
    block
        Each row's block.
    place
        Where in its stretch the row is, between 0 and 1.
    terms
        The finest cosine of a stretch that holds all rows.
    """

    masses: Float[np.ndarray, " blocks"]
    atoms: Bool[np.ndarray, " blocks"]
    block: Int[np.ndarray, " n"]
    place: Float[np.ndarray, " n"]
    terms: int

    @classmethod
    def of(cls, values: Float[np.ndarray, " n"]) -> "Axis":
        """Return the blocks and ranks of a variable; ties too few for an atom share a rank."""
        n = len(values)
        distinct, number, counts = np.unique(values, return_inverse=True, return_counts=True)
        atom = counts > max(_FEWEST_SHARED, _SHARE * n)
        if len(distinct) <= _FEW_VALUES:
            atom[:] = True
        # a new block begins at an atom, and after one
        begins = atom | np.append(True, atom[:-1])
        of_value = np.cumsum(begins) - 1
        rows = np.bincount(of_value, weights=counts)
        middle = np.cumsum(counts) - (counts + 1) / 2
        start = np.cumsum(rows) - rows
        place = (middle - start[of_value] + 0.5) / rows[of_value]
        terms = _TERMS if n < _MANY_ROWS else _MORE_TERMS
        return cls(rows / n, atom[begins], of_value[number], place[number], terms)

    @cached_property
    def counts(self) -> list[int]:
        """How many cosines each block has: none for an atom, fewer for a shorter stretch."""
        return [
            0 if atom else int(self.terms * mass)
            for mass, atom in zip(self.masses.tolist(), self.atoms.tolist(), strict=True)
        ]

    @property
    def waves(self) -> bool:
        """Whether there is anything but blocks."""
        return any(self.counts)

    @property
    def shape(self) -> tuple[tuple[float, bool], ...]:
        """What decides the distribution of chance: variables of one shape share it."""
        return tuple(zip(self.masses.tolist(), self.atoms.tolist(), strict=True))

    @property
    def frequencies(self) -> Float[np.ndarray, " terms"]:
        """Of each function of the basis, in half waves over all ranks; 0 for the blocks."""
        parts = [np.zeros(len(self.masses))]
        parts += [
            np.arange(1, k + 1) / mass for k, mass in zip(self.counts, self.masses, strict=True)
        ]
        return np.concatenate(parts)

    @cached_property
    def means(self) -> Float[np.ndarray, " terms"]:
        """Of the functions, over the ranks."""
        return np.append(np.sqrt(self.masses), np.zeros(sum(self.counts)))

    def basis(
        self, block: Int[np.ndarray, " k"], place: Float[np.ndarray, " k"]
    ) -> Float[np.ndarray, "k terms"]:
        """Return the functions at these places, orthonormal over the ranks."""
        waves = self.counts
        basis = np.zeros((len(block), len(waves) + sum(waves)))
        basis[np.arange(len(block)), block] = 1 / np.sqrt(self.masses[block])
        first = len(waves)
        for b, count in enumerate(waves):
            inside = block == b
            angles = np.pi * np.outer(place[inside], np.arange(1, count + 1))
            basis[inside, first : first + count] = np.sqrt(2 / self.masses[b]) * np.cos(angles)
            first += count
        return basis

    def centred(self, rows: slice) -> Float[np.ndarray, "k terms"]:
        """Return the functions at some of the rows, less their means."""
        if len(self.block) <= _HELD:
            return self._at_rows[rows]
        return self.basis(self.block[rows], self.place[rows]) - self.means

    @cached_property
    def _at_rows(self) -> Float[np.ndarray, "n terms"]:
        return self.basis(self.block, self.place) - self.means

    @cached_property
    def grid(self) -> tuple[Float[np.ndarray, "g terms"], Float[np.ndarray, " g"]]:
        """Return the basis on a grid that holds its finest function, and the grid's weights."""
        cells = np.where(self.atoms, 1, np.ceil(2 * self.terms * self.masses)).astype(int)
        block = np.repeat(np.arange(len(cells)), cells)
        place = np.concatenate([(np.arange(k) + 0.5) / k for k in cells.tolist()])
        return self.basis(block, place), (self.masses / cells)[block]

    @cached_property
    def damping(self) -> Float[np.ndarray, "bandwidths terms"]:
        """Return what Gaussian kernels leave of the functions, the narrowest kernel first."""
        finest = _FINEST / 2 ** (NARROWER / 2) / (np.pi * self.terms)
        steps = int(np.ceil(2 * np.log2(_WIDEST / finest))) + 1
        widths = finest * 2 ** (np.arange(steps) / 2)
        return np.exp(-0.5 * (np.pi * np.outer(widths, self.frequencies)) ** 2)
