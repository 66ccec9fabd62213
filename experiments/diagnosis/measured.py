"""Runs of the cases, a case and seed at a time; what is done is kept, and not done again."""

import json
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import sensbench as sb
from experiments.diagnosis.cases import Case
from experiments.diagnosis.claims import Claim, said
from experiments.diagnosis.controls import CONTROLS
from experiments.diagnosis.held_out import HELD_OUT
from experiments.diagnosis.planted import PLANTED
from experiments.kept_lines import read

CASES: tuple[Case, ...] = (*PLANTED, *CONTROLS, *HELD_OUT)


def claims_of(case: Case, seed: int) -> dict[Claim, set[str]]:
    """Return what is said of a case that is drawn anew."""
    rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
    with warnings.catch_warnings():
        # a model may be poor and inputs dependent: that is what is planted
        warnings.simplefilter("ignore")
        asked = case.ask(rng)
        return said(sb.compare(asked.pop("model"), seed=seed, **asked))


def run(file: Path, replicates: int) -> Iterator[str]:
    """Run what the file does not hold yet, and yield each case when it is kept."""
    before = {(line["case"], line["seed"]) for line in read(file)}
    for seed in range(replicates):
        for case in CASES:
            if (case.name, seed) in before:
                continue
            claims = {claim: sorted(of) for claim, of in claims_of(case, seed).items()}
            line: dict[str, Any] = {"case": case.name, "seed": seed, "said": claims}
            with file.open("a", encoding="utf-8") as stream:
                stream.write(f"{json.dumps(line)}\n")
            yield f"{case.name}, seed {seed}"
