"""Some inputs given the others, in the inputs' own values."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.errors import InputError, NotApplicable, UnknownNameError
from sensbench.inputs.dependence import ConditionalDependence, DensityOfCopula, Dependence
from sensbench.inputs.group import Group
from sensbench.inputs.marginal import Empirical, Marginal, is_continuous
from sensbench.inputs.names import Names, unordered
from sensbench.inputs.rows import as_rows
from sensbench.inputs.unit_cube import to_unit

Seed = int | np.random.Generator | np.random.SeedSequence


@runtime_checkable
class Joint(Protocol):
    """What is needed of a space here."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def marginals(self) -> tuple[Marginal, ...]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def blocks(self) -> tuple[Int[np.ndarray, " m"], ...]: ...
    @property
    def groups(self) -> tuple[Group, ...]: ...
    @property
    def dependence(self) -> Dependence: ...
    def from_unit(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]: ...


def conditional_law(space: Joint, who: str) -> ConditionalDependence:
    """Return the law, or say why its inputs cannot be drawn given others.

    Raises
    ------
    NotApplicable
        A law that only draws all inputs at once; a copula of inputs that take separate values.
    """
    law = space.dependence
    if not isinstance(law, ConditionalDependence):
        raise NotApplicable(
            f"{who}: expected a law that draws inputs given the others; got inputs that are "
            f"{law.describe()}, without a method conditional; "
            f"sensbench.inputs.dependence.ConditionalDependence says what it is"
        )
    separate = [
        name for name, m in zip(space.columns, space.marginals, strict=True) if not is_continuous(m)
    ]
    if separate and not law.of_values:
        raise NotApplicable(
            f"{who}: expected continuous inputs to condition on; got {', '.join(separate)}, which "
            f"take separate values, while inputs are {law.describe()}; "
            f"InputSpace.from_data(X, dependence='rows') conditions on any values"
        )
    return law


def mask_of(space: Joint, features: Sequence[int]) -> Bool[np.ndarray, " d"]:
    """Return which columns these features are."""
    mask = np.zeros(len(space.columns), dtype=bool)
    for i in features:
        mask[space.blocks[i]] = True
    return mask


def conditional_rows(space: Joint, X: Any, given: Names, seed: Seed) -> Float[np.ndarray, "n d"]:
    """Return rows with these features as they are, the others drawn given them."""
    who = "InputSpace.conditional"
    names = unordered(given)
    for name in names:
        if name not in space.names:
            raise UnknownNameError.of(who, "feature", name, space.names)
    rows = as_rows(X, who, space.columns)[0]
    law = conditional_law(space, who)
    mask = mask_of(space, [space.names.index(name) for name in names])
    # what is drawn anew may be anything before
    low, high = np.array([m.support() for m in space.marginals], dtype=np.float64).T
    kept = np.where(mask, rows, np.clip(rows, low, high))
    u = to_unit(space.columns, space.marginals, kept, who)
    if any(group.rows is not None for group in space.groups) and not law.independent:
        raise NotApplicable(
            f"{who}: expected single inputs; got groups that are drawn as whole rows; an estimator "
            f"conditions on them by their place among the rows"
        )
    # not the numbers that the same seed gives sample: those would give its rows back
    own = np.random.SeedSequence(seed, spawn_key=(1,)) if isinstance(seed, int) else seed
    rng = np.random.default_rng(own)
    drawn = space.from_unit(law.conditional(u, mask, rng.random(rows.shape)))
    drawn[:, mask] = rows[:, mask]
    return drawn


def log_density(space: Joint, X: Any) -> Float[np.ndarray, " n"]:
    """Return the logarithm of the joint density.

    Raises
    ------
    InputError
        Inputs without a density: values of data, separate values; a law without one.
    """
    who = "InputSpace.log_density"
    rows = as_rows(X, who, space.columns)[0]
    law = space.dependence
    if not isinstance(law, DensityOfCopula):
        raise InputError(f"{who}: expected a law with a density; got inputs {law.describe()}")
    total = np.zeros(len(rows))
    for i, (name, marginal) in enumerate(zip(space.columns, space.marginals, strict=True)):
        written: Any = marginal
        if isinstance(marginal, Empirical) or not callable(getattr(written, "pdf", None)):
            raise InputError(
                f"{who}: expected inputs with densities; got {name!r}, which takes separate values"
            )
        with np.errstate(divide="ignore"):
            total += np.log(np.asarray(written.pdf(rows[:, i]), dtype=np.float64))
    if law.independent:
        return total
    inside = np.isfinite(total)
    total[inside] += law.log_density(to_unit(space.columns, space.marginals, rows[inside], who))
    return total
