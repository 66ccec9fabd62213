"""Indices from the coefficients of an orthonormal expansion, with their intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

from sensbench.estimator.bootstrap import percentile
from sensbench.estimator.interval import DESIGN, Interval
from sensbench.estimator.result import Absent, Estimate
from sensbench.estimator.tails import HEAVY, SquaredTail
from sensbench.estimators._widths import carried_by_few

MEASURES = ("first_order", "total_order", "second_order", "shapley")
_FEW = "no interval where fewer than five rows carry the variance of y; more tell"
METHOD = "robust errors of coefficients, and the share that the fit misses"


@dataclass(frozen=True)
class Expansion:
    """A fitted expansion of one output.

    Attributes
    ----------
    degrees
        Of each term in each input; the constant is left out.
    coefficients, covariance
        Of the same terms.
    fit, fit_error
        Q²: the share of the variance that is predicted of rows that were left out; its standard
        error, over these rows.
    candidates
        From how many terms these were chosen.
    """

    degrees: Int[np.ndarray, "terms d"]
    coefficients: Float[np.ndarray, " terms"]
    covariance: Float[np.ndarray, "terms terms"]
    fit: float
    fit_error: float
    candidates: int

    def estimates(
        self, draws: int, confidence: float, rng: np.random.Generator
    ) -> Mapping[str, Estimate]:
        """Return the indices of one output, without its axis.

        An interval holds the spread of the coefficients, and all that the fit may miss: with a
        share Q² of the variance in the expansion, which is orthogonal to the rest, an index of the
        whole is Q²·S of the expansion and at most 1 - Q² more. The lower end counts only terms
        that stand out of the noise of all candidates: the largest of many are chosen, and those of
        an input without effect are no 0.
        """
        value = shares(self.degrees, self.coefficients)
        spread = _root(self.covariance)
        drawn = self.coefficients + rng.normal(size=(draws, len(spread))) @ spread.T
        fit = max(self.fit - float(stats.norm.ppf(0.5 + confidence / 2)) * self.fit_error, 0.0)
        error = np.sqrt(np.diag(self.covariance))
        chance = (1 - confidence) / 2 / self.candidates
        sure = np.abs(self.coefficients) > stats.norm.isf(chance) * error
        ends, least = shares(self.degrees, drawn), shares(self.degrees, drawn, sure)
        of = Interval(confidence, METHOD, DESIGN, draws)
        found = {}
        for name in value:
            e = percentile(value[name], ends[name], confidence, DESIGN)
            low = percentile(value[name], least[name], confidence, DESIGN).low * fit
            high = np.maximum(e.high * fit + 1 - fit, e.value)
            found[name] = Estimate(e.value, low, high, interval=of)
        return found


def shares(
    degrees: Int[np.ndarray, "terms d"],
    coefficients: Float[np.ndarray, "... terms"],
    counted: Bool[np.ndarray, " terms"] | None = None,
) -> dict[str, Float[np.ndarray, "..."]]:
    """Return the indices: sums of squared coefficients over the terms that hold an input.

    Sudret 2008, doi:10.1016/j.ress.2007.04.002. ``counted``: without the other terms, which stay
    in the variance that is divided.
    """
    holds: Bool[np.ndarray, "terms d"] = degrees > 0
    size = holds.sum(axis=1)
    parts = coefficients**2
    total = parts.sum(axis=-1, keepdims=True)
    parts = parts / np.where(total > 0, total, np.nan)
    if counted is not None:
        parts = parts * counted
    both = holds[:, :, None] & holds[:, None, :] & (size == 2)[:, None, None]
    both &= ~np.eye(holds.shape[1], dtype=bool)
    return {
        "first_order": parts @ (holds & (size == 1)[:, None]),
        "total_order": parts @ holds,
        "second_order": np.einsum("...t,tij->...ij", parts, both.astype(np.float64)),
        "shapley": parts @ (holds / size[:, None]),
    }


def poorly_fitted(outputs: Sequence[str], fit: Float[np.ndarray, " o"], least: float) -> str:
    """Return why there are no indices of outputs that a fit predicts too little of."""
    poor = [
        f"{name!r} ({q:.2g})" for name, q in zip(outputs, fit.tolist(), strict=True) if q < least
    ]
    if not poor:
        return ""
    more = f" and {len(poor) - 6} more" if poor[6:] else ""
    return (
        f"none for {', '.join(poor[:6])}{more}, of which the fit predicts less of rows left "
        f"out than Q² = {least:g}; raise the budget, or take a method without a fit"
    )


def stacked(
    found: Sequence[Mapping[str, Estimate] | None],
    d: int,
    note: str,
    measures: Sequence[str] = MEASURES,
) -> dict[str, Estimate | Absent]:
    """Return the outputs' estimates as one of each measure; NaN for outputs that have none."""
    given = [one for one in found if one is not None]
    together: dict[str, Estimate | Absent] = {}
    for name in measures:
        shape = (d, d) if name == "second_order" else (d,)
        ends = np.full((3, len(found), *shape), np.nan)
        for k, one in enumerate(found):
            if one is not None:
                ends[:, k] = one[name].low, one[name].value, one[name].high
        interval = given[0][name].interval if given else None
        together[name] = Estimate(ends[1], ends[0], ends[2], note, interval)
    return together


def settled(
    found: Mapping[str, Estimate | Absent], Y: Float[np.ndarray, "n o"]
) -> dict[str, Estimate | Absent]:
    """Return the estimates without intervals for outputs whose variance a few rows decide.

    A fit follows the rows that were met; what it predicts of those left out says nothing of a tail
    that none of them showed, and an index is a share of a variance that lies there.
    """
    centred = Y - Y.mean(axis=0)
    tail = SquaredTail(Y.shape[1], len(Y), HEAVY)
    tail.add(centred)
    few = carried_by_few(centred[..., None] ** 2)[:, 0]

    def of(item: Estimate) -> Estimate:
        over = (-1, *(1,) * (item.value.ndim - 1))
        item = item.with_tail(tail.shape.reshape(over))
        if not few.any():
            return item
        low, high = (np.where(few.reshape(over), np.nan, end) for end in (item.low, item.high))
        return replace(item, low=low, high=high)

    settled = {k: of(item) if isinstance(item, Estimate) else item for k, item in found.items()}
    if few.any():
        noted = {k: item.noted(_FEW) for k, item in settled.items() if isinstance(item, Estimate)}
        settled |= dict(list(noted.items())[:1])
    return settled


def _root(covariance: Float[np.ndarray, "k k"]) -> Float[np.ndarray, "k k"]:
    """Return a square root of it, whatever rounding made of its smallest directions."""
    variances, directions = np.linalg.eigh(covariance)
    return directions * np.sqrt(np.maximum(variances, 0.0))
