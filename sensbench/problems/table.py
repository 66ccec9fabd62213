from pathlib import Path

import pandas as pd

from sensbench.errors import InputError
from sensbench.names import unordered
from sensbench.problem import Problem
from sensbench.problems._frames import Names, finite_numbers, split_columns
from sensbench.problems._rows import problem_of_rows
from sensbench.rows import discrete_columns
from sensbench.space import Groups

_PARQUET = {".parquet", ".pq"}


def table(
    path: str | Path,
    target: Names,
    features: Names | None = None,
    sep: str = ",",
    discrete: Names | None = None,
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
    inputs, targets = split_columns(frame, who, target, features)
    values = finite_numbers(frame[[*inputs, *targets]], who)
    separate = discrete_columns(frame[inputs]) if discrete is None else unordered(discrete)
    return problem_of_rows(
        file.stem,
        values[:, : len(inputs)],
        values[:, len(inputs) :],
        features=inputs,
        targets=targets,
        discrete=separate,
        groups=groups,
        source=f"the file {file.name}",
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
