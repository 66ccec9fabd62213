"""What planted columns show: tables."""

import pandas as pd

from sensbench.findings.planted import copies_of, noise_of
from sensbench.report.table import Table
from sensbench.report.text import number, percent
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
    tables = []
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
                "share of all noise": [percent(share) for share in noise["noise_share"]],
                "intervals without 0": _of(noise, "excludes_zero", "judged"),
            }
        )
        tables.append(Table("planted-noise", "Planted noise", shown, noise, _NOISE_NOTE))
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
                "the copy's part": [percent(part) for part in copies["copy_part"]],
            }
        )
        tables.append(Table("planted-copies", "Planted copies", shown, copies, _COPIES_NOTE))
    return tables


def _of(frame: pd.DataFrame, part: str, whole: str) -> list[str]:
    return [f"{a} of {b}" for a, b in zip(frame[part], frame[whole], strict=True)]


def _ranked(frame: pd.DataFrame, which: str) -> list[str]:
    pairs = zip(frame[f"{which}_share"], frame[f"{which}_rank"], strict=True)
    return [number(share, 2) + ("" if pd.isna(rank) else f" #{rank:.0f}") for share, rank in pairs]
