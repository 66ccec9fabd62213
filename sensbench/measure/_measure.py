"""Measure: what a number means: its definition, unit, estimand and source."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import comb
from types import MappingProxyType
from typing import Literal, get_args

from sensbench.errors import InputError, UnknownNameError

Axis = Literal["feature", "pair", "output", "direction", "set", "aggregate"]


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
    family
        What kind of question it answers: ``"derivative"``, ``"variance"``, ``"screening"``,
        ``"permutation"``, ``"distance"`` … Rules that hold for a kind of measure ask for this.
    axis
        What one value belongs to: a ``"feature"``, a ``"pair"`` of features, the ``"output"`` as a
        whole, a ``"direction"`` in the space of the inputs, a ``"set"`` of features; or a feature
        and all outputs together, their ``"aggregate"``.
    variance_power
        ``|value| ** variance_power`` is on the scale of the total-order index: for a linear
        model with independent inputs it *is* the share of variance. 0: no such scale; shares are
        then of the value as it is.
    signed
        Whether the sign carries a meaning.
    total_order
        What it tells of the total-order index, which is 0 for an input without effect only: it is
        an ``"estimate"`` of it, an upper ``"bound"`` or a ``"lower bound"``; empty: none of these.
    floor
        Name of the measure that says what an input without effect scores by chance, where there
        is one: values up to it are not ranked.
    """

    name: str
    symbol: str
    definition: str
    unit: str
    estimand: str
    source: str
    family: str
    axis: Axis = "feature"
    variance_power: int = 0
    signed: bool = False
    total_order: Literal["", "estimate", "bound", "lower bound"] = ""
    floor: str = ""

    def __post_init__(self) -> None:
        if self.axis not in get_args(Axis):
            raise InputError(
                f"measure {self.name!r}: expected an axis of {', '.join(get_args(Axis))}; got "
                f"{self.axis!r}"
            )
        if not self.family:
            raise InputError(
                f"measure {self.name!r}: expected a family, such as 'variance' or 'derivative'; "
                f"got none"
            )

    @property
    def output_power(self) -> int:
        """Which power of the output's scale the values grow with: 2 for "({y}/{x})²"."""
        return self.unit.count("{y}") * (2 if "²" in self.unit else 1)

    def shape(self, o: int, d: int, directions: int = 0) -> tuple[int, ...]:
        """Return the shape of its values for ``o`` outputs and ``d`` features.

        ``directions``: how many directions, or sets of features, there are; 0: every three.
        """
        shapes = {
            "feature": (o, d),
            "pair": (o, d, d),
            "output": (o,),
            "direction": (o, directions),
            "set": (o, directions or comb(d, 3)),
            "aggregate": (d,),
        }
        return shapes[self.axis]


_registered: dict[str, Measure] = {}
MEASURES: Mapping[str, Measure] = MappingProxyType(_registered)


def define(measure: Measure) -> Measure:
    """Register a measure, for estimators that compute something new.

    Raises
    ------
    InputError
        Another measure of that name is there already.
    """
    existing = _registered.setdefault(measure.name, measure)
    if existing != measure:
        raise InputError(
            f"define: expected one meaning of {measure.name!r}; got two that differ in "
            f"{_differences(existing, measure)}; choose another name for the new one"
        )
    return measure


def _differences(existing: Measure, new: Measure) -> str:
    """Return both meanings, field by field where they differ."""
    before, after = asdict(existing), asdict(new)
    return "; ".join(
        f"{field}: {before[field]!r} (known) and {after[field]!r} (new)"
        for field in before
        if before[field] != after[field]
    )


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
