"""The estimands between two methods, and what each step from one to the next is due to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sensbench.errors import NotApplicable


class StepCause(StrEnum):
    """What a step between two neighbouring estimands is due to."""

    SIGNS_CANCEL = "signs cancel"
    """Slopes of both signs: their mean is less than their mean size."""
    UNEVEN_SLOPES = "uneven slopes"
    """Effects of different size: their mean square is more than their squared mean."""
    DEPENDENCE = "dependence"
    """The other inputs are those of the rows, or independent ones."""
    WHERE = "where the steep places lie"
    """Where along the input the model is looked at."""
    STEEP_NARROW = "steep and narrow"
    """Steep places are narrow: squared slopes count them more than the way up or down does."""
    JUMPS = "jumps"
    """The output changes where its derivative does not say so."""
    RISES_AND_FALLS = "rises and falls along a line"
    """The way up and down is longer than what is left of it at the end."""
    INTERACTIONS = "interactions"
    """The effect of a change depends on the other inputs."""
    OFF_ROWS = "off the data's rows"
    """One looks at combinations of values that the rows do not hold, the other does not."""
    MODEL_ERROR = "model error"
    """The rise of the error against targets is not that against the model's own output."""
    GRID = "a grid"
    """Steps from level to level of a grid are not like changes between any two values."""
    HARMONICS = "harmonics"
    """Effects that change too often along the input for its first harmonics."""
    SAMPLING = "sampling"
    """What a method published is not quite what the account finds for the same estimand."""


class Level(StrEnum):
    """An estimand on the scale of variance: for a linear model all are β²σ²."""

    MEAN = "squared mean slope"
    SIZE = "squared mean absolute slope"
    SQUARE = "mean squared slope"
    PRODUCT = "mean squared slope, other inputs independent"
    WAY = "mean squared slope on the way"
    LENGTH = "squared length of the way"
    TOTAL = "total order"
    FIRST = "first order"
    ON_ROWS = "permutation"
    ON_TARGETS = "permutation against targets"
    NEIGHBOURS = "first order on the rows"
    SPECTRUM = "first harmonics"
    PAIRS = "squared mean absolute change"
    ON_GRID = "squared mean absolute step"


@dataclass(frozen=True)
class Edge:
    """Two estimands that differ in one thing."""

    start: Level
    end: Level
    cause: StepCause


# A tree: between any two estimands there is one way.
_EDGES = (
    Edge(Level.MEAN, Level.SIZE, StepCause.SIGNS_CANCEL),
    Edge(Level.SIZE, Level.SQUARE, StepCause.UNEVEN_SLOPES),
    Edge(Level.SQUARE, Level.PRODUCT, StepCause.DEPENDENCE),
    Edge(Level.PRODUCT, Level.WAY, StepCause.WHERE),
    Edge(Level.WAY, Level.LENGTH, StepCause.STEEP_NARROW),
    Edge(Level.LENGTH, Level.TOTAL, StepCause.RISES_AND_FALLS),
    Edge(Level.TOTAL, Level.FIRST, StepCause.INTERACTIONS),
    Edge(Level.TOTAL, Level.ON_ROWS, StepCause.DEPENDENCE),
    Edge(Level.ON_ROWS, Level.ON_TARGETS, StepCause.MODEL_ERROR),
    Edge(Level.FIRST, Level.NEIGHBOURS, StepCause.OFF_ROWS),
    Edge(Level.NEIGHBOURS, Level.SPECTRUM, StepCause.HARMONICS),
    Edge(Level.TOTAL, Level.PAIRS, StepCause.UNEVEN_SLOPES),
    Edge(Level.PAIRS, Level.ON_GRID, StepCause.GRID),
)
# Where the rows are draws of independent inputs, these are the same estimand.
_SAME_IF_INDEPENDENT = {
    Level.PRODUCT: Level.SQUARE,
    Level.ON_ROWS: Level.TOTAL,
    Level.NEIGHBOURS: Level.FIRST,
}
OF_SLOPES = frozenset({Level.MEAN, Level.SIZE, Level.SQUARE, Level.PRODUCT})
OF_WAYS = frozenset({Level.WAY, Level.LENGTH})
ALONG = OF_SLOPES | OF_WAYS
_OF_ROWS = frozenset(
    {
        Level.MEAN, Level.SIZE, Level.SQUARE, Level.ON_ROWS, Level.ON_TARGETS, Level.NEIGHBOURS,
        Level.SPECTRUM,
    }
)  # fmt: skip
OF_STEPS = frozenset({Level.PAIRS, Level.ON_GRID})

