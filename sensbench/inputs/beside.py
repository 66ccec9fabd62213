"""A joint law with inputs beside it that depend on none of the others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import linalg

from sensbench.inputs.dependence import (
    ConditionalDependence,
    DensityOfCopula,
    Dependence,
    Independent,
)
from sensbench.inputs.gaussian_copula import GaussianCopula


def with_independent(law: Dependence, d: int, count: int) -> Dependence:
    """Return the law of ``d`` inputs by this one and, behind them, ``count`` by themselves.

    It draws inputs given others, and has a density, where the law does; of a Gaussian copula it
    is one.
    """
    if isinstance(law, Independent):
        return law
    if isinstance(law, GaussianCopula):
        return GaussianCopula(linalg.block_diag(law.correlation, np.eye(count)), law.source)
    if not isinstance(law, ConditionalDependence):
        return Beside(law, d)
    kind = DenseBeside if isinstance(law, DensityOfCopula) else ConditionalBeside
    return kind(law, d)


@dataclass(frozen=True, eq=False)
class Beside:
    """The first ``d`` inputs by a law, those behind them by themselves.

    Attributes
    ----------
    law
        Of the first ``d``.
    """

    law: Dependence
    d: int

    @property
    def independent(self) -> bool:
        """Whether the first ones are independent of each other too."""
        return self.law.independent

    def join(self, u: Float[np.ndarray, "n columns"]) -> Float[np.ndarray, "n columns"]:
        """Map the first numbers by the law, and return the others as they are."""
        return np.hstack([self.law.join(u[:, : self.d]), u[:, self.d :]])

    def describe(self) -> str:
        """Say what the law is."""
        return self.law.describe()


@dataclass(frozen=True, eq=False)
class ConditionalBeside(Beside):
    """The same where the law draws inputs given others: those beside them say nothing."""

    law: ConditionalDependence

    @property
    def of_values(self) -> bool:
        """Whether the law conditions on values."""
        return self.law.of_values

    def conditional(
        self,
        u: Float[np.ndarray, "n columns"],
        given: Bool[np.ndarray, " columns"],
        v: Float[np.ndarray, "n columns"],
    ) -> Float[np.ndarray, "n columns"]:
        """Draw the first ones by the law, given those of them that are; the others anew."""
        d = self.d
        first = u[:, :d]
        if not given[:d].all():
            first = self.law.conditional(first, given[:d], v[:, :d])
        return np.hstack([first, np.where(given[d:], u[:, d:], v[:, d:])])


@dataclass(frozen=True, eq=False)
class DenseBeside(ConditionalBeside):
    """The same where the law has a density."""

    def log_density(self, u: Float[np.ndarray, "n columns"]) -> Float[np.ndarray, " n"]:
        """Return the law's: that of the others is 1."""
        law: Any = self.law
        return np.asarray(law.log_density(u[:, : self.d]))
