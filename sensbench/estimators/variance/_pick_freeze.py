"""Rows of any estimator of Sobol' indices by pick and freeze, and what its formulas are made of.

Three samples A, B and C of the inputs. ``AB`` is A with one feature's values from B, once per
feature; ``BA``, ``AC`` and ``CB`` likewise. Which of them a pair of formulas needs decides what a
base row costs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from sensbench.estimator.needs import Cost, Needs
from sensbench.estimators._exchange import exchanged
from sensbench.estimators.variance._saltelli import SMALLEST_N, most_at_a_time
from sensbench.inputs.space import InputSpace
from sensbench.model.model import Model

# Each formula with the samples that it exchanges between; all of them take A and B as they are.
FIRST: Mapping[str, tuple[str, ...]] = {
    "saltelli_2010": ("AB",),
    "mauntz": ("AB",),
    "jansen": ("AB",),
    "janon": ("AB",),
    "martinez": ("AB",),
    "owen": ("BA", "AC"),
    "azzini": ("AB", "BA"),
}
TOTAL: Mapping[str, tuple[str, ...]] = {
    "jansen": ("AB",),
    "homma_saltelli": ("AB",),
    "sobol_2007": ("AB",),
    "janon": ("AB",),
    "glen_isaacs": ("AB",),
    "saltelli": ("BA",),
    "azzini_rosati": ("AB", "BA"),
    "owen": ("BA", "CB"),
}
_ORDER = ("AB", "BA", "AC", "CB")


def exchanges(first: str, total: str, second_order: bool) -> tuple[str, ...]:
    """Return the exchanges that the formulas need between them."""
    needed = {*FIRST[first], *TOTAL[total], *(("AB", "BA") if second_order else ())}
    return tuple(pair for pair in _ORDER if pair in needed)


def needs_of(first: str, total: str, second_order: bool) -> Needs:
    """Two rows per base row and, per feature, one for each kind of exchange."""
    cost = Cost(2, per_feature=len(exchanges(first, total, second_order)))
    return Needs("design", "independent", groups="one feature", minimum_rows=SMALLEST_N, cost=cost)


@dataclass(frozen=True)
class PickFreeze:
    """The rows of two formulas, and the columns whose means these are functions of.

    Outputs of exchanged rows enter as differences from the row before the exchange, so that what
    an exchange does not move is 0 and no rounding.
    """

    space: InputSpace
    first: str
    total: str
    second_order: bool
    way: str = "full"

    @cached_property
    def exchanges(self) -> tuple[str, ...]:
        """The kinds of exchange, in the order of their rows."""
        return exchanges(self.first, self.total, self.second_order)

    @property
    def samples(self) -> int:
        """Independent samples of the inputs that a base row takes: A, B and perhaps C."""
        return 3 if {"AC", "CB"} & set(self.exchanges) else 2

    @property
    def points(self) -> int:
        """Rows per base row."""
        return 2 + len(self.exchanges) * len(self.space.blocks)

    @cached_property
    def columns(self) -> Mapping[str, slice]:
        """Where each column, or one column per feature or pair, stands."""
        d = len(self.space.blocks)
        # the squares of the changes first: :attr:`changes`
        widths = {f"{pair}²": d for pair in ("AB", "BA") if pair in self.exchanges}
        widths |= {"a": 1, "b": 1, "a²": 1, "b²": 1, "ab": 1}
        for pair in ("AB", "BA"):
            if pair in self.exchanges:
                widths |= {pair: d, f"a·{pair}": d, f"b·{pair}": d}
        if {"AB", "BA"} <= set(self.exchanges):
            widths["AB·BA"] = d
        widths |= {f"{pair}·BA": d for pair in ("AC", "CB") if pair in self.exchanges}
        if self.second_order:
            widths["pairs"] = d * (d - 1) // 2
        ends = np.cumsum([0, *widths.values()]).tolist()
        return {name: slice(*ends[k : k + 2]) for k, name in enumerate(widths)}

    @property
    def products(self) -> int:
        """How many columns there are."""
        return max(at.stop for at in self.columns.values())

    @property
    def changes(self) -> slice:
        """The columns that are squares of what an exchange changes, one per feature."""
        return slice(0, len(self.space.blocks))

    def outputs(
        self, model: Model, u: Float[np.ndarray, "n dims"]
    ) -> Float[np.ndarray, "o points n"]:
        """Return the outputs of base rows: points of the unit cube for A, B and C side by side."""
        samples = np.split(u, self.samples, axis=1)
        X = np.split(self.space.from_unit(np.concatenate(samples)), self.samples)
        Y = np.empty((model.o, self.points, len(u)))
        for i, y in enumerate(self._of(model, dict(zip("ABC", X, strict=False)))):
            Y[:, i] = y.T
        return Y

    def at_a_time(self, model: Model, most: int) -> int:
        """Return how many base rows to evaluate at once: a power of two, ``most`` at most."""
        numbers = 2 * self.samples * self.space.d + model.o * self.points + self.products
        return most_at_a_time(model, numbers, most)

    def write(self, y: Float[np.ndarray, "points n"], to: Float[np.ndarray, "k n"]) -> None:
        """Write one output's columns, a row each."""
        d, at = len(self.space.blocks), self.columns
        a, b = y[0], y[1]
        exchanged_rows = {
            pair: y[2 + k * d : 2 + (k + 1) * d] for k, pair in enumerate(self.exchanges)
        }
        for name, column in (("a", a), ("b", b), ("a²", a * a), ("b²", b * b), ("ab", a * b)):
            to[at[name]] = column
        before = {"AB": a, "BA": b, "AC": a}
        changes = {
            pair: exchanged_rows[pair] - row
            for pair, row in before.items()
            if pair in exchanged_rows
        }
        for pair in {"AB", "BA"} & set(changes):
            to[at[pair]] = changes[pair]
            np.multiply(changes[pair], a, out=to[at[f"a·{pair}"]])
            np.multiply(changes[pair], b, out=to[at[f"b·{pair}"]])
            np.multiply(changes[pair], changes[pair], out=to[at[f"{pair}²"]])
        if "AB·BA" in at:
            np.multiply(changes["AB"], changes["BA"], out=to[at["AB·BA"]])
        if "AC" in changes:  # (a - ac)(ba - b)
            np.multiply(-changes["AC"], changes["BA"], out=to[at["AC·BA"]])
        if "CB" in exchanged_rows:  # (b - cb)(ba - a)
            left, right = b - exchanged_rows["CB"], exchanged_rows["BA"] - a
            np.multiply(left, right, out=to[at["CB·BA"]])
        if self.second_order:
            j, k = np.triu_indices(d, 1)
            np.multiply(exchanged_rows["BA"][j], exchanged_rows["AB"][k], out=to[at["pairs"]])
            to[at["pairs"]] -= a * b

    def _of(
        self, model: Model, X: Mapping[str, Float[np.ndarray, "n d"]]
    ) -> Iterator[Float[np.ndarray, "n o"]]:
        everything, blocks = np.arange(self.space.d), self.space.blocks
        A, B = X["A"], X["B"]
        both = [(everything[:0], A[:, :0]), (everything, B)]
        yield from exchanged(model, A, both, self.way)
        for pair in self.exchanges:
            rows, values = X[pair[0]], X[pair[1]]
            changes = ((c, values[:, c]) for c in blocks)
            yield from exchanged(model, rows, changes, self.way)
