"""Needs: what a method asks of a problem, and what it costs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import comb
from typing import Any, Literal, get_args

from sensbench.errors import require

Rows = Literal["design", "given", "either"]
Law = Literal["independent", "any"]
Grouped = Literal["one feature", "refused"]


@dataclass(frozen=True)
class Cost:
    """Model rows per base row: ``constant + per_feature·d + per_output·o + per_both·d·o``.

    Attributes
    ----------
    per_both
        Rows per feature and output.
    per_pair, per_triple
        Rows per two features, and per three: d(d - 1)/2 and d(d - 1)(d - 2)/6 times as many.
    extra
        Rows that a run costs once, whatever the number of base rows.
    """

    constant: int = 1
    per_feature: int = 0
    per_output: int = 0
    extra: int = 0
    per_both: int = 0
    per_pair: int = 0
    per_triple: int = 0

    def __call__(self, d: int, o: int, n: int) -> int:
        """Return the rows of ``n`` base rows for ``d`` features and ``o`` outputs."""
        per_row = self.constant + self.per_feature * d + self.per_output * o
        per_row += self.per_pair * comb(d, 2) + self.per_triple * comb(d, 3)
        return n * (per_row + self.per_both * d * o) + self.extra

    def __str__(self) -> str:
        parts = [
            (self.per_triple, "d(d-1)(d-2)/6"),
            (self.per_pair, "d(d-1)/2"),
            (self.per_both, "do"),
            (self.per_feature, "d"),
            (self.per_output, "o"),
            (self.constant, ""),
        ]
        terms = [f"{'' if k == 1 and sign else k}{sign}" for k, sign in parts if k]
        per_row = " + ".join(terms).replace("+ -", "- ")
        rows = "n" if per_row == "1" else f"n({per_row})" if len(terms) > 1 else f"{per_row}n"
        return f"{rows} + {self.extra}" if self.extra else rows


@dataclass(frozen=True)
class Needs:
    """What a method needs; computed from its parameters.

    Attributes
    ----------
    rows
        Where its rows come from. ``"design"``: points of its own, drawn from the marginals.
        ``"given"``: any rows with their outputs, and nothing else of the model. ``"either"``: such
        rows too, and the model around them.
    law
        The joint distributions of the inputs that its answer means something for:
        ``"independent"`` inputs only, or ``"any"``.
    gradient
        Whether it needs the model's derivatives.
    targets
        Whether it compares with measured targets, where there are any.
    refit
        Whether it trains the model again.
    groups
        Several columns that are one feature are taken as ``"one feature"``, or ``"refused"``.
    minimum_rows
        Base rows of its smallest run; rows of data, where it uses them.
    cost
        Model rows for so many features, outputs and base rows.
    """

    rows: Rows
    law: Law = "any"
    gradient: bool = False
    targets: bool = False
    refit: bool = False
    groups: Grouped = "refused"
    minimum_rows: int = 2
    cost: Cost = Cost()

    def __post_init__(self) -> None:
        for field, kinds in (("rows", Rows), ("law", Law), ("groups", Grouped)):
            given, known = getattr(self, field), get_args(kinds)
            require(given in known, "Needs", f"{field} one of {', '.join(known)}", given)
        least = self.minimum_rows
        whole = isinstance(least, int) and not isinstance(least, bool) and least >= 1
        require(whole, "Needs", "minimum_rows as a whole number, 1 or more", least)
        require(isinstance(self.cost, Cost), "Needs", "cost as a Cost", self.cost)

    @property
    def design(self) -> bool:
        """Whether it draws points of its own, also where the problem has rows of data."""
        return self.rows == "design"

    def to_plain(self) -> dict[str, Any]:
        """Return plain data that :meth:`from_plain` reads."""
        return asdict(self)

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "Needs":
        """Return the needs that :meth:`to_plain` described."""
        return cls(**{**content, "cost": Cost(**content["cost"])})
