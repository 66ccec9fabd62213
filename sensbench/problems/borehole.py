import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from sensbench.errors import UnknownNameError
from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_UNITS = dict(rw="m", r="m", Tu="m²/yr", Hu="m", Tl="m²/yr", Hl="m", L="m", Kw="m/yr")
_RADII: dict[str, dict[str, Any]] = {
    "morris_1993": {"rw": (0.05, 0.15), "r": (100.0, 50_000.0)},
    "harper_gupta_1983": {
        "rw": stats.norm(0.10, 0.0161812),
        "r": stats.lognorm(1.0056, scale=math.exp(7.71)),
    },
}
# Below this radius the flow is 0 to rounding; it keeps the logarithm finite.
_SMALLEST = 1e-12
_ORDER, _LARGEST, _SHARE = 16, 0.02, 2e-3
# Units in which high powers neither overflow nor lose digits.
_TU, _TL, _L, _KW = 1e5, 100.0, 1e3, 1e4


def borehole(variant: str = "morris_1993") -> Problem:
    """Flow of water through a borehole that joins two aquifers, in m³/yr; 8 inputs.

    f = 2π Tu (Hu - Hl) / [ln(r/rw) (1 + 2 L Tu/(ln(r/rw) rw² Kw) + Tu/Tl)], with the radius of
    the borehole rw and of influence r, transmissivities Tu ~ U(63070, 115600) and
    Tl ~ U(63.1, 116), heads Hu ~ U(990, 1110) and Hl ~ U(700, 820), the length L ~ U(1120, 1680)
    and the conductivity Kw ~ U(9855, 12045).

    Parameters
    ----------
    variant
        "morris_1993": rw ~ U(0.05, 0.15), r ~ U(100, 50000), Morris, Mitchell & Ylvisaker 1993,
        doi:10.1080/00401706.1993.10485320; the default, because with bounded inputs every measure
        has a value. "harper_gupta_1983": rw ~ N(0.10, 0.0161812), r ~ Lognormal(7.71, 1.0056),
        Harper & Gupta 1983 (BMI/ONWI-516). Nothing is truncated: rw ≤ 0 (a probability of
        3e-10) is no hole, with no flow, to which f goes smoothly; r ≤ rw has one of 2e-22.

    Raises
    ------
    UnknownNameError
        A variant that is neither.
    """
    if variant not in _RADII:
        raise UnknownNameError.of("borehole", "variant", variant, _RADII)

    def function(x: Float[Tensor, "n 8"]) -> Float[Tensor, " n"]:
        rw, r, upper, high, lower, low, length, conductivity = x.unbind(1)
        hole = rw.clamp(min=_SMALLEST)
        around = torch.log(r / hole) * (1.0 / upper + 1.0 / lower)
        through = 2.0 * length / (hole**2 * conductivity)
        return 2.0 * math.pi * (high - low) / (around + through)

    marginals = {
        **_RADII[variant],
        "Tu": (63_070.0, 115_600.0),
        "Hu": (990.0, 1110.0),
        "Tl": (63.1, 116.0),
        "Hl": (700.0, 820.0),
        "L": (1120.0, 1680.0),
        "Kw": (9855.0, 12_045.0),
    }
    space = InputSpace.of(marginals, units=_UNITS)
    truth = separable(
        space,
        _terms(),
        # not kinks of r: shorter panels, where 1/r is steep over a range of 1 to 500
        kinks={0: [0.0]} if variant == "harper_gupta_1983" else {1: [200.0, 400.0, 700.0]},
        monotone={i: [] for i in range(8)},
    )
    return Problem.of(
        function,
        space,
        name="borehole",
        outputs=["flow"],
        output_units=["m³/yr"],
        truth=truth,
        source="Harper & Gupta 1983, BMI/ONWI-516; Morris et al. 1993, "
        "doi:10.1080/00401706.1993.10485320",
    )


def _terms() -> list[tuple[float, dict[int, Factor]]]:
    """Return f as a sum of products: a geometric series in q.

    q = rw² Kw/(2L) (ln r - ln rw)(1/Tu + 1/Tl) is typically 0.003 and at most 0.04, of which
    1/Tu has at most 0.002; the powers of the two sums expand by the binomial theorem.
    """
    logs = [_log_power(k) for k in range(_ORDER + 1)]
    holes = {(k, a): _hole(k, a) for k in range(_ORDER + 1) for a in range(k + 1)}
    terms: list[tuple[float, dict[int, Factor]]] = []
    for k in range(_ORDER + 1):
        for a in range(k + 1):  # (-ln rw)^a (ln r)^(k - a)
            for b in range(k + 1):  # Tu^-b Tl^-(k - b)
                ways = math.comb(k, a) * math.comb(k, b)
                if ways * _LARGEST**k * _SHARE**b < 1e-18:
                    continue
                c = math.pi * ways * (-0.5) ** k * _TU**-b * _TL ** (b - k)
                c *= (_KW / _L) ** (k + 1)
                factors = {0: holes[k, a], 6: _power(_L, -k - 1), 7: _power(_KW, k + 1)}
                factors |= {1: logs[k - a]} if k > a else {}
                factors |= {2: _power(_TU, -b)} if b else {}
                factors |= {4: _power(_TL, b - k)} if k > b else {}
                terms += [(c, factors | {3: _itself}), (-c, factors | {5: _itself})]
    return terms


@lru_cache
def _power(unit: float, k: int) -> Factor:
    return lambda x: (x / unit) ** k


def _itself(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return x


def _log_power(k: int) -> Factor:
    return lambda x: torch.log(x) ** k


def _hole(k: int, a: int) -> Callable[[Float[Tensor, " n"]], Float[Tensor, " n"]]:
    def factor(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        rw = x.clamp(min=_SMALLEST)
        return rw ** (2 * k + 2) * (-torch.log(rw)) ** a

    return factor
