"""``python -m experiments.agreement``: run, judge against known orders, write a table."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

import sensbench as sb
from experiments.diagnosis.judged import wilson
from sensbench.findings.agreement import pairs_of
from sensbench.metrics.ranks import DECIMALS, above_floor, shares
from sensbench.metrics.similarity import MEASURES

OUT = Path("reports/agreement")
BUDGET = 3000
METHODS = ("gradient", "sobol", "permutation")


def additive(*coefficients: float) -> Callable[[], sb.Problem]:
    """A sum of normal inputs: all methods have the same true order, with ties where equal."""
    a = np.array(coefficients)

    def make() -> sb.Problem:
        import torch

        space = sb.InputSpace.normal({f"x{k}": (0, 1) for k in range(len(a))})
        return sb.Problem.of(
            lambda x: x @ torch.as_tensor(a, dtype=x.dtype), space, name="additive"
        )

    return make


# name, problem, rows of a run
CASES: tuple[tuple[str, Callable[[], sb.Problem]], ...] = (
    ("equal inputs", additive(1, 1, 1)),
    ("two ties", additive(2, 2, 1, 1)),
    ("near in pairs", additive(1, 0.98, 0.96, 0.5, 0.48, 0.46)),
    ("Ishigami", lambda: sb.problems.load("ishigami")),
    ("G (8)", lambda: sb.problems.load("sobol_g")),
    ("friedman1", lambda: sb.problems.load("friedman1")),
)


def true_shares(results: Any) -> pd.DataFrame:
    """Return headline shares with the estimates replaced by the known values."""
    ((problem, model),) = results.questions
    question = results.questions[problem, model]
    headline = results.headline()
    known = {name: question.true_values(name, "y") for name in dict.fromkeys(headline["measure"])}
    exact = [
        known[m].get(f, np.nan)
        for m, f in zip(headline["measure"], headline["feature"], strict=True)
    ]
    frame = headline.assign(value=exact, low=exact, high=exact).drop(columns="floor")
    return shares(frame, results.measures)


def run(make: Callable[[], sb.Problem], seed: int) -> list[dict[str, Any]]:
    """Return, of one run, what each pair's intervals hold of the agreement of the true orders.

    Over the inputs that the run has compared: which these are is part of what is estimated.
    """
    problem = make()
    if not len(problem.truth):
        from dataclasses import replace

        problem = replace(problem, truth=sb.reference(problem))
    results = sb.compare(problem, estimators=list(METHODS), budget=BUDGET, seed=seed).results
    output = problem.outputs[0]
    estimated = shares(results.headline(), results.measures)
    clear = estimated.assign(clear=above_floor(estimated))
    wide = clear.pivot(index="feature", columns="estimator", values="clear")
    exact = true_shares(results).pivot(index="feature", columns="estimator", values="share")
    exact = exact.round(DECIMALS - 2)
    pairs = pairs_of(results)
    found = []
    for pair in pairs[pairs["output"] == output].to_dict("records"):
        one, other = pair["first"], pair["second"]
        seen = (wide[one] | wide[other]).to_numpy(dtype=bool)
        a, b = (exact.loc[wide.index[seen], m].to_numpy() for m in (one, other))
        if seen.sum() < 3 or np.isnan([*a, *b]).any():
            continue
        a_rank, b_rank = (pd.Series(-v).rank(method="min").to_numpy()[None] for v in (a, b))
        opposite = any((a[i] - a[j]) * (b[i] - b[j]) < 0 for i, j in combinations(range(len(a)), 2))
        line = {"pair": f"{one}, {other}", "said": pair["settled_against"] > 0, "true": opposite}
        for name, of in MEASURES.items():
            truth, low, high = of(a_rank, b_rank)[0], pair[f"{name}_low"], pair[f"{name}_high"]
            line[name] = (
                np.nan if np.isnan([truth, low]).any() else low - 1e-9 <= truth <= high + 1e-9
            )
            line[f"{name} width"] = high - low
        found.append(line)
    return found


def judged(lines: pd.DataFrame) -> pd.DataFrame:
    """Return, per case, coverage and mean width of every measure, and false opposite orders."""
    rows = []
    for case, of_case in lines.groupby("case", sort=False):
        wrong = of_case["said"] & ~of_case["true"]
        said = f"{int(wrong.sum())} of {int((~of_case['true']).sum())}"
        truly = f"{int((of_case['said'] & of_case['true']).sum())} of {int(of_case['true'].sum())}"
        for name in MEASURES:
            held = of_case[name].dropna().astype(float)
            low, high = wilson(held.sum(), len(held))
            rows.append({
                "case": case, "measure": name, "intervals": len(held), "coverage": held.mean(),
                "coverage low": low, "coverage high": high,
                "width": of_case[f"{name} width"].mean(),
                "opposite, falsely": said, "opposite, rightly": truly,
            })  # fmt: skip
    return pd.DataFrame(rows)


@click.command()
@click.option("--replicates", default=100, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
def main(replicates: int, out: Path) -> None:
    """Measure how often intervals of agreement hold the agreement of the true orders."""
    out.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, Any]] = []
    with sb.threads.limited(1):
        for seed in range(replicates):
            for case, make in CASES:
                lines += [{"case": case, "seed": seed, **line} for line in run(make, seed)]
            table = judged(pd.DataFrame(lines))
            table.to_csv(out / "coverage.csv", index=False, float_format="%.3g")
    click.echo(table.to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
