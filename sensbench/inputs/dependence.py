"""Dependence: how inputs move together, whatever the marginal of each."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


@runtime_checkable
class Dependence(Protocol):
    """The copula of the inputs: their joint distribution, with uniform marginals.

    Attributes
    ----------
    independent
        Whether the joint distribution is the product of the marginals.
    """

    @property
    def independent(self) -> bool: ...

    def join(self, u: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
        """Map independent uniform numbers to uniform numbers that depend on each other."""

    def describe(self) -> str:
        """Say in a few words how the inputs depend on each other."""


@runtime_checkable
class ConditionalDependence(Dependence, Protocol):
    """A copula that can draw some inputs given the others.

    Attributes
    ----------
    of_values
        Whether conditioning is on values, so that inputs may take separate ones. Else it is on the
        uniform number behind a value, which says more than a value that has a probability.
    """

    @property
    def of_values(self) -> bool: ...

    def conditional(
        self, u: Float[ndarray, "n d"], given: Bool[ndarray, " d"], v: Float[ndarray, "n d"]
    ) -> Float[ndarray, "n d"]:
        """Return ``u`` with the columns that are not ``given`` drawn anew, given those that are.

        ``u`` follows the copula; ``v`` are independent uniform numbers, of which the columns that
        are not given are used. The same ``v`` gives the same draws.
        """


@runtime_checkable
class DensityOfCopula(Protocol):
    """A copula that has a density."""

    def log_density(self, u: Float[ndarray, "n d"]) -> Float[ndarray, " n"]:
        """Return the logarithm of the copula's density."""


@dataclass(frozen=True)
class Independent:
    """Every input goes its own way."""

    @property
    def independent(self) -> bool:
        """True."""
        return True

    @property
    def of_values(self) -> bool:
        """True: what the others are says nothing."""
        return True

    def join(self, u: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
        """Return the numbers as they are."""
        return u

    def conditional(
        self, u: Float[ndarray, "n d"], given: Bool[ndarray, " d"], v: Float[ndarray, "n d"]
    ) -> Float[ndarray, "n d"]:
        """Return ``u`` where it is given, ``v`` elsewhere."""
        return np.where(given, u, v)

    def log_density(self, u: Float[ndarray, "n d"]) -> Float[ndarray, " n"]:
        """Return 0."""
        return np.zeros(len(u))

    def describe(self) -> str:
        """Say so."""
        return "independent of each other"
