"""Interactions and sets of features as they are asked for: checked, and what they cost."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from sensbench.errors import InputError, require
from sensbench.estimator.needs import Needs
from sensbench.estimators.variance._pick_freeze import exchanges

INTERACTIONS = ("none", "pairs", "triples")
# What asks for a measure that nobody gets unasked.
ASKED_BY = {
    "second_order": "second_order=True",
    "total_interaction": "interactions='pairs'",
    "third_order": "interactions='triples'",
    "closed_of_set": "sets=(('a', 'b'), …)",
    "total_of_set": "sets=(('a', 'b'), …)",
    "aggregated_first_order": "aggregated=True",
    "aggregated_total_order": "aggregated=True",
}
Sets = tuple[tuple[str, ...], ...]


def sets_of(who: str, given: Any) -> Sets:
    """Return the sets as tuples, which lists of a settings file are not.

    Raises
    ------
    InputError
        Not sets of names; one of fewer than two, or with a name twice; the same set twice.
    """
    what = "sets of two or more names of features, each once: (('a', 'b'), ('b', 'c', 'd'))"
    sets = isinstance(given, list | tuple) and all(isinstance(s, list | tuple) for s in given)
    named = sets and all(isinstance(name, str) for one in given for name in one)
    require(named and all(len(set(one)) == len(one) >= 2 for one in given), who, what, given)
    require(len({frozenset(one) for one in given}) == len(given), who, "sets that differ", given)
    return tuple(tuple(one) for one in given)


def positions(
    who: str, sets: Sequence[Sequence[str]], features: Sequence[str]
) -> tuple[tuple[int, ...], ...]:
    """Return the sets as positions of features, in ascending order.

    Raises
    ------
    InputError
        A name that is none of the features.
    """
    at = {name: k for k, name in enumerate(features)}
    unknown = sorted({name for one in sets for name in one} - set(at))
    if unknown:
        raise InputError(
            f"{who}: expected sets of features of the problem ({', '.join(features)}); got "
            f"{', '.join(unknown)}"
        )
    return tuple(tuple(sorted(at[name] for name in one)) for one in sets)


def set_names(sets: Sequence[Sequence[str]], features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what the sets are called that some measures have values of."""
    asked = tuple(" & ".join(one) for one in sets)
    triples = tuple(" & ".join(three) for three in combinations(features, 3))
    return {"third_order": triples, "closed_of_set": asked, "total_of_set": asked}


def with_subsets(needs: Needs, first: str, total: str, interactions: str, sets: int) -> Needs:
    """Return the needs of two formulas with the rows of interactions and sets."""
    cost = needs.cost
    pairs = interactions != "none"
    # contrasts are made of single exchanges from B as well
    singles = pairs and "AB" not in exchanges(first, total, second_order=False)
    cost = replace(
        cost,
        constant=cost.constant + sets,
        per_feature=cost.per_feature + singles,
        per_pair=int(pairs),
        per_triple=int(interactions == "triples"),
    )
    return replace(needs, cost=cost)
