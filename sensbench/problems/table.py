from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.errors import InputError, UnknownNameError
from sensbench.problem import Problem
from sensbench.problems._rows import problem_of_rows
from sensbench.rows import discrete_columns
from sensbench.space import Groups

_PARQUET = {".parquet", ".pq"}
_Names = str | Sequence[str]


def table(
    path: str | Path,
    target: _Names,
    features: _Names | None = None,
    sep: str = ",",
    discrete: _Names | None = None,
    groups: Groups | None = None,
) -> Problem:
    """Columns of a CSV or Parquet file with a header (data, no model).

    Parameters
    ----------
    path
        The file; ``.parquet`` and ``.pq`` are read as Parquet, all else as text.
    target
        Name of the target column, or a list of names.
    features
        Names of the inputs; by default all columns that are not targets.
    sep
        What separates the columns of a text file.
    discrete
        Names of the inputs that take separate values only; by default the columns of whole
        numbers and of true and false. ``[]``: none, gradients by all of them mean something.
    groups
        Feature name to the columns that it consists of, such as a one-hot code.

    Raises
    ------
    InputError
        The file is missing or unreadable; a column holds text, gaps or one value only.
    UnknownNameError
        No such column; the message names the nearest.
    """
    file = Path(path)
    who = f"table {file.name!r}"
    frame = read_frame(file, who, sep)
    targets = _chosen(target, frame, who, "target")
    rest = [name for name in frame.columns if name not in targets]
    inputs = rest if features is None else _chosen(features, frame, who, "feature")
    both = sorted(set(inputs) & set(targets))
    if both:
        raise InputError(f"{who}: expected targets that are not features; got {both} as both")
    if not inputs:
        raise InputError(f"{who}: expected at least one feature; got the columns {targets} only")
    values = _numbers(frame[[*inputs, *targets]], who)
    if discrete is None:
        discrete = discrete_columns(frame[inputs])
    return problem_of_rows(
        file.stem,
        values[:, : len(inputs)],
        values[:, len(inputs) :],
        features=inputs,
        targets=targets,
        discrete=[discrete] if isinstance(discrete, str) else discrete,
        groups=groups,
    )


def read_frame(file: Path, who: str, sep: str = ",") -> pd.DataFrame:
    """Return the rows of a CSV or Parquet file with a header.

    Raises
    ------
    InputError
        The file is missing, unreadable or has fewer than two rows.
    """
    if not file.is_file():
        raise InputError(
            f"{who}: expected a CSV or Parquet file; got {str(file)!r}, which is not there "
            f"(in full: {str(file.absolute())!r})"
        )
    try:
        is_parquet = file.suffix.lower() in _PARQUET
        # index_col=False: one comma too many in each row must not make the first column an index
        frame = pd.read_parquet(file) if is_parquet else pd.read_csv(file, sep=sep, index_col=False)
    except Exception as error:  # pandas, pyarrow and codecs each raise kinds of their own
        raise InputError(
            f"{who}: expected a CSV or Parquet file with a header; reading it raised "
            f"{type(error).__name__}: {error}; for another separator pass sep="
        ) from error
    frame.columns = [str(name).strip() for name in frame.columns]
    if len(frame.columns) == 1 and ";" in frame.columns[0] and sep == ",":
        raise InputError(
            f"{who}: expected columns separated by commas; got {frame.columns[0]!r}; pass sep=';'"
        )
    if len(frame) < 2:
        raise InputError(f"{who}: expected at least two rows below the header; got {len(frame)}")
    return frame


def _chosen(names: _Names, frame: pd.DataFrame, who: str, kind: str) -> list[str]:
    chosen = [names] if isinstance(names, str) else [str(name) for name in names]
    if not chosen or len(set(chosen)) != len(chosen):
        raise InputError(f"{who}: expected one or more distinct {kind} names; got {chosen}")
    for name in chosen:
        if name not in frame.columns:
            raise UnknownNameError.of(who, f"{kind} column", name, frame.columns)
    return chosen


def _numbers(frame: pd.DataFrame, who: str) -> Float[np.ndarray, "n k"]:
    """Return the columns as float64, all of them finite and none of them constant."""
    text = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
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
    constant = frame.columns[np.ptp(values, axis=0) == 0].tolist()
    if constant:
        raise InputError(
            f"{who}: expected columns that vary; got {constant}, each with one value only; "
            f"leave them out with features="
        )
    return values
