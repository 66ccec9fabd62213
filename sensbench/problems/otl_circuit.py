from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from sensbench.inputs.space import InputSpace
from sensbench.problem.problem import Problem
from sensbench.problems._inert import inert_inputs
from sensbench.truths.exponentials import power_of_sum
from sensbench.truths.line import Factor
from sensbench.truths.separable import separable

_BOUNDS = {
    "Rb1": (50.0, 150.0),
    "Rb2": (25.0, 70.0),
    "Rf": (0.5, 3.0),
    "Rc1": (1.2, 2.5),
    "Rc2": (0.25, 1.2),
    "beta": (50.0, 300.0),
}
_ORDER = 7


def otl_circuit(inert: int = 0) -> Problem:
    """Mid-point voltage of an output transformerless push-pull circuit, in V; 6 inputs.

    f = [(Vb1 + 0.74) p + 11.35 Rf + 0.74 Rf p/Rc1]/(p + Rf), with Vb1 = 12 Rb2/(Rb1 + Rb2) and
    p = β (Rc2 + 9). Uniform inputs: the resistances Rb1 (50, 150), Rb2 (25, 70), Rf (0.5, 3),
    Rc1 (1.2, 2.5), Rc2 (0.25, 1.2), in kΩ, and the current gain β (50, 300).
    Ben-Ari & Steinberg 2007, doi:10.1080/08982110701580930.

    Parameters
    ----------
    inert
        So many more inputs, U(100, 200), that do nothing; 14 make the function of Moon 2010 (PhD
        thesis, Ohio State University), of 20 inputs.

    Raises
    ------
    InputError
        ``inert`` is not a whole number of at least 0.
    """
    extra = inert_inputs("otl_circuit", inert)

    def function(x: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        b1, b2, f, c1, c2, beta = x[:, :6].unbind(1)
        gain = beta * (c2 + 9.0)
        vb1 = 12.0 * b2 / (b1 + b2)
        return ((vb1 + 0.74) * gain + 11.35 * f + 0.74 * f * gain / c1) / (gain + f)

    units = {name: "kΩ" for name in list(_BOUNDS)[:5]}
    space = InputSpace.of(_BOUNDS | extra, units=units)
    return Problem.of(
        function,
        space,
        name="otl_circuit",
        outputs=["Vm"],
        output_units=["V"],
        truth=separable(space, _terms(), monotone={i: [] for i in range(6)}),
        source="Ben-Ari & Steinberg 2007, doi:10.1080/08982110701580930",
    )


def _terms() -> list[tuple[float, dict[int, Factor]]]:
    """Return f as a sum of products: a geometric series in Rf/p, which is at most 0.0065.

    p/(p + Rf) = Σ (-Rf/p)^k. Vb1 = 12 Rb2 ∫ exp(-t (Rb1 + Rb2)) dt as a sum over t.
    """
    voltage: list[tuple[float, dict[int, Factor]]] = [(0.74, {})]
    for weight, rate in power_of_sum(1.0, 75.0, 220.0):
        voltage.append((12.0 * weight, {0: _decay(rate), 1: _decaying_line(rate)}))
    terms = []
    for k in range(_ORDER + 1):
        sign, at = (-1.0) ** k, _current(k)
        terms += [(sign * c, factors | at | _feedback(k)) for c, factors in voltage]
        terms.append((0.74 * sign, at | _feedback(k + 1) | {3: _power(-1)}))
        terms.append((11.35 * sign, _current(k + 1) | _feedback(k + 1)))
    return terms


def _current(k: int) -> dict[int, Factor]:
    """Return the factors of p^-k."""
    return {5: _power(-k), 4: _gain(k)} if k else {}


def _feedback(k: int) -> dict[int, Factor]:
    return {2: _power(k)} if k else {}


@lru_cache
def _power(k: int) -> Factor:
    return lambda x: x**k


@lru_cache
def _gain(k: int) -> Factor:
    return lambda c2: (c2 + 9.0) ** -k


def _decay(rate: float) -> Factor:
    return lambda x: torch.exp(-rate * x)


def _decaying_line(rate: float) -> Factor:
    return lambda x: x * torch.exp(-rate * x)
