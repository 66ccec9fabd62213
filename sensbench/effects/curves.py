"""Curves: how an output moves with one input, all else averaged out in one of two ways."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from sensbench.effects.slopes import Slopes
from sensbench.errors import NotApplicable
from sensbench.model.model import Model

# Steps between the points of a curve.
_STEPS = 16
# The curve's ends: beyond them a row or two would say what is drawn over a long way.
_ENDS = (0.01, 0.99)
_FEWEST_ROWS = 20
# Spread of single rows: from the 10 % to the 90 % point.
SPREAD = (0.1, 0.9)
_MOST_BINS, _ROWS_PER_BIN, _FEWEST_PER_BIN = 16, 20, 5
_ROWS_PER_STEP = 3


class Kind(StrEnum):
    """How the other inputs are averaged out."""

    PARTIAL = "partial dependence"
    """Each row with other values of the input, the other inputs as they are."""
    ACCUMULATED = "accumulated local effects"
    """Small changes of the input in rows that have about that value, added up."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The effect of one input on every output, less its mean over the rows.

    Attributes
    ----------
    at
        Values of the input.
    value
        The effect, in units of the output.
    low, high
        Where the middle 80 % of the rows' own curves lie, each less its own mean; NaN for
        accumulated local effects, which no row has alone. Equal to ``value`` where the input acts
        together with no other.
    separate
        Whether the input takes separate values only.
    rows
        How many rows the curve is a mean over.
    n_forward
        What it cost, in rows through the model.
    """

    feature: str
    kind: Kind
    at: Float[np.ndarray, " k"]
    value: Float[np.ndarray, "k o"]
    low: Float[np.ndarray, "k o"]
    high: Float[np.ndarray, "k o"]
    separate: bool
    rows: int
    n_forward: int


@dataclass(frozen=True, eq=False)
class SlopesAlong:
    """The derivative along one input, in bins of at least five rows: mean, and the middle 80 %.

    In units of the output per unit of the input. Under independent inputs its mean is the slope
    of the partial dependence; in general, that of the accumulated local effects.
    """

    at: Float[np.ndarray, " bins"]
    mean: Float[np.ndarray, "bins o"]
    low: Float[np.ndarray, "bins o"]
    high: Float[np.ndarray, "bins o"]


def partial_dependence(
    model: Model, X: Float[np.ndarray, "n d"], column: int, feature: str, *, separate: bool,
    budget: int, most: int,
) -> Curve:  # fmt: skip
    """Return the mean over rows of the output with the input at each value.

    PD(z) = mean_r f(z, x_r without the input), less its mean over the input's distribution.
    Spends a row per row and value. Friedman 2001, doi:10.1214/aos/1013203451; the rows' own
    curves: Goldstein et al. 2015, doi:10.1080/10618600.2014.907095.

    Raises
    ------
    NotApplicable
        The budget pays for fewer than 20 rows.
    """
    at = _points(X[:, column], separate)
    n = _rows(len(X), budget, len(at), most)
    metered = model.metered(budget)
    rows = np.repeat(X[:n], len(at), axis=0)
    rows[:, column] = np.tile(at, n)
    Y = metered(rows).reshape(n, len(at), -1)
    own = Y - np.einsum("k,nko->no", _weights(X[:, column], at, separate), Y)[:, None]
    low, high = np.quantile(own, SPREAD, axis=0)
    return Curve(
        feature, Kind.PARTIAL, at, own.mean(axis=0), low, high, separate, n, metered.n_forward
    )


def accumulated_local_effects(
    model: Model, X: Float[np.ndarray, "n d"], column: int, feature: str, *, budget: int, most: int
) -> Curve:
    """Return the local effects of the input, averaged within its bins and added up.

    ALE(z_k) = Σ_{l ≤ k} mean_{r in bin l} [f(z_l, x_r without it) - f(z_{l-1}, …)], less its mean
    over the input's distribution. Rows are only moved to the ends of their own bin, so that it
    needs no combinations of values that do not occur. Spends two rows per row. Apley & Zhu 2020,
    doi:10.1111/rssb.12377.

    Raises
    ------
    NotApplicable
        The budget pays for fewer than 20 rows.
    """
    n = _rows(len(X), budget, 2, most)
    at = _ends_of_bins(X[:n, column], max(1, min(_STEPS, n // _ROWS_PER_STEP)))
    used, bins = _binned(X[:n], column, at)
    metered = model.metered(budget)
    ends = np.concatenate([used, used])
    ends[:, column] = np.concatenate([at[bins + 1], at[bins]])
    upper, lower = np.split(metered(ends), 2)
    effects = np.zeros((len(at) - 1, metered.o))
    np.add.at(effects, bins, upper - lower)
    effects /= np.bincount(bins)[:, None]
    value = np.concatenate([np.zeros((1, metered.o)), np.cumsum(effects, axis=0)])
    value -= _weights(X[:, column], at, separate=False) @ value
    unknown = np.full(value.shape, np.nan)
    return Curve(
        feature, Kind.ACCUMULATED, at, value, unknown, unknown, False, len(used), metered.n_forward
    )


def slopes_along(slopes: Slopes, feature: str) -> SlopesAlong:
    """Return the derivative of every output along one input, over the middle 98 % of its rows."""
    i = slopes.features.index(feature)
    x, slope = slopes.X[:, i], slopes.slope[:, :, i]
    at = _ends_of_bins(x, int(np.clip(len(x) // _ROWS_PER_BIN, 1, _MOST_BINS)))
    inside = np.flatnonzero((x >= at[0]) & (x <= at[-1]))
    bins = _bins(x[inside], at)
    parts = [inside[bins == k] for k in range(len(at) - 1)]
    parts = [part for part in parts if len(part) >= min(_FEWEST_PER_BIN, len(inside))]
    low, high = np.stack([np.quantile(slope[part], SPREAD, axis=0) for part in parts], axis=1)
    return SlopesAlong(
        np.array([x[part].mean() for part in parts]),
        np.stack([slope[part].mean(axis=0) for part in parts]),
        low,
        high,
    )


def _rows(available: int, budget: int, evaluations: int, most: int) -> int:
    n = min(available, most)
    fewest = min(n, _FEWEST_ROWS)
    n = min(n, budget // evaluations)
    if n < fewest:
        raise NotApplicable(
            f"effects: expected a budget of {fewest * evaluations:,} rows or more per input, for "
            f"{fewest} rows; got {budget:,}"
        )
    return n


def _points(
    x: Float[np.ndarray, " n"], separate: bool, steps: int = _STEPS
) -> Float[np.ndarray, " k"]:
    """Return the values that the effect is taken at, from the 1 % to the 99 % point; or every one.

    They are as near to each other as rows are dense, and half of that even where there are few.
    """
    values = np.unique(x)
    if separate and len(values) <= steps:
        return values
    if separate:
        return np.unique(np.quantile(x, np.linspace(0, 1, steps + 1), method="nearest"))
    low, high = np.quantile(x, _ENDS)
    if not high > low:
        low, high = values[0], values[-1]
    inside = np.sort(x[(x >= low) & (x <= high)])
    part = np.linspace(0, 1, len(inside))
    along = (part + (inside - low) / (high - low)) / 2 if high > low else part
    inner = np.interp(np.linspace(0, 1, steps + 1)[1:-1], along, inside)
    return np.unique(np.concatenate([[low], inner, [high]]))


def _ends_of_bins(x: Float[np.ndarray, " n"], steps: int) -> Float[np.ndarray, " k"]:
    """Return such values between which there are rows: many equal ones leave bins without any."""
    at = _points(x, False, steps)
    inside = x[(x >= at[0]) & (x <= at[-1])]
    counts = np.bincount(_bins(inside, at), minlength=len(at) - 1)
    return at[np.append(True, counts > 0)]


def _binned(
    X: Float[np.ndarray, "n d"], column: int, at: Float[np.ndarray, " k"]
) -> tuple[Float[np.ndarray, "m d"], Int[np.ndarray, " m"]]:
    """Return the rows between the ends, and the bin of each; the lowest point is in the first."""
    inside: Bool[np.ndarray, " n"] = (X[:, column] >= at[0]) & (X[:, column] <= at[-1])
    used = X[inside]
    return used, _bins(used[:, column], at)


def _bins(x: Float[np.ndarray, " m"], at: Float[np.ndarray, " k"]) -> Int[np.ndarray, " m"]:
    return np.maximum(np.searchsorted(at, x, side="left") - 1, 0)


def _weights(
    x: Float[np.ndarray, " n"], at: Float[np.ndarray, " k"], separate: bool
) -> Float[np.ndarray, " k"]:
    """Return how much of the rows each point stands for: half of the bin on either side."""
    if separate:
        nearest = np.abs(x[:, None] - at).argmin(axis=1)
        return np.bincount(nearest, minlength=len(at)) / len(x)
    counts, _ = np.histogram(x, at)
    whole = counts / max(counts.sum(), 1)
    return (np.append(whole, 0.0) + np.append(0.0, whole)) / 2
