"""Shards: a study in parts that know nothing of each other, as for the jobs of an array."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sensbench.errors import InputError
from sensbench.study.cells import Cell

_WRITTEN = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``of`` parts, counted from 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> "Shard":
        """Return what ``2/5`` says.

        Raises
        ------
        InputError
            It says something else.
        """
        match = _WRITTEN.fullmatch(text.strip())
        number, of = map(int, match.groups()) if match else (0, 0)
        if not 1 <= number <= of:
            raise InputError(f"shard: expected I/N, with I from 1 to N, such as 2/5; got {text!r}")
        return cls(number, of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def folder(self) -> str:
        """A name for a folder of its own."""
        return f"{self.number}-of-{self.of}"

    def of_cells(self, cells: Sequence[Cell]) -> list[Cell]:
        """Return this part's cells: each cell is in one part, and all parts cost about the same.

        They are dealt like cards: first sorted by what they cost (budget and method), the
        replicates of one by their keys. The same in every process, for the same study.
        """
        costs = sorted(cells, key=lambda c: (c.budget, c.method.label, c.question, c.key))
        mine = {cell.key for cell in costs[self.number - 1 :: self.of]}
        return [cell for cell in cells if cell.key in mine]
