"""Ranks and shares: every method's headline measure on one scale."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from sensbench.measure import MEASURES

# A network computes in float32: shares that differ by less are the same number.
DECIMALS = 6
_GROUP = ["problem", "model", "output", "estimator"]


def shares(headline: pd.DataFrame) -> pd.DataFrame:
    """Add ``share``, ``share_low``, ``share_high`` and ``rank`` to headline numbers.

    Different methods measure different quantities in different units. What can be compared is
    how each divides importance among the inputs: ``|value| ** variance_power`` (the scale of the
    total-order index, on which all methods coincide for a linear model with independent inputs)
    divided by its sum over the inputs. Negative estimates, which are noise around 0, keep their
    sign and do not enter the sum. Rank 1 is the most important; equal values share the better
    rank.

    A method may not be applicable to some features (NaN: no share, no rank). What it divides is
    then not the whole: its shares sum to what the methods that rank every feature give to the
    same features, on average.

    ``headline``: one row per method and feature, as from ``Results.headline()``.
    """
    frame = headline.copy()
    power = frame["measure"].map(lambda name: MEASURES[name].variance_power or 1)
    signed = frame["measure"].map(lambda name: MEASURES[name].signed).astype(bool)
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
    total = (
        frame.assign(positive=np.maximum(value, 0.0))
        .groupby(_GROUP, sort=False)["positive"]
        .transform("sum")
        .to_numpy(dtype=float)
    )
    total = np.where(total > 0, total, np.nan)
    total = total / _whole(frame.assign(share=value / total))
    frame["share"], frame["share_low"], frame["share_high"] = (
        value / total,
        low / total,
        high / total,
    )
    frame["rank"] = (
        frame.assign(importance=frame["share"].round(DECIMALS).where(total > 0, value))
        .groupby(_GROUP, sort=False)["importance"]
        .rank(ascending=False, method="min")
    )
    return frame


def _whole(frame: pd.DataFrame) -> Float[np.ndarray, " rows"]:
    """How much of all importance each row's method divides: 1 where it ranks every feature."""
    missing = frame["share"].isna()
    if not missing.any():
        return np.ones(len(frame))
    partial = frame.assign(missing=missing).groupby(_GROUP, sort=False)["missing"].transform("any")
    feature = [*_GROUP[:-1], "feature"]
    usual = frame[~partial].groupby(feature, sort=False)["share"].mean().clip(lower=0).rename("u")
    known = frame[feature].merge(usual.reset_index(), on=feature, how="left")["u"].to_numpy()
    mine = frame.assign(known=np.where(missing, 0.0, known)).groupby(_GROUP, sort=False)["known"]
    # No method ranks every feature: then a share is one of what its method can rank.
    of_all = mine.transform("sum", min_count=1).fillna(1.0).to_numpy()
    return np.where(partial & (of_all > 0), of_all, 1.0)
