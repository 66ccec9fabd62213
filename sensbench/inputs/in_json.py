"""A space of independent inputs as plain data, and back to the bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy

from sensbench.errors import InputError
from sensbench.inputs.marginal import Empirical, Marginal, Weighted, family_of
from sensbench.inputs.space import InputSpace


def space_to_json(space: InputSpace) -> dict[str, Any] | None:
    """Return data that :func:`space_from_json` reads; ``None`` where it has no words.

    It has none for dependent inputs, groups, and distributions that scipy.stats does not name.
    """
    if not space.independent or space.groups:
        return None
    written = {}
    for name, marginal in zip(space.columns, space.marginals, strict=True):
        given = _to_json(marginal)
        if given is None:
            return None
        written[name] = given
    return written


def space_from_json(content: Any, who: str) -> InputSpace:
    """Return the space that :func:`space_to_json` described.

    Raises
    ------
    InputError
        Something else.
    """
    if not isinstance(content, Mapping) or not content:
        raise InputError(f"{who}: expected inputs with their distributions; got {content!r:.100}")
    try:
        marginals = tuple(_from_json(given) for given in content.values())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{who}: expected distributions as a design's file has them; {error}"
        ) from error
    return InputSpace(tuple(content), marginals)


def _to_json(marginal: Marginal) -> dict[str, Any] | None:
    if isinstance(marginal, Weighted):
        return {
            "values": marginal.values.tolist(),
            "probabilities": marginal.probabilities.tolist(),
        }
    if isinstance(marginal, Empirical):
        return {"values": marginal.values.tolist(), "discrete": bool(marginal.discrete)}
    family = family_of(marginal)
    if not family:
        return None
    frozen: Any = marginal
    args = [float(value) for value in frozen.args]
    return {"family": family, "args": args, "kwds": {k: float(v) for k, v in frozen.kwds.items()}}


def _from_json(given: Mapping[str, Any]) -> Marginal:
    if "probabilities" in given:
        return Weighted(np.array(given["values"]), np.array(given["probabilities"]))
    if "values" in given:
        return Empirical(np.array(given["values"], dtype=float), discrete=given["discrete"])
    family = getattr(scipy.stats, given["family"])
    if not isinstance(family, scipy.stats.rv_continuous | scipy.stats.rv_discrete):
        raise ValueError(f"{given['family']!r} is no distribution of scipy.stats")
    marginal: Marginal = family(*given["args"], **given["kwds"])
    return marginal
