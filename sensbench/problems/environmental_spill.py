from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.errors import InputError
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.line import Factor
from sensbench.truths.parts import by_output
from sensbench.truths.separable import separable
from sensbench.truths.shipped import shipped

_SITES, _TIMES = (0.0, 1.0, 2.5), (15.0, 30.0, 45.0, 60.0)
SHIPPED = [{"sites": _SITES, "times": _TIMES}]

_BOUNDS = {"M": (7.0, 13.0), "D": (0.02, 0.12), "L": (0.01, 3.0), "tau": (30.01, 30.295)}
_EARLIEST = _BOUNDS["tau"][0]


def environmental_spill(
    sites: Sequence[float] = _SITES, times: Sequence[float] = _TIMES
) -> Problem:
    """Concentration of a pollutant at sites and times after two spills into a channel.

    f(s, t) = √(4π) [c(s, t) + c(s - L, t - τ)], c(s, t) = M/√(4πDt) exp(-s²/(4Dt)) for t > 0
    and 0 before: the mass M ~ U(7, 13) is spilled at place 0 and time 0 and again at place
    L ~ U(0.01, 3) and time τ ~ U(30.01, 30.295); it diffuses at rate D ~ U(0.02, 0.12).
    Bliznyuk et al. 2008, doi:10.1198/106186008X320681, as scaled there; sites and times of
    Astudillo & Frazier 2019 (ICML, Bayesian optimization of composite functions).

    Until the second spill L and τ are inert. At a time within its range of dates, f goes to 0
    smoothly as τ → t except where s = L, where it has a pole: there E[f²] is finite and the mean
    square derivatives by D, L and τ are not, and no estimate of them means anything.

    Parameters
    ----------
    sites, times
        Places s and times t > 0, all of whose combinations are outputs, site by site for each
        time. Truths are exact for times up to 30.01; those of the default ones are sampled after.

    Raises
    ------
    InputError
        Sites or times that are empty, not finite, or times that are not positive.
    """
    places, moments = _checked("sites", sites), _checked("times", times)
    if not all(t > 0 for t in moments):
        raise InputError(f"environmental_spill: expected positive times; got {list(times)}")

    def function(x: Float[Tensor, "n 4"]) -> Float[Tensor, "n o"]:
        mass, diffusion, place, date = x.unbind(1)
        columns = []
        for t in moments:
            since = t - date
            # where, not times 0: before the spill the formula and its slopes are not numbers
            later = since.clamp(min=1e-12) if t > _EARLIEST else None
            for s in places:
                f = _cloud(mass, diffusion * t, s**2)
                if later is not None:
                    second = _cloud(mass, diffusion * later, (s - place) ** 2)
                    f = f + torch.where(since > 1e-12, second, torch.zeros_like(second))
                columns.append(f)
        return torch.stack(columns, dim=1)

    space = InputSpace.of(_BOUNDS)
    outputs = [(s, t) for t in moments for s in places]
    early = {k: (s, t) for k, (s, t) in enumerate(outputs) if t <= _EARLIEST}
    first_spill = {k: [(t**-0.5, {0: _itself, 1: _spread(s, t)})] for k, (s, t) in early.items()}
    truth = (
        separable(space, *first_spill.values())
        if len(early) == len(outputs)
        else by_output(
            shipped("environmental_spill", sites=places, times=moments),
            {k: separable(space, terms) for k, terms in first_spill.items()},
        )
    )
    return Problem.of(
        function,
        space,
        name="environmental_spill",
        outputs=[f"s={s:g} t={t:g}" for s, t in outputs],
        truth=truth,
        source="Bliznyuk et al. 2008, doi:10.1198/106186008X320681",
    )


def _cloud(mass: Tensor, width: Tensor, squared: Tensor | float) -> Tensor:
    return mass * torch.rsqrt(width) * torch.exp(-squared / (4.0 * width))


def _spread(s: float, t: float) -> Factor:
    return lambda diffusion: torch.exp(-(s**2) / (4.0 * t * diffusion)) * diffusion**-0.5


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _checked(what: str, given: Sequence[float]) -> tuple[float, ...]:
    try:
        values = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        values = ()
    if not values or not np.isfinite(values).all() or len(set(values)) < len(values):
        raise InputError(
            f"environmental_spill: expected {what} as a list of different finite numbers; "
            f"got {given!r}"
        )
    return values
