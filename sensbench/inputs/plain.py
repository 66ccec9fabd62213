"""A space as a study file says it: bounds, normal, values, probabilities."""

from typing import Any

from sensbench.inputs.marginal import Empirical, Marginal, Weighted
from sensbench.inputs.space import InputSpace


def inputs_of(space: InputSpace) -> dict[str, Any] | None:
    """Return the inputs as the problem ``space`` takes them; ``None`` where it has no words.

    It has none for dependent inputs, groups, and distributions of other families.
    """
    if not space.independent or space.groups:
        return None
    inputs = {}
    for name, marginal in zip(space.columns, space.marginals, strict=True):
        given = _marginal(marginal)
        if given is None:
            return None
        inputs[name] = given
    return inputs


def _marginal(marginal: Marginal) -> Any:
    if isinstance(marginal, Weighted):
        pairs = zip(marginal.values.tolist(), marginal.probabilities.tolist(), strict=True)
        return {"probabilities": {repr(value): share for value, share in pairs}}
    if isinstance(marginal, Empirical):
        return {"values": marginal.values.tolist()} if marginal.discrete else None
    family = getattr(getattr(marginal, "dist", None), "name", "")
    if family == "uniform":
        low, high = marginal.support()
        return [float(low), float(high)]
    if family == "norm":
        return {"normal": [float(marginal.mean()), float(marginal.std())]}
    return None
