"""Ranks and shares: every method's headline measure on one scale."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.measure import MEASURES, Measure

# A network computes in float32: shares that differ by less are the same number.
DECIMALS = 6
# Negative values of this size, relative to the positive ones, say that a method sees noise.
_NOISE = 0.5
# A part of the importance below this is not worth an order, whatever its interval.
_LEAST_SHARE = 1e-3
_GROUP = ["problem", "model", "output", "estimator"]


def shares(headline: pd.DataFrame, measures: Mapping[str, Measure] = MEASURES) -> pd.DataFrame:
    """Add ``share``, ``share_low``, ``share_high`` and ``rank`` to headline numbers.

    Different methods measure different quantities in different units. What can be compared is
    how each divides importance among the inputs: ``|value| ** variance_power`` (the scale of the
    total-order index, on which all methods coincide for a linear model with independent inputs)
    divided by its sum over the inputs. A measure without that scale (``variance_power`` 0, such as
    delta) is divided as it is. Negative estimates, which are noise around 0, keep their
    sign and do not enter the sum. Rank 1 is the most important; equal values share the better
    rank.

    Where there is a column ``floor``, a value up to it is not told apart from that of an input
    without effect: its share is 0 up to that of its high end, it does not enter the sum, and all
    such inputs have the last rank together.

    A method has ranks but no shares (NaN) where there is nothing to divide: the negative values
    amount to more than half of the positive ones, or every interval reaches 0.

    A method may not be applicable to some features (NaN: no share, no rank). Its shares are then of
    what it scores alone, as they are: not comparable with those of methods that score them all.

    ``headline``: one row per method and feature, as from ``Results.headline()``; ``measures``:
    what they mean.
    """
    frame = headline.copy()
    power = frame["measure"].map(lambda name: measures[name].variance_power or 1).astype(float)
    signed = frame["measure"].map(lambda name: measures[name].signed).astype(bool)
    ends = {}
    for column in ("value", "low", "high"):
        values = frame[column].to_numpy(dtype=float)
        ends[column] = np.sign(values) * np.abs(values) ** power.to_numpy()
    value = np.where(signed, np.abs(ends["value"]), ends["value"])
    crosses = signed & (ends["low"] < 0) & (ends["high"] > 0)
    outer = np.maximum(np.abs(ends["low"]), np.abs(ends["high"]))
    inner = np.where(crosses, 0.0, np.minimum(np.abs(ends["low"]), np.abs(ends["high"])))
    low = np.where(signed, inner, ends["low"])
    high = np.where(signed, outer, ends["high"])
    floored = np.zeros(len(frame), dtype=bool)
    if "floor" in frame:
        floor = frame["floor"].to_numpy(dtype=float) ** power.to_numpy()
        floored = value <= floor
        value, low = (np.where(floored, np.minimum(end, 0.0), end) for end in (value, low))
    total = _divisible(frame, value, low)
    frame["share"], frame["share_low"], frame["share_high"] = (
        value / total,
        low / total,
        high / total,
    )
    largest = _over_group(frame, np.abs(value), "max")
    relative = pd.Series(value / np.where(largest > 0, largest, 1.0), index=frame.index)
    frame["rank"] = (
        frame.assign(
            importance=frame["share"]
            .where(total > 0, relative)
            .round(DECIMALS)
            .mask(floored, -np.inf)
        )
        .groupby(_GROUP, sort=False)["importance"]
        .rank(ascending=False, method="min")
    )
    return frame


def _divisible(
    frame: pd.DataFrame, value: Float[np.ndarray, " rows"], low: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """Return what each row's method divides among the inputs; NaN where that is only noise."""
    positive = _over_group(frame, np.maximum(value, 0.0), "sum")
    negative = _over_group(frame, np.maximum(-value, 0.0), "sum")
    # An estimator may come without intervals: then nothing says that its values are noise.
    clear = _over_group(frame, np.where(np.isnan(low), value > 0, low > 0).astype(float), "max")
    return np.where(
        (positive > 0) & (negative <= _NOISE * positive) & (clear > 0), positive, np.nan
    )


def _over_group(
    frame: pd.DataFrame, numbers: Float[np.ndarray, " rows"], how: Literal["sum", "max"]
) -> Float[np.ndarray, " rows"]:
    groups = frame.assign(numbers=numbers).groupby(_GROUP, sort=False)["numbers"]
    return groups.transform(how).to_numpy(dtype=float)


def least_share(d: int) -> float:
    """Return the share below which an input, one of ``d``, has no place in an order."""
    return min(_LEAST_SHARE, 0.1 / d)


def above_floor(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Return, of each row of headline shares, whether it rises above its method's noise.

    Its interval lies above 0, it is above the method's own floor where there is one, and it is a
    thousandth of the importance or more (of over 100 inputs, a tenth of an even part).
    """
    d = frame.groupby(_GROUP[:-1])["feature"].transform("nunique")
    least = d.map(least_share)
    low = frame["share_low"].where(frame["share_low"].notna(), frame["share"])
    return (low > 0) & (frame["share"] >= least)