# Estimator and measure to what it estimates.
_LEVELS = {
    ("gradient", "derivative_mean_standardised"): Level.MEAN,
    ("gradient", "derivative_abs_standardised"): Level.SIZE,
    ("gradient", "derivative_rms_standardised"): Level.SQUARE,
    ("sobol", "total_order"): Level.TOTAL,
    ("sobol", "first_order"): Level.FIRST,
    ("sobol_salib", "total_order"): Level.TOTAL,
    ("sobol_salib", "first_order"): Level.FIRST,
    ("permutation", "permutation_mse"): Level.ON_ROWS,
    ("permutation", "permutation_r2"): Level.ON_ROWS,
    ("permutation", "permutation_total_order"): Level.ON_ROWS,
    ("morris", "mu_star_standardised"): Level.ON_GRID,
    ("rbd_fast", "first_order"): Level.SPECTRUM,
}


def level_of(estimator: str, measure: str, targets: bool = False) -> Level:
    """Return what a method's measure estimates.

    Parameters
    ----------
    targets
        Whether measured targets came with the rows: permutation is then against these.

    Raises
    ------
    NotApplicable
        It is not on the scale of variance, or no step is known from there.
    """
    level = _LEVELS.get((estimator, measure))
    if level is None:
        own = [of for name, of in _LEVELS if name == estimator]
        known = own or list(dict.fromkeys(name for name, _ in _LEVELS))
        raise NotApplicable(
            f"difference: expected {'a measure of' if own else 'one of'} "
            f"{f'{estimator}: ' if own else ''}{', '.join(known)}; got {measure} of {estimator}, "
            f"from which no steps to other methods are known"
        )
    return Level.ON_TARGETS if level is Level.ON_ROWS and targets else level


def way(start: Level, end: Level, joint: bool) -> tuple[Edge, ...]:
    """Return the steps from one estimand to another.

    Parameters
    ----------
    joint
        Whether rows hold inputs that may depend on each other. Where they are draws of
        independent inputs, what only dependence tells apart is one estimand.
    """
    steps = _search(start, end, frozenset())
    if steps is None:
        raise NotApplicable(f"difference: expected estimands of one tree; got {start} and {end}")
    if joint:
        return steps
    merged = (Edge(_merged(e.start), _merged(e.end), e.cause) for e in steps)
    return tuple(edge for edge in merged if edge.start is not edge.end)


def needs_rows_and_product(levels: Sequence[Level]) -> bool:
    """Return whether some are of the rows as they are, and others of independent inputs."""
    of_rows = [level in _OF_ROWS for level in levels]
    return any(of_rows) and not all(of_rows)


def _merged(level: Level) -> Level:
    return _SAME_IF_INDEPENDENT.get(level, level)


def _search(at: Level, end: Level, seen: frozenset[Level]) -> tuple[Edge, ...] | None:
    if at is end:
        return ()
    seen = seen | {at}
    for edge in _EDGES:
        ends = (edge.start, edge.end)
        if at not in ends:
            continue
        following = ends[1 - ends.index(at)]
        if following not in seen:
            rest = _search(following, end, seen)
            if rest is not None:
                return (Edge(at, following, edge.cause), *rest)
    return None
