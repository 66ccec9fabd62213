"""What is aimed at, and whether it was met."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.speed.cases import SIZES, same_budget


@dataclass(frozen=True)
class Target:
    """A ratio that must be at most, or at least, a figure; of all rows that ``where`` names.

    With several rows the worst counts.
    """

    text: str
    bound: float
    where: dict[str, Any]
    at_most: bool = False


def targets() -> list[Target]:
    """Return them for the MLP 64-64 with two outputs."""
    plain = {"hidden": "64-64", "o": 2}
    found = []
    for d, N in SIZES:
        at = {"family": "sobol", "d": d, "n": N, "second_order": False, **plain}
        size = f"d = {d}, N = {N:,}"
        found.append(Target(f"Sobol' S₁ and S_T, 100 resamples ÷ bare forward; {size}", 1.5, {**at, "peer": "bare forward"}, True))
        found.append(Target(f"SALib by hand ÷ Sobol' S₁ and S_T; {size}", 10, {**at, "peer": "SALib"}))
    found.append(Target("SALib by hand ÷ Sobol' with second order; d = 30", 30, {"family": "sobol", "d": 30, "second_order": True, "peer": "SALib", **plain}))
    for rows, said in ((same_budget, "the budget of Sobol'"), (lambda d, N: N, "N rows")):
        for d, N in SIZES:
            n = rows(d, N)
            found.append(Target(
                f"gradient, all measures with intervals ÷ bare forward + backward; d = {d}, n = {n:,} ({said})",
                1.3, {"family": "gradient", "d": d, "n": n, "peer": "bare forward + backward", **plain}, True,
            ))
    at = {"family": "gradient", "d": 10, "n": 10_000, **plain}
    found.append(Target("Captum Saliency over all outputs ÷ gradient; d = 10, n = 10,000", 5, {**at, "peer": "Captum Saliency"}))
    found.append(Target("loop over rows and outputs ÷ gradient; d = 10, n = 10,000", 200, {**at, "peer": "loop over rows"}))
    at = {"family": "permutation", "peer": "scikit-learn"}
    found.append(Target("scikit-learn ÷ permutation, 10 repeats; d = 10, n = 2,000", 1.5, {**at, "d": 10, "n": 2000, **plain}))
    found.append(Target("scikit-learn ÷ permutation, 10 repeats; the worst of all sizes", 0.95, at))
    found.append(Target("SALib by hand ÷ delta; d = 10, n = 1,024", 50, {"family": "delta", "d": 10, "n": 1024, "peer": "SALib", **plain}))
    return found  # fmt: skip


STARTS = (
    ("import sensbench, above import torch (processor seconds)", "added to import torch", 0.3),
    ("sensbench --help (processor seconds)", "sensbench --help", 0.5),
    ("sensbench list estimators (processor seconds)", "sensbench list", 0.5),
)


def judged(results: pd.DataFrame, starts: dict[str, float]) -> pd.DataFrame:
    """Return one row per target: what was aimed at, what was measured, met or not."""
    rows = []
    for target in targets():
        chosen = results
        for column, value in target.where.items():
            chosen = chosen[chosen[column] == value]
        if "second_order" in target.where:  # the largest that was measured
            chosen = chosen[chosen["n"] == chosen["n"].max()]
        sign = "≤" if target.at_most else "≥"
        row = {"what": target.text, "target": f"{sign} {target.bound:g}"}
        ok = chosen[chosen["status"] == "ok"]
        if ok.empty:
            why = "; ".join(dict.fromkeys(chosen["detail"])) or "not measured in this run"
            rows.append({**row, "measured": "–", "range": "", "verdict": why})
            continue
        order = ok.sort_values("ratio")
        worst = order.iloc[-1 if target.at_most else 0]
        met = worst["ratio"] <= target.bound if target.at_most else worst["ratio"] >= target.bound
        ends = f"{worst['ratio_low']:.3g} – {worst['ratio_high']:.3g}, {worst['pairs']:.0f} pairs"
        if len(ok) > 1 and "d" not in target.where:
            ends += f"; at d = {worst['d']}, n = {worst['n']:,}, {worst['o']} outputs"
        verdict = "met" if met else "not met"
        rows.append({**row, "measured": f"{worst['ratio']:.3g}", "range": ends, "verdict": verdict})
    for text, name, bound in STARTS:
        verdict = "met" if starts[name] <= bound else "not met"
        measured = f"{starts[name]:.2f}"
        rows.append({
            "what": text, "target": f"≤ {bound:g} s", "measured": measured, "range": "",
            "verdict": verdict,
        })  # fmt: skip
    return pd.DataFrame(rows)
