import math

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.errors import UnknownNameError, require
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.separable import separable

_QUANTITIES = {
    "least_volatile": (100.0, 500.0, 1000.0),
    "equal": (300.0, 300.0, 300.0),
    "most_volatile": (500.0, 400.0, 100.0),
}


def portfolio(
    variant: str = "least_volatile",
    Cs: float | None = None,
    Ct: float | None = None,
    Cj: float | None = None,
) -> Problem:
    """Value of a hedged portfolio, Cs Ps + Ct Pt + Cj Pj, in €: slopes ignore volatility.

    Hedged portfolios Ps ~ N(0, 4), Pt ~ N(0, 2), Pj ~ N(0, 1) (standard deviations), in €, of
    which one holds Cs, Ct and Cj. Saltelli, Tarantola, Campolongo & Ratto 2004, *Sensitivity
    Analysis in Practice*, chapter 1.

    Parameters
    ----------
    variant
        Of their table 1.1: "least_volatile" (Cs, Ct, Cj = 100, 500, 1000: most of the least
        volatile), "equal" (300 each), "most_volatile" (500, 400, 100).
    Cs, Ct, Cj
        Quantities, instead of the variant's.

    Raises
    ------
    UnknownNameError
        Another variant.
    InputError
        Quantities that are not finite numbers, or all 0.
    """
    if variant not in _QUANTITIES:
        raise UnknownNameError.of("portfolio", "variant", variant, _QUANTITIES)
    given = (Cs, Ct, Cj)
    held = [q if own is None else own for own, q in zip(given, _QUANTITIES[variant], strict=True)]
    finite = all(not isinstance(c, bool) and math.isfinite(c) for c in held)
    require(finite and any(held), "portfolio", "finite quantities, not all 0", held)

    def function(x: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
        return x @ torch.tensor(held, dtype=x.dtype, device=x.device)

    space = InputSpace.of(
        {"Ps": stats.norm(0.0, 4.0), "Pt": stats.norm(0.0, 2.0), "Pj": stats.norm(0.0, 1.0)},
        units={"Ps": "€", "Pt": "€", "Pj": "€"},
    )
    return Problem.of(
        function,
        space,
        name="portfolio",
        outputs=["value"],
        output_units=["€"],
        truth=separable(space, [(c, {i: _itself}) for i, c in enumerate(held)]),
        source="Saltelli et al. 2004, Sensitivity Analysis in Practice, Wiley",
    )


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x
