import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

from sensbench.errors import InputError, TableWarning, require
from sensbench.inputs.names import unordered
from sensbench.inputs.rows import discrete_columns
from sensbench.inputs.space import Groups
from sensbench.problem.problem import Problem
from sensbench.problems._frames import ColumnNames, finite_numbers, split_columns
from sensbench.problems._rows import problem_of_rows
from sensbench.tables.cells import require_numbers
from sensbench.tables.reading import Reading
from sensbench.tables.table_file import read_table

_log = logging.getLogger(__name__)


def table(
    path: str | Path,
    target: ColumnNames | None = None,
    features: ColumnNames | None = None,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    index: str | None = None,
    na: str | Sequence[str] = (),
    drop_missing: bool = False,
    discrete: ColumnNames | None = None,
    groups: Groups | None = None,
    dependence: str = "independent",
) -> Problem:
    """Columns of a CSV or Parquet file with a header (data, no model).

    Separator, decimal mark and encoding are found out and, where they are not the usual ones,
    told in the problem's notes.

    Parameters
    ----------
    path
        The file; ``.parquet`` and ``.pq`` are read as Parquet, all else as text.
    target
        Name of the target column, or a list of names; by default none, for a model of one's own
        that is explained on the rows.
    features
        ColumnNames of the inputs; by default all columns that are not targets.
    sep, decimal, encoding
        What separates the columns of a text file (a character, ``tab`` or ``space``), its decimal
        mark and its encoding.
    index
        The column to leave out as an index; ``none``: not even a first column without a name,
        which is left out as one otherwise.
    na
        Text, or a list of texts, that stands for a missing value (besides NA, NaN and nothing).
    drop_missing
        Leave out the rows without a value in a chosen column.
    discrete
        ColumnNames of the inputs that take separate values only; by default the columns of whole
        numbers and of true and false. ``[]``: none, gradients by all of them mean something.
    groups
        Feature name to the columns that it consists of, such as a one-hot code.
    dependence
        How draws of the inputs move together: ``independent`` of each other, by a ``gaussian``
        copula or a ``vine`` fitted to the rows, or as the ``rows`` themselves.

    Raises
    ------
    InputError
        The file is missing, unreadable or can be read in two ways; a column holds text, gaps or
        one value only.
    UnknownNameError
        No such column; the message names the nearest.
    """
    file = Path(path)
    who = f"table {file.name!r}"
    require(isinstance(drop_missing, bool), who, "drop_missing as true or false", drop_missing)
    marks = (na,) if isinstance(na, str) or not isinstance(na, Sequence) else tuple(na)
    for name, given in (("sep", sep), ("decimal", decimal), ("encoding", encoding),
                        ("index", index), *(("na", mark) for mark in marks)):  # fmt: skip
        if given is not None and not isinstance(given, str):
            raise InputError(f"{who}: expected {name} as text; got {given!r}; put it in quotes")
    read = read_table(file, who, Reading(sep, decimal, encoding, index, marks, option="{}="))
    inputs, targets = split_columns(read.frame, who, () if target is None else target, features)
    if features is None:
        for sentence in read.index_warnings(inputs):
            warnings.warn(sentence, TableWarning, stacklevel=2)
    if drop_missing:
        read = read.without_missing([*inputs, *targets])
        require(len(read.frame) >= 2, who, "two rows without missing values", len(read.frame))
    for sentence in read.said:
        _log.info(sentence)
    require_numbers(read, [*inputs, *targets], who)
    values = finite_numbers(read.frame[[*inputs, *targets]], who)
    if discrete is None:
        discrete = discrete_columns(read.frame[inputs])
    return problem_of_rows(
        file.stem,
        values[:, : len(inputs)],
        values[:, len(inputs) :] if targets else None,
        features=inputs,
        targets=targets,
        discrete=unordered(discrete),
        groups=groups,
        dependence=dependence,
        source=f"the file {file.name}",
        notes=read.said,
    )
