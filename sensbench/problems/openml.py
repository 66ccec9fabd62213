from sklearn.datasets import fetch_openml

from sensbench.errors import require
from sensbench.problem.problem import Problem
from sensbench.problems._fetched import fetched
from sensbench.problems._frames import ColumnNames, problem_of_frame


def openml(
    dataset: str | None = None,
    version: int | str = "active",
    data_id: int | None = None,
    target: ColumnNames | None = None,
    features: ColumnNames | None = None,
    discrete: ColumnNames | None = None,
    rows: int | None = None,
    drop_gaps: bool = False,
) -> Problem:
    """Any table of openml.org, by number or by name and version (data; fetched once).

    By scikit-learn, which keeps the files: only the first time needs a network. Columns of text
    and categories become one-hot codes, each one feature. Source and licence are those that
    OpenML states.

    Vanschoren et al. 2014, doi:10.1145/2641190.2641198.

    Parameters
    ----------
    dataset, version
        Name and version, for example ``dataset="cpu", version=1``; without a version the one that
        is active now, which may be another one tomorrow.
    data_id
        OpenML's number of the data set, instead of name and version.
    target
        Name of the target column, or a list; by default the one that OpenML states.
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
        Neither or both of name and number; the files are not there and cannot be fetched; gaps.
    UnknownNameError
        No such column.
    """
    given = {"dataset": dataset, "data_id": data_id}
    one = (dataset is None) != (data_id is None)
    require(one, "openml", "either dataset= (a name) or data_id= (a number)", given)
    named = dataset if data_id is None else data_id
    who = f"openml {named!r}"
    query = {"name": dataset, "version": version} if data_id is None else {"data_id": data_id}
    table = fetched(fetch_openml, who, parser="auto", **query)
    details = table.details
    label = str(details.get("name", named))
    source = f"openml.org, {label} version {details.get('version', version)}"
    number = details.get("id")
    credit = details.get("citation") or details.get("creator") or ""
    credit = ", ".join(credit) if isinstance(credit, list) else str(credit)
    return problem_of_frame(
        label,
        table.frame,
        who,
        target=target if target is not None else list(table.target_names),
        features=features,
        discrete=discrete,
        rows=rows,
        drop_gaps=drop_gaps,
        source=source
        + (f" (data_id {number})" if number else "")
        + (f"; {credit}" if credit else ""),
        licence=str(details.get("licence") or "none stated"),
    )
