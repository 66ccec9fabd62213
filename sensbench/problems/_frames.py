"""Columns of a data frame as a problem: chosen, encoded as numbers, checked."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.errors import InputError, UnknownNameError, require
from sensbench.inputs.names import ordered, unordered
from sensbench.inputs.rows import differ, discrete_columns
from sensbench.inputs.text_cells import Kind, said_of_text
from sensbench.problem.problem import Problem
from sensbench.problems._rows import problem_of_rows

ColumnNames = str | Iterable[Any]
# More different texts than this are names of things, not categories.
_MOST_CATEGORIES = 50


def problem_of_frame(
    name: str,
    frame: pd.DataFrame,
    who: str,
    *,
    target: ColumnNames,
    features: ColumnNames | None = None,
    ordered: Mapping[str, Sequence[Any]] | None = None,
    discrete: ColumnNames | None = None,
    rows: int | None = None,
    drop_gaps: bool = False,
    units: Mapping[str, str] | None = None,
    source: str = "",
    licence: str = "",
    notes: Sequence[str] = (),
) -> Problem:
    """Return the problem of some of a frame's columns; text becomes numbers.

    Parameters
    ----------
    target, features
        ColumnNames of columns; all that are not targets are features by default.
    ordered
        Column to its categories in order: they become 1, 2, 3 … and take separate values only.
        Any other column of text becomes a one-hot code, which is one feature of the column's
        name.
    discrete
        Numeric columns of separate values; by default those of whole numbers and true and false.
    rows
        At most so many rows, drawn at random (always the same ones).
    drop_gaps
        Leave out the rows that have a gap in any chosen column, and say so in a note.
    """
    require(isinstance(drop_gaps, bool), who, "drop_gaps true or false", drop_gaps)
    inputs, targets = split_columns(frame, who, target, features)
    chosen = frame[[*inputs, *targets]]
    notes = list(notes)
    if drop_gaps:
        whole = chosen.dropna()
        if len(whole) < len(chosen):
            notes.append(f"{len(chosen) - len(whole)} of {len(chosen)} rows have gaps: left out")
        chosen = whole
    if rows is not None:
        require(isinstance(rows, int) and rows >= 2, who, "rows as a number of at least 2", rows)
        if rows < len(chosen):
            notes.append(f"{rows} of {len(chosen)} rows, drawn at random")
            chosen = chosen.iloc[np.sort(np.random.default_rng(0).permutation(len(chosen))[:rows])]
    given = None if discrete is None else unordered(discrete)
    for column in given or ():
        if column not in inputs:
            raise UnknownNameError.of(f"{who}: discrete", "feature", column, inputs)
    encoded, groups, coded = _encoded(chosen, dict(ordered or {}), who)
    text = sorted(set(groups) & set(targets))
    if text:
        raise InputError(f"{who}: expected targets that are numbers; got text in {text}")
    X_columns = [c for c in encoded.columns if c not in targets]
    members = {column for columns in groups.values() for column in columns}
    separate = discrete_columns(chosen[inputs]) if given is None else given
    values = finite_numbers(encoded[[*X_columns, *targets]], who, may_be_constant=members)
    return problem_of_rows(
        name,
        values[:, : len(X_columns)],
        values[:, len(X_columns) :],
        features=X_columns,
        targets=targets,
        units=units,
        discrete=[c for c in X_columns if c in separate or c in coded],
        groups=groups or None,
        source=source,
        licence=licence,
        notes=notes,
    )


def split_columns(
    frame: pd.DataFrame, who: str, target: ColumnNames, features: ColumnNames | None
) -> tuple[list[str], list[str]]:
    """Return the names of the inputs and of the targets.

    Raises
    ------
    InputError
        None, or the same column as both.
    UnknownNameError
        No such column; the message names the nearest.
    """
    targets = [] if target == () else _chosen(target, frame, who, "target")
    rest = [name for name in frame.columns if name not in targets]
    inputs = rest if features is None else _chosen(features, frame, who, "feature")
    both = sorted(set(inputs) & set(targets))
    if both:
        raise InputError(f"{who}: expected targets that are not features; got {both} as both")
    if not inputs:
        raise InputError(f"{who}: expected at least one feature; got the columns {targets} only")
    return inputs, targets


def finite_numbers(
    frame: pd.DataFrame, who: str, may_be_constant: set[str] | None = None
) -> Float[np.ndarray, "n k"]:
    """Return the columns as float64, all of them finite and none of them constant."""
    text = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    for name in text:
        _refuse_cells(frame[name], f"{who}, column {name!r}")
    if text:
        first = frame[text[0]].dropna().iloc[:1].tolist()
        raise InputError(
            f"{who}: expected columns of numbers; got {text} (for example {first}); encode them "
            f"as numbers, or choose others with features= and target="
        )
    values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(values)
    if bad.any():
        rows = np.flatnonzero(bad.any(axis=1))
        named = ", ".join(str(row + 1) for row in rows[:8]) + (", …" if len(rows) > 8 else "")
        columns = frame.columns[bad.any(axis=0)].tolist()
        raise InputError(
            f"{who}: expected a finite number in every cell; got gaps or infinities in {columns}, "
            f"rows {named} below the header ({len(rows)} of {len(values)}); drop or impute them"
        )
    flat = frame.columns[~differ(values)] if len(values) else frame.columns
    constant = [name for name in flat if name not in (may_be_constant or ())]
    if constant:
        raise InputError(
            f"{who}: expected columns that vary; got {constant}, each with one value only; "
            f"leave them out with features="
        )
    return values


def _chosen(names: ColumnNames, frame: pd.DataFrame, who: str, kind: str) -> list[str]:
    chosen = [names] if isinstance(names, str) else list(ordered(names, who, f"{kind} names"))
    if not chosen or len(set(chosen)) != len(chosen):
        raise InputError(f"{who}: expected one or more distinct {kind} names; got {chosen}")
    for name in chosen:
        if name not in frame.columns:
            raise UnknownNameError.of(who, f"{kind} column", name, frame.columns)
    return chosen


def _encoded(
    frame: pd.DataFrame, ordered: dict[str, Sequence[Any]], who: str
) -> tuple[pd.DataFrame, dict[str, list[str]], set[str]]:
    """Return columns of numbers, the groups of one-hot codes, and the ordered columns."""
    columns: dict[str, Any] = {}
    groups: dict[str, list[str]] = {}
    for name in frame.columns:
        values = frame[name]
        if name in ordered:
            place = {category: k + 1 for k, category in enumerate(ordered[name])}
            unknown = sorted({str(v) for v in values.dropna()} - {str(c) for c in place})
            if unknown:
                raise InputError(
                    f"{who}: expected {list(ordered[name])} in {name!r}; got {unknown}"
                )
            columns[name] = values.map(place).astype(float)
        elif pd.api.types.is_bool_dtype(values):
            columns[name] = values.astype(float)
        elif isinstance(values.dtype, pd.CategoricalDtype) or not (
            pd.api.types.is_numeric_dtype(values)
        ):
            categories = sorted(values.dropna().astype(str).unique())
            if values.isna().any() or not 2 <= len(categories) <= _MOST_CATEGORIES:
                _refuse_cells(values, f"{who}, column {name!r}")
                raise InputError(
                    f"{who}: expected numbers, or 2 to {_MOST_CATEGORIES} different texts and no "
                    f"gaps, in {name!r}; got {len(categories)} different texts and "
                    f"{int(values.isna().sum())} gaps; leave the column out with features=, or "
                    f"rows with gaps with drop_gaps=True"
                )
            groups[name] = [f"{name}={category}" for category in categories]
            for label, category in zip(groups[name], categories, strict=True):
                columns[label] = (values.astype(str) == category).astype(float)
        else:
            columns[name] = values
    return pd.DataFrame(columns, index=frame.index), groups, set(ordered)


def _refuse_cells(column: "pd.Series[Any]", who: str) -> None:
    """Raise an ``InputError`` that names the cell, for a column of numbers with some text in it."""
    text = said_of_text(column.tolist(), lambda row: f"row {row + 1} below the header")
    if text is not None and text.kind is not Kind.NAMES:
        raise InputError(f"{who}: expected numbers only; {text.sentence}")
