"""Vine copulas by pyvinecopulib: dependence of any form, pair by pair."""

import importlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sensbench.errors import InputError
from sensbench.inputs.gaussian_copula import GaussianCopula

# Inside the unit cube: pyvinecopulib's own limit.
_EDGE = 1e-10
# Steps of the Metropolis walk where what is given does not come first in the vine.
_STEPS = 24


def library() -> Any:
    """Return pyvinecopulib, or raise an ``InputError`` that says how to get it."""
    try:
        return importlib.import_module("pyvinecopulib")
    except ImportError as error:
        raise InputError(
            "InputSpace.from_data: expected pyvinecopulib for dependence='vine'; it is not "
            "installed; pip install pyvinecopulib, or ask for dependence='gaussian'"
        ) from error


def fitted_vine(u: Float[np.ndarray, "n d"], like: GaussianCopula) -> "VineCopula":
    """Return the vine of parametric pair copulas that fits ranks best, by BIC."""
    pv = library()
    controls = pv.FitControlsVinecop(
        family_set=pv.families.parametric, selection_criterion="bic", num_threads=1
    )
    vine = pv.Vinecop.from_data(np.asfortranarray(u), controls=controls)
    return VineCopula(vine.to_json(), like, len(u))


@dataclass(frozen=True, eq=False)
class VineCopula:
    """A regular vine of parametric pair copulas.

    Conditional draws: where the columns given come first in the vine's order, by its Rosenblatt
    transform, exactly. Else by steps of Metropolis and Hastings with proposals from the Gaussian
    copula fitted to the same rows: ``u`` already follows the law, which the steps keep exactly;
    what they must do is forget where they began.

    Attributes
    ----------
    written
        The vine, as pyvinecopulib writes it.
    like
        Gaussian copula of the same rows.
    fitted_to
        How many rows.

    Source: Aas, Czado, Frigessi & Bakken 2009, doi:10.1016/j.insmatheco.2007.02.001; Hastings 1970,
    doi:10.1093/biomet/57.1.97.
    """

    written: str
    like: GaussianCopula
    fitted_to: int

    @property
    def independent(self) -> bool:
        """False."""
        return False

    @property
    def of_values(self) -> bool:
        """False: conditioning is on ranks."""
        return False

    @cached_property
    def _vine(self) -> Any:
        return library().Vinecop.from_json(self.written)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the library's own object out: it is read again."""
        return {k: v for k, v in vars(self).items() if k != "_vine"}

    def join(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Map by the inverse Rosenblatt transform."""
        return np.asarray(self._vine.inverse_rosenblatt(_inside(u), num_threads=1))

    def conditional(
        self,
        u: Float[np.ndarray, "n d"],
        given: Bool[np.ndarray, " d"],
        v: Float[np.ndarray, "n d"],
    ) -> Float[np.ndarray, "n d"]:
        """Draw what is not given; exactly where what is given comes first in the vine."""
        if given.all():
            return u.copy()
        # the transform goes from the last variable of pyvinecopulib's order to the first
        order = np.array(self._vine.order)[::-1] - 1
        if given[order[: given.sum()]].all():
            return self._by_rosenblatt(u, given, v)
        return self._by_steps(u, given, v)

    def _by_rosenblatt(
        self,
        u: Float[np.ndarray, "n d"],
        given: Bool[np.ndarray, " d"],
        v: Float[np.ndarray, "n d"],
    ) -> Float[np.ndarray, "n d"]:
        independent = np.asarray(self._vine.rosenblatt(_inside(u), num_threads=1))
        drawn = self.join(np.where(given, independent, v))
        drawn[:, given] = u[:, given]
        return drawn

    def _by_steps(
        self,
        u: Float[np.ndarray, "n d"],
        given: Bool[np.ndarray, " d"],
        v: Float[np.ndarray, "n d"],
    ) -> Float[np.ndarray, "n d"]:
        # the same v gives the same draws: its bits are the seed
        rng = np.random.default_rng(np.ascontiguousarray(v[:, ~given]).view(np.uint64).ravel())
        here = u.copy()
        weight = self.log_density(here) - self.like.log_density(here)
        for _ in range(_STEPS):
            there = self.like.conditional(here, given, rng.random(u.shape))
            proposed = self.log_density(there) - self.like.log_density(there)
            taken = np.log(rng.random(len(u))) < proposed - weight
            here[taken], weight[taken] = there[taken], proposed[taken]
        return here

    def log_density(self, u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """Return the logarithm of the vine's density."""
        density = np.asarray(self._vine.pdf(_inside(u), num_threads=1))
        return np.log(np.maximum(density, np.finfo(float).tiny))

    def describe(self) -> str:
        """Say so."""
        return f"joined by a vine copula fitted to {self.fitted_to} rows"


def _inside(u: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    return np.asfortranarray(np.clip(u, _EDGE, 1 - _EDGE))
