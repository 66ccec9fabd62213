"""Group: several columns of a model that are one feature, such as the columns of a one-hot code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError, UnknownNameError
from sensbench.inputs.marginal import rank
from sensbench.inputs.names import unordered


@dataclass(frozen=True, eq=False)
class Group:
    """Columns that are explained as one feature.

    ``rows`` holds the values the columns take together, each row equally likely: they are drawn
    as whole rows, so that a one-hot code stays one. Without rows every column follows its own
    marginal, independently of the others.
    """

    name: str
    columns: tuple[str, ...]
    rows: Float[np.ndarray, "n m"] | None = None

    def __post_init__(self) -> None:
        if self.rows is not None:
            # Equal rows become neighbours: evenly spread points of the unit interval then give
            # each of them its share exactly, whatever order the data came in.
            order = np.lexsort(self.rows.T[::-1])
            object.__setattr__(self, "rows", self.rows[order])

    def ppf(self, q: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n m"]:
        """Return whole rows by one coordinate of the unit cube: its quantile among the rows."""
        if self.rows is None:
            raise InputError(f"group {self.name!r}: expected rows to draw from; it has none")
        return self.rows[rank(q, len(self.rows))]

    def describe(self) -> str:
        """Return one line on the group, for reports."""
        named = ", ".join(self.columns[:4]) + (", …" if len(self.columns) > 4 else "")
        if self.rows is None:
            return f"{len(self.columns)} columns, each by its own marginal: {named}"
        distinct = len(np.unique(self.rows, axis=0))
        return f"{len(self.columns)} columns drawn as whole rows ({distinct} different): {named}"


def groups_of(
    declared: Mapping[Any, Any] | None,
    columns: Sequence[str],
    rows: Float[np.ndarray, "n d"] | None,
    who: str,
) -> tuple[Group, ...]:
    """Return the groups of a declaration ``{feature: [column, …]}``, with their rows if given.

    Raises
    ------
    InputError
        Columns that are unknown or in two groups; a group without columns or with the name of a
        column outside it.
    """
    if declared is None:
        return ()
    if not isinstance(declared, Mapping):
        raise InputError(f"{who}: expected groups as {{feature: [column, …]}}; got {declared!r}")
    groups, taken = [], dict[str, str]()
    for label, given in declared.items():
        name = str(label)
        members = unordered(given)
        if not members:
            raise InputError(f"{who}: expected columns in group {name!r}; got none")
        if name in columns and name not in members:
            raise InputError(
                f"{who}: expected a name for group {list(members)} that no other column has; "
                f"got {name!r}; choose another name"
            )
        for column in members:
            if column not in columns:
                raise UnknownNameError.of(f"{who}: group {name!r}", "column", column, columns)
            if column in taken:
                raise InputError(
                    f"{who}: expected each column in one group at most; got {column!r} in "
                    f"{taken[column]!r} and {name!r}"
                )
            taken[column] = name
        # In the model's order of columns, whatever order they were declared in.
        at = [i for i, column in enumerate(columns) if column in members]
        of_group = None if rows is None else rows[:, at].copy()
        groups.append(Group(name, tuple(columns[i] for i in at), of_group))
    return tuple(groups)
