"""Rows of data as a problem that waits for a model."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sensbench.errors import CorrelatedInputsWarning
from sensbench.problem import Data, Problem
from sensbench.space import Groups, InputSpace


def problem_of_rows(
    name: str,
    X: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n o"],
    *,
    features: Sequence[str],
    targets: Sequence[str],
    units: Mapping[str, str] | None = None,
    discrete: Sequence[str] = (),
    groups: Groups | None = None,
) -> Problem:
    """Return the problem of rows and targets, without a model.

    ``discrete`` and ``groups`` as for :meth:`InputSpace.from_data`.

    Strong correlations become a note instead of a warning: whoever loads a data set by name did
    not choose its columns just now, and a study shows the notes next to the numbers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        space = InputSpace.from_data(X, features, discrete=discrete, groups=groups)
    note = space.dependence_note()
    if units:
        space = space.with_units(units)
    return Problem(
        name=name,
        space=space,
        data=Data(X, y),
        targets=tuple(targets),
        notes=(note,) if note else (),
    )
