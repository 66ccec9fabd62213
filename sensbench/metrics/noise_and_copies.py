"""Planted columns: who takes noise for an input that matters, and how credit is split."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sensbench.measure import MEASURES, Measure
from sensbench.metrics.ranks import shares
from sensbench.problem.planting import NOISE

# (problem, model) to planted feature and the feature it is a copy of
Planted = Mapping[tuple[str, str], Mapping[str, str]]

_KEYS = ["problem", "model", "output", "estimator"]
NOISE_COLUMNS = [
    *_KEYS, "measure", "noise", "best_noise", "best_noise_rank", "real", "real_not_above",
    "noise_share", "judged", "excludes_zero",
]  # fmt: skip
COPY_COLUMNS = [
    *_KEYS, "measure", "original", "copy", "original_rank", "copy_rank", "original_share",
    "copy_share", "together", "copy_part",
]  # fmt: skip


def noise_found(
    headline: pd.DataFrame, planted: Planted, measures: Mapping[str, Measure] = MEASURES
) -> pd.DataFrame:
    """Return, per method and output, how it treats planted noise, whose importance is 0.

    ``best_noise_rank``: the rank of the best-placed noise column, ``best_noise``. That column is
    the bar: of the ``real`` inputs that the method ranks (one with copies by the best-placed of
    them) it does not put ``real_not_above`` above it, and says of those no more than of noise
    (Stoppiglia et al. 2003, JMLR 3:1399-1414; Kursa & Rudnicki 2010,
    doi:10.18637/jss.v036.i11).

    ``noise_share``: the part of all importance that noise gets in total; NaN for a method without
    shares. ``excludes_zero``: of the ``judged`` noise columns that have an interval, how many
    have one without 0. That is an error of a method which measures prediction of targets; one
    that measures the model is right if the model uses the column.

    ``headline``: one row per method and feature, as from ``Results.headline()``.
    """
    rows = []
    for key, measure, group, originals in _questions(headline, planted, measures):
        names = [name for name, original in originals.items() if original == NOISE]
        noise = group[group.index.isin(names) & group["rank"].notna()]
        root = [originals.get(name, name) for name in group.index]
        real = group.groupby(root)["rank"].min().drop(NOISE, errors="ignore").dropna()
        if noise.empty:
            continue
        rank = float(noise["rank"].min())
        interval = noise[["low", "high"]].dropna()
        outside = (interval["low"] > 0) | (interval["high"] < 0)
        rows.append(
            (*key, measure, len(noise), str(noise["rank"].idxmin()), rank, len(real),
             int((real >= rank).sum()), float(noise["share"].sum(skipna=False)),
             len(interval), int(outside.sum()))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=NOISE_COLUMNS)


def credit_split(
    headline: pd.DataFrame, planted: Planted, measures: Mapping[str, Measure] = MEASURES
) -> pd.DataFrame:
    """Return, per method, output and copy, how credit is divided between an input and its copy.

    ``together`` is the share of the input and all its copies, ``copy_part`` the part of that
    which the copy gets: 0.5 is an even split. Shares are on the scale of variance: where a linear
    model splits a slope evenly, independent draws give each a quarter of the variance of the
    whole slope, and both together half.

    ``headline``: one row per method and feature, as from ``Results.headline()``.
    """
    rows = []
    for key, measure, group, originals in _questions(headline, planted, measures):
        for copy, original in originals.items():
            if original == NOISE or not {copy, original} <= set(group.index):
                continue
            family = [original, *(name for name, root in originals.items() if root == original)]
            together = float(group["share"].reindex(family).sum(skipna=False))
            pair = group.loc[[original, copy]]
            share = pair["share"].tolist()
            part = share[1] / together if together > 0 else np.nan
            rows.append(
                (*key, measure, original, copy, *pair["rank"].tolist(), *share, together, part)
            )
    return pd.DataFrame(rows, columns=COPY_COLUMNS)


def _questions(
    headline: pd.DataFrame, planted: Planted, measures: Mapping[str, Measure]
) -> list[tuple[tuple[str, ...], str, pd.DataFrame, Mapping[str, str]]]:
    """Return key, measure, features with share and rank, and what is planted among them."""
    questions = []
    frame = shares(headline[headline["partner"] == ""], measures)
    for key, group in frame.groupby(_KEYS, sort=False):
        at = tuple(map(str, key))
        originals = planted.get((at[0], at[1]), {})
        if originals:
            questions.append(
                (at, str(group["measure"].iloc[0]), group.set_index("feature"), originals)
            )
    return questions
