"""What planted columns show: who takes noise for an input, and how credit is split."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sensbench.findings.consensus import the_question
from sensbench.findings.finding import Cause, Finding
from sensbench.metrics.noise_and_copies import credit_split, noise_found
from sensbench.study.results import Results


def noise_of(results: Results) -> pd.DataFrame:
    """Return ``metrics.planted.noise_found`` of one question."""
    return noise_found(results.headline(), _planted(results), results.measures)


def copies_of(results: Results) -> pd.DataFrame:
    """Return ``metrics.planted.credit_split`` of one question."""
    return credit_split(results.headline(), _planted(results), results.measures)


def planted(results: Results, output: str) -> list[Finding]:
    """Return, of one output, who puts noise above real inputs, and the split with copies."""
    noise, copies = noise_of(results), copies_of(results)
    return [
        *map(_noise, noise[noise["output"] == output].to_dict("records")),
        *(
            _copy(row)
            for row in copies[copies["output"] == output].to_dict("records")
            if pd.notna(row["copy_part"])
        ),
    ]


def _noise(row: Mapping[Any, Any]) -> Finding:
    cause = Cause.NOISE_ABOVE if int(row["real_not_above"]) > 0 else Cause.NOISE_BELOW
    evidence = {
        "real inputs": int(row["real"]),
        "real inputs not above noise": int(row["real_not_above"]),
        "rank of the best-placed noise": float(row["best_noise_rank"]),
        "noise columns with intervals": int(row["judged"]),
        "noise columns with intervals without 0": int(row["excludes_zero"]),
    }
    where = str(row["output"]), (str(row["best_noise"]),), (str(row["estimator"]),)
    return Finding(cause, *where, evidence)


def _copy(row: Mapping[Any, Any]) -> Finding:
    evidence = {
        "part of the copy": float(row["copy_part"]),
        "share together": float(row["together"]),
    }
    both = str(row["original"]), str(row["copy"])
    return Finding(Cause.CREDIT_SPLIT, str(row["output"]), both, (str(row["estimator"]),), evidence)


def _planted(results: Results) -> dict[tuple[str, str], dict[str, str]]:
    question = the_question(results)
    return {(question.problem, question.model): dict(question.planted)}
