"""Packages that only some methods need, by the extras that bring them."""

import importlib
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from sensbench.errors import NotInstalled

# As in pyproject.toml: the packages of an extra, by the names they are imported by.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "attribution": ("captum",),
    "conditional": ("hidimstat",),
    "shap": ("shap",),
    "surrogate": ("openturns",),
    "vine": ("pyvinecopulib",),
}


def missing(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed; imports nothing."""
    return [package for package in EXTRAS[extra] if find_spec(package) is None]


def provider(extra: str) -> str:
    """Return the package that an extra is for."""
    return EXTRAS[extra][0]


def to_install(extra: str) -> str:
    """Return the command that brings an extra."""
    return f"pip install {' '.join(EXTRAS[extra])}"


def require_extra(extra: str, who: str) -> None:
    """Raise where a package of the extra is not installed.

    Raises
    ------
    NotInstalled
        With the command that installs it.
    """
    absent = missing(extra)
    if absent:
        raise NotInstalled(
            f"{who}: expected the package {', '.join(absent)} (the extra {extra!r}); it is not "
            f"installed; {to_install(extra)}, or leave {who} out"
        )


def imported(module: str, extra: str, who: str) -> Any:
    """Return a module of an extra's package.

    Raises
    ------
    NotInstalled
        As in :func:`require_extra`, or the package that is there cannot be imported.
    """
    require_extra(extra, who)
    try:
        with warnings.catch_warnings():  # of what a package does when it is imported: its authors'
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return importlib.import_module(module)
    except ImportError as error:
        raise NotInstalled(
            f"{who}: expected {module} (the extra {extra!r}) to be imported; got {error}; "
            f"mend it: {to_install(extra)}, or leave {who} out"
        ) from error
