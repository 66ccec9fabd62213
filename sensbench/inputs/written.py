"""What people write for one input (bounds, values, probabilities, a law), as its marginal."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AnySet
from typing import Any

import numpy as np
from jaxtyping import Float

from sensbench.errors import InputError
from sensbench.inputs.from_scipy import is_scipys, marginal_of_scipy
from sensbench.inputs.marginal import Empirical, Marginal, Weighted, uniform

_WHAT = "(low, high), a list of values, {value: probability} or a scipy.stats frozen distribution"
# Probabilities in single precision add up to 1 within this.
_ROUNDING = 1e-6
_LAWS = {
    "norm": "norm(mean, std)", "gauss": "norm(mean, std)", "mean": "norm(mean, std)",
    "lognorm": "lognorm(s=…, scale=…)", "uniform": "uniform(low, high - low)",
    "triang": "triang(c, low, high - low)", "expon": "expon(scale=…)", "beta": "beta(a, b)",
    "gamma": "gamma(a, scale=…)", "poisson": "poisson(mean)", "binom": "binom(n, p)",
}  # fmt: skip


def marginal_of(name: str, given: Any) -> Marginal:
    """Return the marginal that ``given`` says in one of the ways of :meth:`InputSpace.of`.

    Raises
    ------
    InputError
        None of these, or something that can be read in two ways; the message says what to write.
    """
    if is_scipys(given):
        return marginal_of_scipy(name, given)
    if isinstance(given, Mapping):
        return _weighted(name, given)
    if isinstance(given, list | range) or (isinstance(given, np.ndarray) and given.ndim == 1):
        return Empirical(_values(name, given), discrete=True)
    if isinstance(given, tuple) and len(given) == 2:
        if any(isinstance(end, str | bytes) for end in given):
            raise _refused(name, given, "bounds are numbers, not text")
        if all(isinstance(end, bool | np.bool_) for end in given):
            raise _refused(name, given, "[0, 1] for two separate values, (0, 1) for bounds")
        return uniform(name, pair(name, given, _WHAT))
    raise _refused(name, given, _advice(given))


def pair(name: str, given: Any, what: str) -> tuple[float, float]:
    """Return two finite numbers in the order given, or raise an error that asks for ``what``."""
    if isinstance(given, AnySet | Mapping | str | bytes):
        # two numbers could be found in each of them, but not which comes first
        raise InputError(f"InputSpace: expected {what} for {name!r}; got {_short(given)}")
    try:
        first, second = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        raise InputError(f"InputSpace: expected {what} for {name!r}; got {given!r}") from error
    if not np.isfinite([first, second]).all():
        raise InputError(f"InputSpace: expected finite numbers for {name!r}; got {given!r}")
    return first, second


def _weighted(name: str, given: Mapping[Any, Any]) -> Weighted:
    try:
        values = np.array([_number(value) for value in given])
        shares = np.array([_number(share) for share in given.values()])
    except (TypeError, ValueError) as error:
        raise _refused(name, given, _advice(given)) from error
    expected = f"InputSpace: expected {{value: probability}} for {name!r}"
    if not len(values) or not np.isfinite(values).all():
        raise InputError(f"{expected} with finite values; got {_short(given)}")
    if not (np.isfinite(shares) & (shares >= 0)).all():
        raise InputError(f"{expected} with probabilities from 0 to 1; got {_short(given)}")
    total = float(shares.sum())
    if abs(total - 1) > _ROUNDING:
        raise InputError(
            f"{expected} with probabilities that sum to 1; got {_short(given)}, whose sum is "
            f"{total:g}; divide each by the sum, if they are counts or weights"
        )
    return Weighted(values, shares)


def _values(name: str, given: Any) -> Float[np.ndarray, " n"]:
    try:
        values = np.array([_number(value) for value in given])
    except (TypeError, ValueError) as error:
        pairs = all(isinstance(v, tuple | list) and len(v) == 2 for v in given)
        todo = (
            "write values with probabilities as {value: probability}, bounds as (low, high)"
            if pairs
            else "encode names as numbers, 1, 2, 3 …, and numbers typed as text too"
        )
        raise InputError(
            f"InputSpace: expected a list of numbers for {name!r}; got {_short(given)}; {todo}"
        ) from error
    if not len(values) or not np.isfinite(values).all():
        raise InputError(f"InputSpace: expected finite numbers for {name!r}; got {_short(given)}")
    return values


def _number(value: Any) -> float:
    """Return a real number as a float; text that looks like one is a mistake to hear of."""
    if value is np.ma.masked or np.ndim(value):
        raise TypeError(f"{value!r} is not one number")
    if isinstance(
        value, str | bytes | complex | np.complexfloating | np.datetime64 | np.timedelta64
    ):
        raise TypeError(f"{value!r} is not a real number")
    return float(value)


def _refused(name: str, given: Any, advice: str) -> InputError:
    return InputError(f"InputSpace: expected {_WHAT} for {name!r}; got {_short(given)}; {advice}")


def _advice(given: Any) -> str:
    """Say what to write instead."""
    module = type(given).__module__
    if isinstance(given, Mapping):
        return _advice_on_keys(given)
    if isinstance(given, AnySet):
        return "a set has no order: write a tuple for bounds, a list for separate values"
    if isinstance(given, str | bytes):
        return "text is not a distribution: write (0, 1) for bounds, [0, 1] for separate values"
    if isinstance(given, tuple):
        return "a tuple is two bounds; write a list for separate values"
    if module.startswith("torch.distributions"):
        return "scipy.stats has these laws too, as in scipy.stats.norm(mean, std)"
    if hasattr(given, "value_counts"):  # columns of pandas and Polars
        return (
            "write its .tolist() for these values, each equally likely; tuple(…) of it for "
            "bounds; {value: share} for counts of values"
        )
    if hasattr(given, "left") and hasattr(given, "right"):
        return "write (low, high)"
    if given is None or np.isscalar(given) or getattr(given, "ndim", 1) == 0:
        return "an input that does not vary is fixed inside the model"
    if isinstance(given, Iterator) or hasattr(given, "tolist") or hasattr(given, "__iter__"):
        return "write a tuple of two numbers for bounds, a list of numbers for separate values"
    return "scipy.stats has the laws, as in scipy.stats.norm(mean, std)"


def _advice_on_keys(given: Mapping[Any, Any]) -> str:
    keys = [str(key).lower() for key in given]
    if {"low", "high"} <= set(keys) or {"min", "max"} <= set(keys):
        return "write bounds as a tuple, (low, high)"
    for start, law in _LAWS.items():
        if keys and keys[0].startswith(start):
            return f"write a law as scipy.stats.{law}"
    return "encode names as numbers, {0: …, 1: …}; write a law as in scipy.stats.norm(mean, std)"


def _short(given: Any) -> str:
    text = " ".join(repr(given).split())
    text = text if len(text) <= 100 else f"{text[:97]}…"
    # the repr of what is not a plain literal need not say what it is
    return text if type(given).__module__ == "builtins" else f"{type(given).__name__} {text}"
