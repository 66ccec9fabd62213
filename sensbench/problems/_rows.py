"""Rows of data as a problem that waits for a model."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from sensbench.errors import CorrelatedInputsWarning
from sensbench.problem import Data, Problem
from sensbench.space import InputSpace


def problem_of_rows(
    name: str,
    X: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n o"],
    *,
    features: Sequence[str],
    targets: Sequence[str],
    units: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Problem:
    """Return the problem of rows and targets, without a model.

    Strong correlations become a note instead of a warning: whoever loads a data set by name did
    not choose its columns just now, and a study shows the notes next to the numbers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        space = InputSpace.from_data(X, features)
    if units:
        space = replace(space, units=tuple(units.get(feature, "") for feature in features))
    return Problem(
        name=name,
        space=space,
        data=Data(X, y),
        targets=tuple(targets),
        notes=(*notes, *_correlation_note(space)),
    )


def _correlation_note(space: InputSpace) -> tuple[str, ...]:
    if not space.correlated:
        return ()
    named = ", ".join(f"{a} and {b} (r = {r:.2f})" for a, b, r in space.correlated[:5])
    more = f" and {len(space.correlated) - 5} more pairs" if len(space.correlated) > 5 else ""
    return (
        f"strongly correlated inputs: {named}{more}; methods that vary one input alone visit "
        f"combinations that the data do not hold, and share importance between such inputs "
        f"differently",
    )
