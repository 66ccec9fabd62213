"""Estimators of Sobol' indices as functions of means, and their linearisations.

Outputs are centred at the mean of all rows first, as SALib does: four of the formulas change with
an offset of the output, and lose all digits to a large one. a and b are the outputs of A and B; ab
those of A with a feature's values from B; ba, ac and cb likewise. V is the variance of A and B
together, and f0 their mean.

First order: Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018, b(ab - a)/V, which is Mauntz's too
(Sobol' et al. 2007); Jansen 1999, doi:10.1016/S0010-4655(98)00154-4, 1 - (b - ab)²/2V; Janon et al.
2014, doi:10.1051/ps/2013040, with mean and variance of both b and ab; Martinez 2011, the
correlation of b and ab; Owen 2013, doi:10.1145/2457459.2457460, (a - ac)(ba - b)/V; Azzini, Mara &
Rosati 2021, doi:10.1016/j.envsoft.2021.105167, 2(ba - b)(a - ab)/((a - b)² + (ba - ab)²).

Total order: Jansen 1999, (a - ab)²/2V; Homma & Saltelli 1996, doi:10.1016/0951-8320(96)00002-6,
(V - a·ab + f0²)/V; Saltelli et al. 2008, doi:10.1002/9780470725184, 1 - (b·ba - f0²)/V; Sobol' et
al. 2007, doi:10.1016/j.ress.2006.07.001, a(a - ab)/V; Janon et al. 2014 of a and ab; Glen & Isaacs
2012, doi:10.1016/j.envsoft.2012.03.014, 1 - the correlation of a and ab; Azzini, Mara & Rosati
2021, ((b - ba)² + (a - ab)²)/((a - b)² + (ba - ab)²); Owen's as in Puy et al. 2022,
doi:10.1615/Int.J.UncertaintyQuantification.2021038133, 1 - (b - cb)(ba - a)/V.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Complex, Float

from sensbench.estimators.variance._pick_freeze import PickFreeze
from sensbench.estimators.variance._saltelli import Moments

Values = Float[np.ndarray, "..."] | Complex[np.ndarray, "..."]
Means = Mapping[str, Values]
# A complex step's derivative has no difference in it, hence no error but the square of the step's.
_STEP = 1e-20


def indices(
    means: Float[np.ndarray, "o k"], outputs: Moments, design: PickFreeze
) -> dict[str, Values]:
    """Return the indices of first, total and, where asked for, second order; flat for pairs.

    An index is 0, as in SALib, where the variance of A and B is nothing but rounding.
    """
    m = _centred(means, outputs, design)
    real = _variance(m) > np.finfo(np.float64).eps * outputs.spread[:, None] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: np.where(real, index, 0.0) for name, index in _all(m, design).items()}


def influences(
    blocks: Float[np.ndarray, "samples blocks o k"], outputs: Moments, design: PickFreeze
) -> dict[str, Float[np.ndarray, "samples blocks o _"]]:
    """Return what each block of base rows adds to each index, flat: means of 0 over all rows.

    That is the index's derivative, at the means of all rows, towards the means of a block.
    """
    mean = blocks.mean(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = _all(_centred(mean + 1j * _STEP * (blocks - mean), outputs, design), design)
    return {name: np.nan_to_num(index.imag / _STEP) for name, index in moved.items()}


def _centred(means: Values, outputs: Moments, design: PickFreeze) -> dict[str, Values]:
    """Return the means by name, as they are of outputs less the mean of all rows."""
    s = outputs.shift[:, None]
    m = {name: means[..., at] for name, at in design.columns.items()}
    m["ab"] = m["ab"] - s * (m["a"] + m["b"]) + s**2
    for row in "ab":
        m[f"{row}²"] = m[f"{row}²"] - 2 * s * m[row] + s**2
        m[row] = m[row] - s
        for pair in {"AB", "BA"} & set(m):
            m[f"{row}·{pair}"] = m[f"{row}·{pair}"] - s * m[pair]
    if "pairs" in m:
        j, k = np.triu_indices(m["AB"].shape[-1], 1)
        m["pairs"] = m["pairs"] - s * (m["BA"][..., j] + m["AB"][..., k])
    return m


def _all(m: Means, design: PickFreeze) -> dict[str, Values]:
    first = _FIRST[design.first](m)
    computed = {"first_order": first, "total_order": _TOTAL[design.total](m)}
    if design.second_order:
        j, k = np.triu_indices(first.shape[-1], 1)
        computed["second_order"] = m["pairs"] / _variance(m) - first[..., j] - first[..., k]
    return computed


def _variance(m: Means) -> Values:
    return (m["a²"] + m["b²"]) / 2 - _mean(m) ** 2


def _mean(m: Means) -> Values:
    return (m["a"] + m["b"]) / 2


def _of_ab(m: Means) -> tuple[Values, Values]:
    """Return the mean and the mean square of ab = a + its change."""
    return m["a"] + m["AB"], m["a²"] + 2 * m["a·AB"] + m["AB²"]


def _apart_of_b(m: Means) -> Values:
    """Return the mean of (b - ab)²."""
    return m["b²"] - 2 * (m["ab"] + m["b·AB"]) + _of_ab(m)[1]


def _common(m: Means, row: str) -> Values:
    """Return the variance of a row's outputs and ab's, taken together."""
    mean, square = _of_ab(m)
    return (m[f"{row}²"] + square) / 2 - ((m[row] + mean) / 2) ** 2


def _correlation(m: Means, row: str) -> Values:
    mean, square = _of_ab(m)
    product = (m["a²"] if row == "a" else m["ab"]) + m[f"{row}·AB"]
    variances = (m[f"{row}²"] - m[row] ** 2) * (square - mean**2)
    return (product - m[row] * mean) / np.sqrt(variances)


def _crossed(m: Means) -> Values:
    """Return the mean of (a - b)² + (ba - ab)², four variances."""
    apart = m["a²"] - 2 * m["ab"] + m["b²"]
    towards = m["b·BA"] - m["a·BA"] - m["b·AB"] + m["a·AB"]
    return 2 * apart + m["BA²"] + m["AB²"] - 2 * m["AB·BA"] + 2 * towards


def _saltelli_2010(m: Means) -> Values:
    return m["b·AB"] / _variance(m)


_FIRST: Mapping[str, Callable[[Means], Values]] = {
    "saltelli_2010": _saltelli_2010,
    "mauntz": _saltelli_2010,
    "jansen": lambda m: 1 - _apart_of_b(m) / 2 / _variance(m),
    # of two samples, 1 - half the mean square of their difference over their common variance
    "janon": lambda m: 1 - _apart_of_b(m) / 2 / _common(m, "b"),
    "martinez": lambda m: _correlation(m, "b"),
    "owen": lambda m: m["AC·BA"] / _variance(m),
    "azzini": lambda m: -2 * m["AB·BA"] / _crossed(m),
}
_TOTAL: Mapping[str, Callable[[Means], Values]] = {
    "jansen": lambda m: m["AB²"] / 2 / _variance(m),
    "homma_saltelli": lambda m: (_variance(m) - m["a²"] - m["a·AB"] + _mean(m) ** 2) / _variance(m),
    "sobol_2007": lambda m: -m["a·AB"] / _variance(m),
    "janon": lambda m: m["AB²"] / 2 / _common(m, "a"),
    "glen_isaacs": lambda m: 1 - _correlation(m, "a"),
    "saltelli": lambda m: 1 - (m["b²"] + m["b·BA"] - _mean(m) ** 2) / _variance(m),
    "azzini_rosati": lambda m: (m["BA²"] + m["AB²"]) / _crossed(m),
    "owen": lambda m: 1 - m["CB·BA"] / _variance(m),
}
