"""Calls of the public functions that do not fit them, said in one sentence."""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from sensbench.errors import CallError

P = ParamSpec("P")
T = TypeVar("T")

# What other libraries call it: the keyword of ours, where the function has it.
_OURS = {
    "random_state": "seed",
    "random_seed": "seed",
    "rng": "seed",
    "n_samples": "budget",
    "num_samples": "budget",
    "max_evals": "budget",
    "feature_names": "features",
    "names": "features",
    "columns": "features",
    "method": "estimators",
    "methods": "estimators",
    "target": "output",
    "target_names": "outputs",
    "output_names": "outputs",
    "categorical": "discrete",
    "categorical_features": "discrete",
    "data": "X",
}
_WITHOUT = {
    "seed": "nothing is drawn at random here that a seed= would change; leave it out",
    "features": "names come with a data frame, pandas.DataFrame(X, columns=names); leave it out",
    "n_jobs": "threads are set around the call, with sb.threads.limited(n): …; leave it out",
    "verbose": "nothing is printed; leave it out",
    "device": "move the model instead, model.to(device); leave it out",
}


def explained(function: Callable[P, T]) -> Callable[P, T]:
    """Refuse a call that does not fit the function in the house's words."""
    signature = inspect.signature(function)
    who = function.__qualname__.removesuffix(".__init__").rsplit(".", 1)[-1]

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError:
            # only then: to bind takes as long as a small network
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise _misfit(signature, args, kwargs, who, error) from None
            raise

    return call


def refuse_unknown(
    given: Iterable[str], known: Iterable[str], who: str, without: Mapping[str, str] = _WITHOUT
) -> None:
    """Raise a ``CallError`` for the first keyword that is not known, with what is meant by it.

    ``without`` says what to do instead where there is no such keyword.
    """
    known = list(known)
    for name in given:
        if name in known:
            continue
        ours = _OURS.get(name, name)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        if ours in known:
            hint = f"here it is {ours}="
        elif ours in without:
            hint = without[ours]
        else:
            hint = f"did you mean {near[0]}=?" if near else "leave it out"
        takes = ", ".join(f"{one}=" for one in known) or "none"
        raise CallError(f"{who}: expected keywords that it takes ({takes}); got {name}=; {hint}")


def _misfit(
    signature: inspect.Signature,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    who: str,
    error: TypeError,
) -> CallError:
    own = [p for p in signature.parameters.values() if p.name != "self"]
    try:
        refuse_unknown(kwargs, [p.name for p in own], who)
    except CallError as unknown:
        return unknown
    by_place = [p.name for p in own if p.kind is p.POSITIONAL_OR_KEYWORD]
    needed = [p.name for p in own if p.default is p.empty]
    by_name = [f"{p.name}=" for p in own if p.kind is p.KEYWORD_ONLY]
    places = len(args) - ("self" in signature.parameters)
    if places > len(by_place):
        what = f"{len(by_place)} arguments by position ({', '.join(by_place)}); got {places}"
        return CallError(f"{who}: expected at most {what}; pass the others as {', '.join(by_name)}")
    missing = [name for name in needed if name not in kwargs and name not in by_place[:places]]
    if missing:
        return CallError(
            f"{who}: expected {' and '.join(needed)}; got no {' and no '.join(missing)}; "
            f"call {who}({', '.join(by_place[: max(2, len(needed))])})"
        )
    return CallError(f"{who}: expected one value for each argument; {error}")
