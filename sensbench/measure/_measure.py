"""Measure: what a number means: its definition, unit, estimand and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sensbench.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class Measure:
    """The meaning of one kind of sensitivity number.

    Attributes
    ----------
    name
        The quantity in the field's words; the key in every table.
    symbol
        Short label for axes and table heads; ``$…$`` is mathematics.
    definition
        One sentence that says what is computed and how to read it.
    unit
        ``{y}`` and ``{x}`` stand for the units of output and input; empty: dimensionless.
    estimand
        The population quantity, as a formula. Estimates converge to it.
    source
        Citation with DOI.
    variance_power
        ``|value| ** variance_power`` is on the scale of the total-order index: for a linear
        model with independent inputs it *is* the share of variance. 0: no such scale; shares are
        then of the value as it is.
    signed
        Whether the sign carries a meaning.
    pairwise
        Whether a value belongs to two inputs.
    whole
        Whether a value belongs to the output, whatever the inputs.
    """

    name: str
    symbol: str
    definition: str
    unit: str
    estimand: str
    source: str
    variance_power: int = 0
    signed: bool = False
    pairwise: bool = False
    whole: bool = False

    def shape(self, o: int, d: int) -> tuple[int, ...]:
        """Return the shape of its values for ``o`` outputs and ``d`` features."""
        return (o,) if self.whole else (o, d, d) if self.pairwise else (o, d)


_registered: dict[str, Measure] = {}
MEASURES: Mapping[str, Measure] = MappingProxyType(_registered)


def define(measure: Measure) -> Measure:
    """Register a measure, for estimators that compute something new.

    Raises
    ------
    InputError
        Another measure of that name is there already.
    """
    if _registered.setdefault(measure.name, measure) != measure:
        raise InputError(
            f"define: expected a new measure; {measure.name!r} is defined already as "
            f"{_registered[measure.name].definition!r}; choose another name"
        )
    return measure


def measure(name: str) -> Measure:
    """Return the measure of that name.

    Raises
    ------
    UnknownNameError
        No such measure; the message names the nearest.
    """
    if name not in _registered:
        raise UnknownNameError.of("measure", "measure", name, _registered)
    return _registered[name]
