"""Known values of sets of inputs, and of all outputs together, from those of one and of two."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError
from sensbench.problem.truth import Truth

_ROUNDING = 1e-14


def aggregated(truth: Mapping[str, Truth]) -> dict[str, Truth]:
    """Return indices of all outputs together, Σ V_k·S_k / Σ V_k, of those that are known.

    Gamboa et al. 2014, doi:10.1214/14-EJS895. Errors are those of the indices; the variances are
    taken as they are known.
    """
    found = {}
    for name in ("first_order", "total_order"):
        if name in truth and "variance" in truth:
            of, variance = truth[name], truth["variance"].value
            weight = (variance / variance.sum())[:, None]
            error = np.sqrt(((weight * of.standard_error) ** 2).sum(axis=0))
            value = (weight * of.value).sum(axis=0)
            found[f"aggregated_{name}"] = Truth(value, error, of.how)
    return found


def of_sets(
    truth: Mapping[str, Truth], features: Sequence[str], sets: Sequence[Sequence[str]]
) -> dict[str, Truth]:
    """Return closed and total indices of sets of independent inputs, ``(o, sets)``.

    The closed index of a set is the sum of the first orders, of the pairs and of the threes in it;
    its total index is 1 less the closed index of all the other inputs; and the total index of two
    is S_Ti + S_Tj - S_ij^T. So they are known of sets of up to three, of all but up to three, and
    of those that hold no interaction of more than three. What is not known of some set is left out.

    Parameters
    ----------
    truth
        Of a problem: exact values only are added up.
    sets
        Names of features, in the order in which ``sobol(sets=…)`` is asked.

    Raises
    ------
    InputError
        A name that is none of the features.
    """
    known = {name: item.value for name, item in truth.items() if item.is_exact}
    places = []
    for one in sets:
        unknown = sorted(set(one) - set(features))
        if unknown:
            raise InputError(
                f"of_sets: expected sets of {', '.join(features)}; got {', '.join(unknown)}"
            )
        places.append(tuple(sorted({features.index(name) for name in one})))
    every = set(range(len(features)))
    found: dict[str, Truth] = {}
    closed = [_closed(known, place, len(features)) for place in places]
    total = [_total(known, place, len(features)) for place in places]
    others = [tuple(sorted(every - set(place))) for place in places]
    for name, direct, instead in (
        ("closed_of_set", closed, [_total(known, place, len(features)) for place in others]),
        ("total_of_set", total, [_closed(known, place, len(features)) for place in others]),
    ):
        values = [
            one if one is not None else None if other is None else 1 - other
            for one, other in zip(direct, instead, strict=True)
        ]
        if values and all(value is not None for value in values):
            value = np.stack([v for v in values if v is not None], axis=1)
            value = np.where(np.abs(value) < _ROUNDING, 0.0, value)
            found[name] = Truth.exact(value, truth["first_order"].how)
    return found


def _closed(
    known: Mapping[str, Float[np.ndarray, "..."]], place: tuple[int, ...], d: int
) -> Float[np.ndarray, " o"] | None:
    """Return the sum of all terms within a set of up to three inputs, as far as they are known."""
    needed = ("first_order", "second_order", "third_order")[: len(place)]
    if len(place) > 3 or not set(needed) <= set(known):
        return None
    if not place:
        return np.zeros(len(known["variance"]))
    value = known["first_order"][:, list(place)].sum(axis=1)
    for i, j in combinations(place, 2):
        value = value + known["second_order"][:, i, j]
    if len(place) == 3:
        at = list(combinations(range(d), 3)).index(place)
        value = value + known["third_order"][:, at]
    return np.asarray(value)


def _total(
    known: Mapping[str, Float[np.ndarray, "..."]], place: tuple[int, ...], d: int
) -> Float[np.ndarray, " o"] | None:
    """Return the total index of no input, of one or of two."""
    if not place:
        return np.zeros(len(known["variance"]))
    if len(place) == 1 and "total_order" in known:
        return np.asarray(known["total_order"][:, place[0]])
    if len(place) == 2 and {"total_order", "total_interaction"} <= set(known):
        i, j = place
        total, both = known["total_order"], known["total_interaction"]
        return np.asarray(total[:, i] + total[:, j] - both[:, i, j])
    return None
