"""Dependence: how inputs move together, whatever the marginal of each."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float
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


@dataclass(frozen=True)
class Independent:
    """Every input goes its own way."""

    @property
    def independent(self) -> bool:
        """True."""
        return True

    def join(self, u: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
        """Return the numbers as they are."""
        return u

    def describe(self) -> str:
        """Say so."""
        return "independent of each other"
