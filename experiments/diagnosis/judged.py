"""Precision and recall of every claim, over cases and seeds, and what was wrong in which case."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from experiments.diagnosis.cases import Case
from experiments.diagnosis.claims import STATEMENTS, Claim

TARGET = 0.9
_LEVEL = 0.95


def judged(lines: Iterable[Mapping[str, Any]], cases: Iterable[Case]) -> pd.DataFrame:
    """Return, of every run and claim, how many things were said rightly, wrongly, or missed."""
    by_name = {case.name: case for case in cases}
    rows = []
    for line in lines:
        case = by_name.get(line["case"])
        if case is None:
            continue  # of an earlier version of the cases
        for claim in filter(case.judged, Claim):
            said, must = set(line["said"].get(claim, ())), set(case.says.get(claim, ()))
            wrong = said - case.allowed(claim)
            rows.append((case.name, case.held_out, case.control, line["seed"], str(claim),
                         len(said - wrong), len(wrong), len(must & said), len(must),
                         ", ".join(sorted(wrong)), ", ".join(sorted(must - said))))  # fmt: skip
    columns = ["case", "held out", "control", "seed", "claim", "right", "wrong", "found", "planted",
               "said wrongly", "missed"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def wilson(k: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share k/n; of nothing, NaN."""
    if n == 0:
        return float("nan"), float("nan")
    z = stats.norm.ppf(0.5 + _LEVEL / 2)
    centre, half = k + z**2 / 2, z * np.sqrt(k * (n - k) / n + z**2 / 4)
    return float((centre - half) / (n + z**2)), float((centre + half) / (n + z**2))


def by_claim(frame: pd.DataFrame) -> pd.DataFrame:
    """Return precision and recall of every claim, and of all causes and all statements.

    ``cases``: in how many it is planted, and in how many it is not true.
    """
    rows = []
    statements = {str(claim) for claim in STATEMENTS}
    parts = {str(claim): frame["claim"] == claim for claim in Claim}
    parts["all causes"] = ~frame["claim"].isin(statements)
    parts["all statements"] = frame["claim"].isin(statements)
    for held_out in (False, True):
        for name, which in parts.items():
            part = frame[which & (frame["held out"] == held_out)]
            if part.empty:
                continue
            right, wrong, found, planted = (
                int(part[c].sum()) for c in ("right", "wrong", "found", "planted")
            )
            if not right + wrong + planted:
                continue
            has = part["planted"] > 0
            rows.append({
                "cases": "held out" if held_out else "development", "claim": name,
                "with": part.loc[has, "case"].nunique(),
                "without": part.loc[~has, "case"].nunique(),
                "said": right + wrong, "wrong": wrong, **_share("precision", right, right + wrong),
                "planted": planted, "found": found, **_share("recall", found, planted),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _share(name: str, k: int, n: int) -> dict[str, float]:
    low, high = wilson(k, n)
    return {name: k / n if n else float("nan"), f"{name} low": low, f"{name} high": high}


def by_case(frame: pd.DataFrame) -> pd.DataFrame:
    """Return of every case how many runs had nothing wrong or missed, and what was, by claim."""
    rows = []
    for name, part in frame.groupby("case", sort=False):
        runs = part["seed"].nunique()
        bad = part[(part["wrong"] > 0) | (part["missed"] != "")]
        rows.append({
            "case": name, "held out": bool(part["held out"].iloc[0]),
            "control": bool(part["control"].iloc[0]), "runs": runs,
            "all right": runs - bad["seed"].nunique(),
            "wrong": _tally(part[part["wrong"] > 0]), "missed": _tally(part[part["missed"] != ""]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _tally(part: pd.DataFrame) -> str:
    counts = part.groupby("claim", sort=False)["seed"].nunique()
    return "; ".join(f"{claim} ({n})" for claim, n in counts.items())


def false_alarms(frame: pd.DataFrame) -> pd.DataFrame:
    """Return in how many runs of the controls a cause was named."""
    causes = ~frame["claim"].isin({str(claim) for claim in STATEMENTS})
    part = frame[frame["control"] & causes]
    runs = part.groupby(["held out", "case", "seed"])["wrong"].sum() > 0
    rows = []
    for held_out, of in runs.groupby(level="held out"):
        k, n = int(of.sum()), len(of)
        rows.append({
            "cases": "held out" if held_out else "development",
            "controls": of.index.get_level_values("case").nunique(), "runs": n,
            "with a cause named": k, **_share("share", k, n),
        })  # fmt: skip
    return pd.DataFrame(rows)
