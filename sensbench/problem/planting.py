"""Planted columns: inputs added to data whose importance is known, noise and exact copies."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Int

from sensbench.errors import InputError, UnknownNameError, require
from sensbench.inputs.group import Group
from sensbench.inputs.names import Names, ordered
from sensbench.problem.problem import Data, Problem

NOISE = ""


def plant(problem: Problem, *, noise: int = 0, copies: Names = (), seed: int = 0) -> Problem:
    """Return data with inputs added whose importance is known: noise has none, copies share one.

    A method that puts noise above a real input has found nothing in that input (Stoppiglia et
    al. 2003, JMLR 3:1399-1414; Kursa & Rudnicki 2010, doi:10.18637/jss.v036.i11). A copy shows
    how a method divides credit between inputs that say the same.

    Parameters
    ----------
    problem
        Rows and targets that no model has been trained on yet.
    noise
        How many columns ``noise_1``, ``noise_2`` … to add. Each holds the values of a real
        column in another order, so that its marginal is a real one and it has nothing to do
        with the targets or any input. The seed picks the columns, each continuous one before any
        twice (others only where no input is continuous), and the orders.
    copies
        Features to add once more, value by value, as ``<feature>_copy``: also a discrete one, or
        a group.
    seed
        The same seed plants the same columns; more noise keeps those there were.

    Raises
    ------
    InputError
        Nothing to plant, or a problem that is not data alone: a model takes the inputs it has.
    UnknownNameError
        A copy of a feature that is not there.
    """
    who = f"plant in {problem.name!r}"
    copies = (copies,) if isinstance(copies, str) else ordered(copies, who, "copies")
    _check(problem, noise, copies, seed, who)
    real = [name for name in problem.features if name not in problem.planted]
    for name in copies:
        if name not in real:
            raise UnknownNameError.of(who, "feature to copy", name, real)

    rng = np.random.default_rng(seed)
    without = problem.space.without_derivative
    sources = [name for name in real if name not in without] or real
    order = rng.permutation(len(sources))
    planted, shuffled = problem, []
    for k in range(noise):
        source = sources[order[k % len(sources)]]
        name = _free(planted, f"noise_{k + 1}")
        planted = _with_column(planted, name, source, rng.permutation(len(_rows(problem))))
        shuffled.append(f"{name} ({source} shuffled)")
    copied = []
    for source in copies:
        name = _free(planted, f"{source}_copy")
        planted = _with_column(planted, name, source, None)
        copied.append(f"{name} of {source}")
    return _with_notes(planted, problem, shuffled, copied)


def planted_as(original: str) -> str:
    """Return what a planted column is, in words: "noise" or "copy of bmi"."""
    return f"copy of {original}" if original else "noise"


def _check(problem: Problem, noise: int, copies: Sequence[str], seed: int, who: str) -> None:
    for name, value in (("noise", noise), ("seed", seed)):
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        require(whole, who, f"{name} as a whole number of at least 0", value)
    if not noise and not copies:
        raise InputError(f"{who}: expected noise= or copies=; got neither; say what to plant")
    if len(set(copies)) != len(copies):
        raise InputError(f"{who}: expected distinct features to copy; got {list(copies)}")
    if problem.model is not None or problem.data is None or problem.data.y is None:
        kind = "a function" if problem.data is None else "a model or rows without targets"
        raise InputError(
            f"{who}: expected data with targets that a network is yet to be trained on, for "
            f"example diabetes; got {kind}, whose inputs are what they are"
        )
    if not problem.space.independent:
        raise InputError(
            f"{who}: expected rows whose columns' law is not asked for; got inputs that are "
            f"{problem.space.dependence.describe()}, which says nothing of planted ones; plant in "
            f"the rows first, and fit a law to all columns then"
        )
    if problem.truth:
        raise InputError(
            f"{who}: expected data whose exact importances are not known; got exact values of "
            f"{', '.join(problem.truth)}, which do not hold with more inputs"
        )


def _rows(problem: Problem) -> Float[np.ndarray, "n d"]:
    return problem.data.X if problem.data is not None else np.empty((0, problem.space.d))


def _free(problem: Problem, name: str) -> str:
    """Return the name, or with the first number that makes it new."""
    taken = {*problem.space.columns, *problem.features}
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _with_column(
    problem: Problem, name: str, source: str, order: Int[np.ndarray, " n"] | None
) -> Problem:
    """Return the problem with a feature's values once more, in another order or, as a copy, not."""
    space, X = problem.space, _rows(problem)
    block = space.blocks[space.names.index(source)]
    values = X[:, block] if order is None else X[order][:, block]
    group = next((group for group in space.groups if group.name == source), None)
    columns = (name,) if group is None else tuple(f"{name}[{space.columns[i]}]" for i in block)
    more = () if group is None else (Group(name, columns, group.rows),)
    # Only what is planted: the other pairs are what the space knew of the real columns.
    pairs = zip((space.columns[i] for i in block), columns, strict=True)
    same = () if order is not None else tuple((a, b, 1.0) for a, b in pairs)
    units = dict(zip(space.names, space.units, strict=False))
    wider = replace(
        space,
        columns=(*space.columns, *columns),
        marginals=(*space.marginals, *(space.marginals[i] for i in block)),
        units=(),
        correlated=(*space.correlated, *same),
        groups=(*space.groups, *more),
    )
    if space.units:
        wider = wider.with_units({**units, name: units[source]})
    y = None if problem.data is None else problem.data.y
    original = NOISE if order is not None else source
    return replace(
        problem,
        space=wider,
        data=Data(np.hstack([X, values]), y),
        planted=MappingProxyType({**problem.planted, name: original}),
    )


def _with_notes(
    planted: Problem, problem: Problem, shuffled: Sequence[str], copied: Sequence[str]
) -> Problem:
    before, after = problem.space.dependence_note(), planted.space.dependence_note()
    notes = [after if note == before else note for note in problem.notes]
    if shuffled:
        notes.append(f"planted noise, independent of all else: {', '.join(shuffled)}")
    if copied:
        notes.append(
            f"planted copies: {', '.join(copied)}; the data do not say how a model divides an "
            f"effect between the two, its first weights and its regularisation do"
        )
    return replace(planted, notes=tuple(notes))
