"""Difference: two runs compared cell by cell, number by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sensbench.study.columns import plain
from sensbench.study.results import Results

CELL = ["problem", "model", "estimator", "budget", "replicate"]
NUMBER = [*CELL, "measure", "output", "feature", "partner", "direction"]
# Numbers that differ by less, relatively, are the same but for rounding (networks: float32).
_RELATIVE = 1e-6
_ENDS = ("value", "low", "high")


@dataclass(frozen=True, eq=False)
class Difference:
    """What two runs, A and B, do not have in common.

    Attributes
    ----------
    numbers
        One row per number that both have and that is not the same to the bit: its place, value,
        low and high of both (``value_a``, ``value_b`` …), ``beyond`` (the intervals have no point
        in common), and ``gap``, the room between the intervals as a part of the wider one, NaN
        where one of them has no interval to judge by; the widest gap first.
    same
        How many numbers are the same to the bit.
    only_a, only_b
        Cells that one of them alone has planned.
    statuses
        Cells whose status is another one: ``status_a``, ``status_b``, ``reason_b``.
    missing_numbers
        How many numbers one alone has, of cells that both computed.
    cost
        Rows through the model and seconds of the cells both computed, of A and of B.
    versions
        What was computed with another version: name to both.
    """

    numbers: pd.DataFrame
    same: int
    only_a: pd.DataFrame
    only_b: pd.DataFrame
    statuses: pd.DataFrame
    missing_numbers: int
    cost: Mapping[str, tuple[float, float]]
    versions: Mapping[str, tuple[str, str]]

    @property
    def beyond(self) -> pd.DataFrame:
        """The numbers that changed beyond their intervals."""
        return self.numbers[self.numbers["beyond"]]

    @property
    def unjudged(self) -> pd.DataFrame:
        """The numbers that changed and have no interval to judge by."""
        return self.numbers[self.numbers["gap"].isna()]

    @property
    def is_none(self) -> bool:
        """Whether all numbers are the same to the bit, and no cell differs."""
        return self._alike and self.numbers.empty

    @property
    def is_noise(self) -> bool:
        """Whether nothing changed beyond its interval, where it has one, and no cell differs."""
        return self._alike and self.beyond.empty

    @property
    def _alike(self) -> bool:
        differ = (self.only_a, self.only_b, self.statuses)
        return all(frame.empty for frame in differ) and not self.missing_numbers

    def to_plain(self) -> dict[str, Any]:
        """Return plain data, fit for JSON."""
        frames = {
            name: [
                {key: None if value != value else value for key, value in row.items()}
                for row in getattr(self, name).to_dict("records")
            ]
            for name in ("numbers", "only_a", "only_b", "statuses")
        }
        return {
            **frames,
            "same": self.same,
            "beyond": len(self.beyond),
            "unjudged": len(self.unjudged),
            "missing_numbers": self.missing_numbers,
            "cost": {key: list(pair) for key, pair in self.cost.items()},
            "versions": {key: list(pair) for key, pair in self.versions.items()},
        }


def difference(a: Results, b: Results) -> Difference:
    """Return how two runs differ.

    Cells are the same by problem, model, method, budget and replicate. Values that differ by less
    than a millionth, as on another machine, are another number but not a change.
    """
    cells = _joined(a.cells, b.cells, CELL)
    both = cells[cells["_merge"] == "both"]
    changed = both[both["status_a"] != both["status_b"]]
    computed = both[(both["status_a"] == "ok") & (both["status_b"] == "ok")]
    numbers = _joined(plain(a.frame), plain(b.frame), NUMBER)
    # a cell that one alone computed is told as such; its numbers say nothing more
    numbers = numbers.merge(computed[CELL], on=CELL, how="inner")
    paired = numbers["_merge"] == "both"
    compared = numbers[paired]
    ends = {
        key: compared[key].to_numpy(dtype=float)
        for end in _ENDS
        for key in (f"{end}_a", f"{end}_b")
    }
    other = np.zeros(len(compared), dtype=bool)
    for end in _ENDS:
        other |= ~_equal(ends[f"{end}_a"], ends[f"{end}_b"])
    gap = _gap(ends)
    close = np.isclose(ends["value_a"], ends["value_b"], rtol=_RELATIVE, atol=0, equal_nan=True)
    beyond = (gap > 0) & ~close
    columns = [*NUMBER, *ends]
    table = compared[columns].assign(beyond=beyond, gap=gap)[other]
    table = table.sort_values(["beyond", "gap"], ascending=False, kind="stable")
    return Difference(
        table.reset_index(drop=True),
        int((~other).sum()),
        cells.loc[cells["_merge"] == "left_only", CELL].reset_index(drop=True),
        cells.loc[cells["_merge"] == "right_only", CELL].reset_index(drop=True),
        changed[[*CELL, "status_a", "status_b", "reason_b"]].reset_index(drop=True),
        int((~paired).sum()),
        _cost(computed),
        _versions(a, b),
    )


def _joined(a: pd.DataFrame, b: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return a.merge(b, on=by, how="outer", suffixes=("_a", "_b"), indicator=True, sort=False)


def _equal(a: Float[np.ndarray, " n"], b: Float[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Whether numbers are the same; NaN is the same as NaN."""
    return (a == b) | (np.isnan(a) & np.isnan(b))


def _gap(ends: Mapping[str, Float[np.ndarray, " n"]]) -> Float[np.ndarray, " n"]:
    """Return the room between two intervals as a part of the wider one; at most 0: they meet."""
    room = np.maximum(ends["low_b"] - ends["high_a"], ends["low_a"] - ends["high_b"])
    width = np.maximum(ends["high_a"] - ends["low_a"], ends["high_b"] - ends["low_b"])
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = room / width
    # two points without width: apart, or the same
    return np.where(width == 0, np.where(room > 0, np.inf, 0.0), relative)


def _cost(computed: pd.DataFrame) -> dict[str, tuple[float, float]]:
    def total(column: str) -> tuple[float, float]:
        return float(computed[f"{column}_a"].sum()), float(computed[f"{column}_b"].sum())

    return {column: total(column) for column in ("n_forward", "n_backward", "seconds")}


def _versions(a: Results, b: Results) -> dict[str, tuple[str, str]]:
    of_a, of_b = (dict(one.provenance.get("versions", {})) for one in (a, b))
    names = dict.fromkeys([*of_a, *of_b])
    pairs = {name: (str(of_a.get(name, "")), str(of_b.get(name, ""))) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
