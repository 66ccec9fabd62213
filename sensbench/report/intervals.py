"""What the intervals of each method are, and which uncertainty they hold, in a sentence or two."""

from collections.abc import Sequence

import pandas as pd

from sensbench.report.text import listed
from sensbench.study.results import Results

_COVERS = {
    "sampling": "which rows were drawn",
    "design": "which points the design has",
    "targets": "what the targets happened to be",
    "refit": "training the model again",
}


def intervals_said(results: Results, methods: Sequence[str] | None = None) -> str:
    """Return level, method and what is covered, for the headline measures; methods alike together.

    For the line under a table and the caption of a figure. Empty where no method has an interval.

    Parameters
    ----------
    methods
        Labels of those that are shown; by default all.
    """
    headline = results.headline()
    if methods is not None:
        headline = headline[headline["estimator"].isin(list(methods))]
    alike: dict[tuple[float, str, str], list[str]] = {}
    without = []
    for label in dict.fromkeys(headline["estimator"]):
        rows = headline[(headline["estimator"] == label) & headline["value"].notna()]
        bounded = rows[rows["low"].notna() & rows["interval"].ne("")]
        if bounded.empty:
            without += [str(label)] if len(rows) else []
            continue
        for level, how, covers in (
            bounded[["level", "interval", "covers"]]
            .drop_duplicates()
            .itertuples(index=False, name=None)
        ):
            alike.setdefault((level, how, covers), []).append(str(label))
    if not alike:
        return ""
    parts = [
        f"{listed(labels)}: {100 * level:g} %, {how}, covers {_covered(covers)}"
        for (level, how, covers), labels in alike.items()
    ]
    if without:
        parts.append(f"{listed(without)}: none")
    return f"Intervals. {'; '.join(parts)}. What is not named is not covered."


def _covered(covers: str) -> str:
    sources = [source for source in str(covers).split(", ") if source and not pd.isna(source)]
    return listed(_COVERS.get(source, source) for source in sources)
