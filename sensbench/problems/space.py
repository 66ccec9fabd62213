"""Inputs by their distributions alone, for a model of the user's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import scipy.stats

from sensbench.errors import InputError
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._correlations import Correlation, correlations

_EXPECTED = (
    "[low, high], {normal: [mean, std]}, {uniform: [low, high]}, {values: [...]} or "
    "{probabilities: {value: probability}}"
)


def space(
    inputs: Mapping[str, Any],
    units: Mapping[str, str] | None = None,
    correlation: Correlation = None,
    correlation_of: str = "values",
) -> Problem:
    """Inputs by their distributions, for a model from a file (no model, no rows).

    Parameters
    ----------
    inputs
        Input name to its distribution: ``[low, high]`` or ``{uniform: [low, high]}``,
        ``{normal: [mean, std]}``, ``{values: [1, 2, 5]}`` (each equally likely) or
        ``{probabilities: {0: 0.9, 1: 0.1}}``.
    units
        Input name to its unit.
    correlation
        Of the inputs, joined by a Gaussian copula: one number for every pair, a matrix, or
        ``{"x1, x2": 0.9}``; independent by default.
    correlation_of
        ``values`` or ``ranks``.

    Raises
    ------
    InputError
        Something else; the message says what can be written.
    """
    if not isinstance(inputs, Mapping) or not inputs:
        raise InputError(
            f"space: expected inputs such as {{x1: [0, 1], x2: {{normal: [0, 2]}}}}; got {inputs!r}"
        )
    written = {str(name): _written(str(name), given) for name, given in inputs.items()}
    law = correlations("space", correlation, list(written))
    made = InputSpace.of(written, correlation=law, correlation_of=correlation_of)
    return Problem("space", made.with_units(units) if units else made, targets=("y",))


def _written(name: str, given: Any) -> Any:
    """Return one input as :meth:`InputSpace.of` takes it; a pair in a list is two bounds here."""
    if isinstance(given, Mapping) and len(given) == 1:
        ((law, parameters),) = given.items()
        if law == "normal" and _is_pair(parameters):
            if not parameters[1] > 0:
                raise _refused(name, given)
            return scipy.stats.norm(float(parameters[0]), float(parameters[1]))
        if law == "uniform" and _is_pair(parameters):
            return tuple(parameters)
        if law == "values" and isinstance(parameters, Sequence) and not isinstance(parameters, str):
            return list(parameters)
        if law == "probabilities" and isinstance(parameters, Mapping):
            try:  # the keys of a study file are text
                return {float(value): share for value, share in parameters.items()}
            except ValueError as error:
                raise _refused(name, given) from error
    elif _is_pair(given):
        return tuple(given)
    raise _refused(name, given)


def _is_pair(given: Any) -> bool:
    return (
        isinstance(given, list | tuple)
        and len(given) == 2
        and all(isinstance(end, int | float) and not isinstance(end, bool) for end in given)
    )


def _refused(name: str, given: Any) -> InputError:
    return InputError(f"space: expected {_EXPECTED} for {name!r}; got {given!r}")
