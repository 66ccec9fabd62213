"""What rows of data say of the inputs: marginals, groups, and how the columns move together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float
from scipy import special

from sensbench.errors import InputError, TooFewRows, UnknownNameError, require
from sensbench.inputs.correlation import Pair, strong_pairs
from sensbench.inputs.correlation_matrix import SMALLEST_EIGENVALUE
from sensbench.inputs.dependence import Dependence, Independent
from sensbench.inputs.gaussian_copula import GaussianCopula
from sensbench.inputs.group import Group, groups_of
from sensbench.inputs.joint_rows import JointRows
from sensbench.inputs.marginal import Empirical
from sensbench.inputs.names import default_names, unordered
from sensbench.inputs.rows import columns_of
from sensbench.inputs.unit_cube import mid_ranks

Fitted = Literal["independent", "gaussian", "vine", "rows"]
WHO = "InputSpace.from_data"
# A value that so many rows share has a probability, and no density: a copula fitted to ranks
# would have to split it.
MOST_TIED = 0.05
_ROWS_PER_INPUT = 5
_LEAST_ROWS = 20


@dataclass(frozen=True)
class FromRows:
    """The parts of a space, from rows."""

    columns: tuple[str, ...]
    marginals: tuple[Empirical, ...]
    groups: tuple[Group, ...]
    dependence: Dependence
    rows: Float[np.ndarray, "n d"]

    def correlated(self, features: Sequence[str]) -> tuple[Pair, ...]:
        """Return strongly correlated columns of different features that draws will not keep."""
        independent = self.dependence.independent
        return strong_pairs(self.rows, self.columns, features) if independent else ()


def read(
    array: Float[np.ndarray, "n d"],
    own_names: tuple[str, ...] | None,
    by_dtype: tuple[str, ...],
    discrete: Any,
    groups: Mapping[Any, Any] | None,
    dependence: str,
) -> FromRows:
    """Return the parts of a space; see :meth:`InputSpace.from_rows`."""
    kinds = get_args(Fitted)
    require(dependence in kinds, WHO, f"dependence one of {', '.join(kinds)}", dependence)
    if len(array) < 2:
        raise InputError(f"{WHO}: expected at least two rows; got {len(array)}")
    columns = own_names or default_names(array.shape[1])
    if discrete is None:
        separate = by_dtype
    else:
        separate = unordered(discrete)
        for name in separate:
            if name not in columns:
                raise UnknownNameError.of(f"{WHO}: discrete", "column", name, columns)
    marginals = tuple(
        Empirical(column, discrete=name in separate)
        for name, column in zip(columns, columns_of(array), strict=True)
    )
    together = groups_of(groups, columns, array, WHO)
    law: Dependence = Independent()
    if dependence == "rows":
        law = _rows(array, columns, together)
    elif dependence != "independent":
        law = _copula(array, columns, marginals, together, dependence)
    return FromRows(columns, marginals, together, law, array)


def ranks(array: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """Return rows by the middle ranks of their columns."""
    return np.column_stack([mid_ranks(column, column) for column in array.T])


def _rows(
    array: Float[np.ndarray, "n d"], columns: Sequence[str], groups: Sequence[Group]
) -> JointRows:
    u = ranks(array)
    for group in groups:
        if group.rows is None:
            continue
        # whole rows of a group are chosen by one number, their place in the group's own order
        at = [columns.index(column) for column in group.columns]
        place = np.unique(array[:, at], axis=0, return_inverse=True)[1].ravel().astype(np.float64)
        u[:, at[0]] = mid_ranks(place, place)
    return JointRows(u)


def _copula(
    array: Float[np.ndarray, "n d"],
    columns: Sequence[str],
    marginals: Sequence[Empirical],
    groups: Sequence[Group],
    kind: str,
) -> Dependence:
    n, d = array.shape
    todo = "ask for dependence='rows', which takes rows as they are"
    if groups:
        raise InputError(
            f"{WHO}: expected no groups with dependence={kind!r}, whose columns a copula would "
            f"tear apart; got {[group.name for group in groups]}; {todo}"
        )
    for name, marginal in zip(columns, marginals, strict=True):
        if not marginal.varies:
            raise InputError(
                f"{WHO}: expected columns that vary with dependence={kind!r}; got {name!r}, which "
                f"is constant; leave it out"
            )
        tied = float(np.unique(marginal.values, return_counts=True)[1].max()) / n
        if marginal.discrete or (tied > MOST_TIED and n >= _LEAST_ROWS):
            why = "takes separate values" if marginal.discrete else f"has one in {tied:.0%} of rows"
            raise InputError(
                f"{WHO}: expected continuous columns with dependence={kind!r}; got {name!r}, "
                f"which {why}; {todo}"
            )
    least = max(_LEAST_ROWS, _ROWS_PER_INPUT * d)
    if n < least:
        raise TooFewRows(
            f"{WHO}: expected at least {least} rows to fit dependence={kind!r} of {d} inputs; "
            f"got {n}"
        )
    if d == 1:
        return Independent()
    u = ranks(array)
    gaussian = fitted_gaussian(u, columns)
    if kind == "gaussian":
        return gaussian
    from sensbench.inputs.vine_copula import fitted_vine  # an extra, which few ask for

    return fitted_vine(u, gaussian)


def fitted_gaussian(u: Float[np.ndarray, "n d"], columns: Sequence[str]) -> GaussianCopula:
    """Return the Gaussian copula with the correlations of the rows' normal scores.

    Source: Klaassen & Wellner 1997, doi:10.2307/3318652 (efficient for the correlation).
    """
    correlation = np.corrcoef(special.ndtri(u), rowvar=False)
    values, vectors = np.linalg.eigh(correlation)
    if values[0] <= SMALLEST_EIGENVALUE * 100:
        named = [columns[i] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1).tolist()]
        raise InputError(
            f"{WHO}: expected columns none of which the others determine; got {named}, whose "
            f"ranks do (smallest eigenvalue {values[0]:.2g}); keep one of them, or ask for "
            f"dependence='rows'"
        )
    return GaussianCopula(correlation, f"fitted to {len(u)} rows")
