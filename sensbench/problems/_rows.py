"""Rows of data as a problem that waits for a model."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from sensbench.errors import CorrelatedInputsWarning
from sensbench.inputs.goodness import law_fit, note_of_fit
from sensbench.inputs.space import Groups, InputSpace
from sensbench.problem.problem import Data, Problem


def problem_of_rows(
    name: str,
    X: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n o"] | None,
    *,
    features: Sequence[str],
    targets: Sequence[str],
    units: Mapping[str, str] | None = None,
    discrete: Sequence[str] = (),
    groups: Groups | None = None,
    dependence: str = "independent",
    source: str = "",
    licence: str = "",
    notes: Sequence[str] = (),
) -> Problem:
    """Return the problem of rows and targets, without a model.

    ``discrete``, ``groups`` and ``dependence`` as for :meth:`InputSpace.from_data`; ``units`` of
    features and of targets.

    Strong correlations become a note instead of a warning: whoever loads a data set by name did
    not choose its columns just now, and a study shows the notes next to the numbers. So does a law
    that does not fit.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CorrelatedInputsWarning)
        space = InputSpace.from_data(
            X, features, discrete=discrete, groups=groups, dependence=dependence
        )
    note = space.dependence_note()
    if dependence in ("gaussian", "vine"):
        note = note_of_fit(law_fit(space, X))
    units = dict(units or {})
    output_units = tuple(units.pop(target, "") for target in targets)
    if units:
        space = space.with_units(units)
    return Problem(
        name=name,
        space=space,
        data=Data(X, y),
        targets=tuple(targets),
        output_units=output_units if any(output_units) else (),
        notes=(*notes, note) if note else tuple(notes),
        source=source,
        licence=licence,
    )
