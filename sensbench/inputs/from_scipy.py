"""scipy.stats' distributions, in every form people hold them, as marginals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from sensbench.errors import InputError
from sensbench.inputs.marginal import Marginal, Weighted, of_scipy

_PARTS = ("ppf", "mean", "std", "support")
_NEW_PARTS = ("icdf", "mean", "standard_deviation", "support")


@dataclass(frozen=True, eq=False)
class NewStyle:
    """A distribution of scipy's second kind (``scipy.stats.Normal`` …), with the first's names."""

    given: Any

    @property
    def discrete(self) -> bool:
        """Whether it takes separate values; scipy does not export the class that says so."""
        return any(kind.__name__ == "DiscreteDistribution" for kind in type(self.given).__mro__)

    def ppf(self, q: Any) -> Any:
        """Quantiles."""
        return self.given.icdf(q)

    def isf(self, q: Any) -> Any:
        """Quantiles from above."""
        return self.given.iccdf(q)

    def cdf(self, x: Any) -> Any:
        """Probability of at most x."""
        return self.given.cdf(x)

    def sf(self, x: Any) -> Any:
        """Probability of more than x."""
        return self.given.ccdf(x)

    def pdf(self, x: Any) -> Any:
        """Density."""
        return self.given.pdf(x)

    def mean(self) -> float:
        """Mean."""
        return float(self.given.mean())

    def std(self) -> float:
        """Standard deviation."""
        return float(self.given.standard_deviation())

    def support(self) -> tuple[float, float]:
        """Smallest and largest value."""
        low, high = self.given.support()
        return float(low), float(high)

    @property
    def label(self) -> str:
        """What it is, for reports."""
        return " ".join(str(self.given).split())


def unfrozen(given: Any) -> bool:
    """Whether this is a family, or a class, whose parameters are not given yet."""
    return isinstance(given, type) or _is_family(given)


def _is_family(given: Any) -> bool:
    return of_scipy(given, "rv_continuous", "rv_discrete")


def is_scipys(given: Any) -> bool:
    """Whether this is a distribution of scipy.stats, or has what is needed of one."""
    return (
        _is_family(given)
        or all(hasattr(given, part) for part in _PARTS)
        or all(hasattr(given, part) for part in _NEW_PARTS)
    )


def marginal_of_scipy(name: str, given: Any) -> Marginal:
    """Return the marginal; a table of values and probabilities becomes a ``Weighted``.

    scipy's own quantiles of such a table take memory for rows × values, and near 1 they may be
    its smallest value, where the probabilities' sum is rounded to less than 1.

    Raises
    ------
    InputError
        A family without its parameters, or parameters that are several numbers.
    """
    if isinstance(given, type):
        raise InputError(
            f"InputSpace: expected a distribution for {name!r}; got the class {given.__name__}; "
            f"give it its parameters, as in {given.__name__}(…)"
        )
    if unfrozen(given):
        given = _frozen(name, given)
    if not _single(given):
        raise InputError(
            f"InputSpace: expected a distribution of one input for {name!r}; got {given!r} with "
            f"several numbers for a parameter; give each input a distribution of its own"
        )
    if not all(hasattr(given, part) for part in _PARTS):
        return _new_style(given)
    dist: Any = getattr(given, "dist", None)
    if of_scipy(dist, "rv_discrete") and hasattr(dist, "xk") and hasattr(dist, "pk"):
        shift = given.kwds.get("loc", given.args[0] if given.args else 0)
        return Weighted(np.asarray(dist.xk, dtype=np.float64) + float(shift), np.asarray(dist.pk))
    return given


def _frozen(name: str, given: Any) -> Any:
    """Return a distribution without parameters as it is: a table, a histogram, one's own."""
    own = type(given) is not type(getattr(scipy.stats, given.name, None))
    if own and not given.numargs:
        return given()
    call = "yours" if own else f"scipy.stats.{given.name}"
    kind = "one of your own" if own else repr(given.name)
    shapes = [shape.strip() for shape in (given.shapes or "").split(",") if shape.strip()]
    wanted = shapes if of_scipy(given, "rv_discrete") else [*shapes, "loc", "scale"]
    raise InputError(
        f"InputSpace: expected a frozen distribution for {name!r}; got the family {kind}; give "
        f"it its parameters, as in {call}({', '.join(f'{part}=…' for part in wanted)})"
    )


def _single(given: Any) -> bool:
    try:
        return np.ndim(given.mean()) == 0 and all(np.ndim(end) == 0 for end in given.support())
    except TypeError:  # mean is an attribute: torch's, or somebody's own
        return False


def _new_style(given: Any) -> Marginal:
    # the two whose draws and constants have closed forms here
    normal: Any = getattr(scipy.stats, "Normal", ())
    uniform: Any = getattr(scipy.stats, "Uniform", ())
    if isinstance(given, normal):
        return scipy.stats.norm(float(given.mean()), float(given.standard_deviation()))
    if isinstance(given, uniform):
        low, high = (float(end) for end in given.support())
        return scipy.stats.uniform(low, high - low)
    return NewStyle(given)
