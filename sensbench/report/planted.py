"""What planted columns show: tables and sentences."""

import pandas as pd

from sensbench.metrics.planted import credit_split, noise_found
from sensbench.report.consensus import the_question
from sensbench.report.table import Table
from sensbench.report.text import NOT_AVAILABLE, listed, number
from sensbench.study.results import Results

_NOISE_NOTE = (
    "Planted noise is real columns in another order: nothing depends on it. Real inputs that a "
    "method does not put above the best-placed noise are not told from noise by it. An interval "
    "without 0: a method that measures the model (not the prediction of targets) is right if the "
    "network uses the noise it was trained with, and then the network is at fault."
)
_COPIES_NOTE = (
    "A copy holds the same values as its original. 50 % is an even split. Shares are on the scale "
    "of variance: a linear model that splits a slope evenly leaves each of the two a quarter of "
    "the variance of the whole slope where inputs are drawn independently, and half together."
)


def planted_tables(results: Results) -> list[Table]:
    """Return how each method ranks planted noise, and how it splits credit with copies."""
    found = []
    noise = noise_of(results)
    if not noise.empty:
        shown = pd.DataFrame(
            {
                "method": noise["estimator"],
                "output": noise["output"],
                "best-placed noise": [
                    f"{name} #{rank:.0f}"
                    for name, rank in zip(
                        noise["best_noise"], noise["best_noise_rank"], strict=True
                    )
                ],
                "real inputs not above it": _of(noise, "real_not_above", "real"),
                "share of all noise": [_percent(share) for share in noise["noise_share"]],
                "intervals without 0": _of(noise, "excludes_zero", "judged"),
            }
        )
        found.append(Table("planted-noise", "Planted noise", shown, noise, _NOISE_NOTE))
    copies = copies_of(results)
    if not copies.empty:
        shown = pd.DataFrame(
            {
                "method": copies["estimator"],
                "output": copies["output"],
                "input": copies["original"],
                "its share": _ranked(copies, "original"),
                "share of the copy": _ranked(copies, "copy"),
                "together": [number(share, 2) for share in copies["together"]],
                "the copy's part": [_percent(part) for part in copies["copy_part"]],
            }
        )
        found.append(Table("planted-copies", "Planted copies", shown, copies, _COPIES_NOTE))
    return found


def noise_of(results: Results) -> pd.DataFrame:
    """Return :func:`noise_found` of one question."""
    return noise_found(results.headline(), _planted(results), results.measures)


def copies_of(results: Results) -> pd.DataFrame:
    """Return :func:`credit_split` of one question."""
    return credit_split(results.headline(), _planted(results), results.measures)


def planted_said(results: Results, output: str) -> list[str]:
    """Return sentences on one output: noise above real inputs, and the split with copies."""
    noise, copies = noise_of(results), copies_of(results)
    return [
        text
        for text in (
            _noise_said(noise[noise["output"] == output]),
            _copies_said(copies[copies["output"] == output]),
        )
        if text
    ]


def _noise_said(noise: pd.DataFrame) -> str:
    fooled = noise[noise["real_not_above"] > 0]
    if noise.empty:
        return ""
    if fooled.empty:
        who = "Every method ranks" if len(noise) > 1 else f"{noise['estimator'].iloc[0]} ranks"
        return f"{who} all real inputs above the planted noise."
    told = listed(
        f"{row.real_not_above} of {row.real} by {row.estimator}" for row in fooled.itertuples()
    )
    return (
        f"Planted noise ranks as high as real inputs, or higher: {told} are not put above it, "
        f"and so are not told from noise."
    )


def _copies_said(copies: pd.DataFrame) -> str:
    told = []
    for (original, copy), mine in copies.groupby(["original", "copy"], sort=False):
        parts = mine["copy_part"].dropna()
        if len(parts):
            low, high = _percent(parts.min()), _percent(parts.max())
            between = low if low == high else f"{low} to {high}"
            told.append(f"{copy} takes {between} of what it and {original} get together")
    return f"Credit is split with planted copies: {listed(told)}." if told else ""


def _planted(results: Results) -> dict[tuple[str, str], dict[str, str]]:
    question = the_question(results)
    return {(question.problem, question.model): dict(question.planted)}


def _of(frame: pd.DataFrame, part: str, whole: str) -> list[str]:
    return [f"{a} of {b}" for a, b in zip(frame[part], frame[whole], strict=True)]


def _ranked(frame: pd.DataFrame, which: str) -> list[str]:
    pairs = zip(frame[f"{which}_share"], frame[f"{which}_rank"], strict=True)
    return [number(share, 2) + ("" if pd.isna(rank) else f" #{rank:.0f}") for share, rank in pairs]


def _percent(part: float) -> str:
    return NOT_AVAILABLE if pd.isna(part) else f"{100 * part:.0f} %".replace("-", "−")
