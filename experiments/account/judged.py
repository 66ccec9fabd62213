"""What the account says of every case, and how often that is right."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

import sensbench as sb
from experiments.account.cases import Planted, factor
from experiments.account.controls import CONTROLS
from experiments.account.planted import PLANTED
from sensbench.account.chain import StepCause, way
from sensbench.account.contributions import cost_per_row
from sensbench.account.grid import GridSteps
from sensbench.account.levels import compute_levels, is_joint
from sensbench.account.steps import Changes, changes_of
from sensbench.account.verdict import Status, Verdict, judge

_RESAMPLES = 500


def verdict(case: Planted, rows: int, seed: int) -> Verdict:
    """Return the verdict on a case that is drawn anew, from so many base rows."""
    rng = np.random.default_rng([seed, rows])
    changes, problem = changes_at(case, factor(rng), rows, seed, rng)
    return judge(changes, problem.features)


def changes_at(
    case: Planted, a: float, rows: int, seed: int, rng: np.random.Generator
) -> tuple[Changes, sb.Problem]:
    """Return the steps of a case with a given factor, from so many base rows."""
    problem = case.make(rng, rows, a)
    joint = is_joint(problem)
    steps = way(case.start, case.end, joint)
    levels = [steps[0].start, *(edge.end for edge in steps)]
    budget = rows * cost_per_row(problem, levels, problem.d, joint)
    computed = compute_levels(
        problem, steps, problem.features, budget=budget, seed=seed,
        steps=GridSteps(), harmonics=10, resamples=_RESAMPLES,
    )  # fmt: skip
    return changes_of(computed, 0, 0.95), problem


def runs(sizes: Sequence[int], replicates: int) -> Iterator[dict[str, object]]:
    """Yield what came of every run: the case, its size, what was planted, and what was said."""
    for rows in sizes:
        for case in (*PLANTED, *CONTROLS):
            for seed in range(replicates):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", sb.errors.CorrelatedInputsWarning)
                    said = verdict(case, rows, seed)
                explained = said.status is Status.EXPLAINED
                yield {
                    "case": case.name,
                    "rows": rows,
                    "planted": " or ".join(sorted(case.causes)) or "none",
                    "right": explained and said.cause in case.causes,
                    "wrong": explained and said.cause not in case.causes,
                    "silent": not explained,
                    "said": str(said.cause or said.status),
                }


def by_case(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rate of right, wrong and silent answers of every case, and what was said most."""
    groups = frame.groupby(["rows", "case", "planted"], sort=False)
    table = groups[["right", "wrong", "silent"]].mean()
    table.insert(0, "runs", groups.size())
    table["said most"] = groups["said"].agg(lambda said: said.mode()[0])
    return table.reset_index()


def by_cause(frame: pd.DataFrame) -> pd.DataFrame:
    """Return precision and recall of every cause; of ``none``, the rate of false alarms."""
    lines = []
    for rows, part in frame.groupby("rows"):
        for cause in StepCause:
            planted = part["planted"].str.split(" or ").map(lambda names, c=cause: c in names)
            said = part["said"] == cause
            if planted.any():
                right = float((said & part["right"]).sum())
                # a case of two names counts for the one that was said
                asked = planted & (said | ~part["right"])
                lines.append((rows, str(cause), right / max(said.sum(), 1), right / asked.sum()))
        controls = part["planted"] == "none"
        planted = part[~controls]
        precision = planted["right"].sum() / (~planted["silent"]).sum()
        lines.append((rows, "all", precision, planted["right"].mean()))
        lines.append((rows, "controls", float("nan"), part.loc[controls, "silent"].mean()))
    return pd.DataFrame(lines, columns=["rows", "cause", "precision", "recall"])
