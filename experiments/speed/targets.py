"""What is aimed at, and whether it was met."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.speed.cases import BARE, BOTH, EXCHANGES, FULL, JACOBIAN_ROWS, SIZES, same_budget
from experiments.speed.compare import FEW_ROWS


@dataclass(frozen=True)
class Target:
    """A ratio that must be at most, or at least, a figure; of all rows that ``where`` names.

    With several rows the worst counts. ``limit`` says what takes the time where it is not met.
    """

    text: str
    bound: float
    where: dict[str, Any]
    at_most: bool = False
    limit: str = ""


# What takes the time: profiles of 2026-11 on one thread. Shares, as processors differ twofold in
# how fast they multiply in single precision beside all else.
_MANY_SOBOL = (
    "A fifth of the time is the network's own; half are the deviations and products of 100 outputs "
    "in double precision (SALib's bootstrap multiplies 18,500 times a row, the network 11,100 "
    "times in single), a tenth the look for heavy tails."
)
_MANY_MORRIS = (
    "The network multiplies 11,100 times a row in single precision, the resamples of 1,000 effects "
    "65,000 times in double: a fifth of the time. A fifth fits the tails of sizes and squares, a "
    "fifth are variances and sums, a tenth orders the replicates. Fewer resamples cost less."
)
_WIDE_MORRIS = (
    "Beside the network: the rows that are drawn for the output's scale and those of the walks, "
    "both at the speed of writing them, and the order of 8,000 numbers' replicates."
)
_MANY_ROWS = (
    "Each as much as the comparison itself: the quantiles of ten columns in one look at all rows, "
    "reading all rows for moments and correlations, picking rows in random order."
)
_GRADIENT = (
    "Beside the passes: reading rows in random order and rounding them, three sums of the slopes, "
    "a look whether all are finite, and a comparison of each with the largest, which tails are "
    "read from. Each goes over all slopes once, at 0.3 to 1 ns a number; the passes take 5 ns a "
    "slope at d = 100. Of 1,024 rows the fits of tails take as long as all the passes."
)
_WIDE_GRADIENT = (
    "A fifth of the time is the model's passes, a third the largest slopes of every input, which "
    "tails are read from (a comparison a number, and the 6 % that are kept), a sixth their fits; "
    "the rest reads rows in random order, rounds them and sums."
)
_FIRST_JACOBIAN = (
    "Of 8 ms above the loop at 10,000 rows 3 are derivatives in double precision and the look "
    "whether all are finite, 4.5 a private copy and its trial, rows alone and in another order, "
    "and the pass in which the module is seen to be plain: many small calls."
)
_SEEN_JACOBIAN = (
    "Of the 0.6 ms above the loop: whether the module, its parameters or attributes have changed, "
    "and the rows' checks."
)
# Of fewer rows the checks of a first call take more than the derivatives: a time above the loop's.
FIRST_AS_A_RATIO = 10_000


def targets() -> list[Target]:
    """Return them, for the MLP 64-64 with two outputs but for one: the worst of all sizes."""
    plain = {"hidden": "64-64", "o": 2}

    def sobol(d: int, peer: str, **more: Any) -> dict[str, Any]:
        return {"family": "sobol", "d": d, "peer": peer, "second_order": False, **plain, **more}

    def gradient(d: int, n: int, peer: str) -> dict[str, Any]:
        return {"family": "gradient", "d": d, "n": n, "peer": peer, **plain}

    found = []
    for d, N in SIZES:
        what, size = "Sobol' S₁ and S_T, 100 resamples", f"; d = {d}, N = {N:,}"
        at_limit, by_hand = sobol(d, BARE, n=N), sobol(d, "SALib", n=N)
        found.append(Target(f"{what} ÷ bare forward{size}", 1.5, at_limit, at_most=True))
        found.append(Target(f"SALib by hand ÷ {what}{size}", 10, by_hand))
    pairs = sobol(30, "SALib", second_order=True)
    found.append(Target("SALib by hand ÷ Sobol' with second order; d = 30", 30, pairs))
    sizes = [(d, same_budget(d, N), "the budget of Sobol'") for d, N in SIZES]
    for d, n, said in (*sizes, *((d, N, "N rows") for d, N in SIZES)):
        what = "gradient, all measures with intervals ÷ bare forward + backward"
        size = f"; d = {d}, n = {n:,} ({said})"
        found.append(Target(f"{what}{size}", 1.3, gradient(d, n, BOTH), True, _GRADIENT))
    for what, peer, bound in (
        ("Captum Saliency over all outputs", "Captum Saliency", 5),
        ("loop over rows, outputs and inputs", "loop over rows and inputs", 200),
        ("loop over rows and outputs", "loop over rows", 200),
    ):
        text = f"{what} ÷ gradient; d = 10, n = 10,000"
        found.append(Target(text, bound, gradient(10, 10_000, peer)))
    for n in JACOBIAN_ROWS:
        rows = {"d": 20, "n": n, "o": 3, "hidden": "64-64", "peer": "loop over outputs"}
        what = f"÷ loop over outputs; d = 20, n = {n:,}, 3 outputs"
        again = {"family": "jacobian", **rows}
        seen = Target(f"sb.jacobian, seen before {what}", 1.3, again, True, _SEEN_JACOBIAN)
        found.append(seen)
        if n >= FIRST_AS_A_RATIO:
            first = {"family": "first_jacobian", **rows}
            text = f"sb.jacobian, first call {what}"
            found.append(Target(text, 1.3, first, True, _FIRST_JACOBIAN))
    what = "scikit-learn ÷ permutation, 10 repeats"
    every = {"family": "permutation", "peer": "scikit-learn"}
    one = {**every, "d": 10, "n": 2000, **plain}
    delta = {"family": "delta", "peer": "SALib", "d": 10, "n": 1024, **plain}
    return [
        *found,
        *_below_the_model(plain),
        Target(f"{what}; d = 10, n = 2,000", 1.5, one),
        Target(f"{what}; the worst of all sizes", 0.95, every),
        Target("SALib by hand ÷ delta; d = 10, n = 1,024", 50, delta),
        *_beside_the_model(plain),
    ]


def _beside_the_model(plain: dict[str, Any]) -> list[Target]:
    """Return the targets for what is done beside the model's own passes."""
    many = {**plain, "o": 100, "peer": BARE}
    found = [
        Target(
            "morris ÷ bare forward; d = 1,000, 20 trajectories", 2,
            {"family": "morris", "d": 1000, "peer": BARE, **plain}, at_most=True,
            limit=_WIDE_MORRIS,
        ),
        Target(
            "morris ÷ bare forward; d = 10, 100 outputs", 2, {"family": "morris", **many},
            at_most=True, limit=_MANY_MORRIS,
        ),
        Target(
            "Sobol' ÷ bare forward; d = 10, N = 1,024, 100 outputs", 1.5,
            {"family": "sobol", "n": 1024, **many}, at_most=True, limit=_MANY_SOBOL,
        ),
        Target(
            "gradient ÷ bare forward + backward; d = 1,000, n = 1,000", 1.5,
            {"family": "gradient", "d": 1000, "n": 1000, "peer": BOTH, **plain}, at_most=True,
            limit=_WIDE_GRADIENT,
        ),
        Target(
            "gradient ÷ bare forward + backward; d = 1,000, n = 10,000", 1.5,
            {"family": "gradient", "d": 1000, "n": 10_000, "peer": BOTH, **plain}, at_most=True,
            limit=_WIDE_GRADIENT,
        ),
    ]  # fmt: skip
    rows = {"family": "compare", "d": 10, "n": 10**6, "peer": FEW_ROWS, **plain}
    text = "sb.compare on 10⁶ rows ÷ on 2,000 of them; d = 10"
    found.append(Target(text, 3, rows, at_most=True, limit=_MANY_ROWS))
    for d in (10, 100):
        pawn = {"family": "pawn", "d": d, "n": 1024, "peer": "SALib", **plain}
        size = f"; d = {d}, n = 1,024"
        found.append(Target(f"SALib by hand ÷ pawn, the number{size}", 5, {**pawn, "resamples": 2}))
        # SALib has no interval
        bare = {**pawn, "resamples": None}
        found.append(Target(f"SALib by hand ÷ pawn with intervals{size}", 1, bare))
    return found


def _below_the_model(plain: dict[str, Any]) -> list[Target]:
    """Return the targets where the first layer is updated: never slower, and below the limit."""
    found = []
    for d, N, n in EXCHANGES:
        for family, name, rows in (("sobol", "Sobol'", N), ("permutation", "permutation", n)):
            where = {"family": family, "d": d, "n": rows, **plain}
            size = f"d = {d:,}, {rows:,} rows"
            text = f"{name} by full rows ÷ by updates; {size}"
            found.append(Target(text, 1, {**where, "peer": FULL}))
            if d == 1000:
                text = f"{name} ÷ bare forward; {size}"
                found.append(Target(text, 0.6, {**where, "peer": BARE}, at_most=True))
    return found


STARTS = (
    ("import sensbench as sb; sb.Model, above import torch", "sb.Model above torch", 0.3),
    ("import sensbench as sb; sb.compare, above import torch", "sb.compare above torch", 0.3),
    ("sensbench --help", "sensbench --help", 0.5),
    ("sensbench list estimators", "sensbench list", 0.5),
    ("sensbench analyze, ten inputs and its page, from a cold start", "analyze", 5.0),
    ("a cell of a study beside its estimate, one process", "cell", 0.001),
    ("the page of a study of 1,000 cells", "page", 8.0),
    *(
        (
            f"sb.jacobian of a new module above the loop over outputs; n = {n:,}, d = 20, o = 3",
            f"first jacobian {n}", 0.005,
        )
        for n in JACOBIAN_ROWS if n < FIRST_AS_A_RATIO
    ),
)  # fmt: skip


def three_figures(ratio: float) -> str:
    """Return a ratio as a reader takes it in: three figures, or a whole number."""
    return f"{ratio:,.0f}" if ratio >= 1000 else f"{ratio:.3g}"


def judged(results: pd.DataFrame) -> pd.DataFrame:
    """Return one row per target: what was aimed at, what was measured, met or not."""
    if "resamples" not in results:
        results = results.assign(resamples=np.nan)
    rows = []
    for target in targets():
        chosen = results
        for column, value in target.where.items():
            chosen = chosen[chosen[column].isna() if value is None else chosen[column] == value]
        if "second_order" in target.where:  # the largest that was measured
            chosen = chosen[chosen["n"] == chosen["n"].max()]
        sign = "≤" if target.at_most else "≥"
        row = {"what": target.text, "target": f"{sign} {target.bound:g}", "limit": ""}
        ok = chosen[chosen["status"] == "ok"]
        if ok.empty:
            why = "; ".join(dict.fromkeys(chosen["detail"])) or "not measured in this run"
            rows.append({**row, "measured": "–", "range": "", "verdict": why})
            continue
        order = ok.sort_values("ratio")
        worst = order.iloc[-1 if target.at_most else 0]
        met = worst["ratio"] <= target.bound if target.at_most else worst["ratio"] >= target.bound
        ends = f"{three_figures(worst['ratio_low'])} – {three_figures(worst['ratio_high'])}"
        ends += f", {worst['pairs']:.0f} pairs"
        if len(ok) > 1 and "d" not in target.where:
            ends += f"; at d = {worst['d']}, n = {worst['n']:,}, {worst['o']} outputs"
        row |= {"measured": three_figures(worst["ratio"]), "range": ends}
        row |= {"verdict": "met"} if met else {"verdict": "not met", "limit": target.limit}
        rows.append(row)
    return pd.DataFrame(rows)


def above_the_loop(results: pd.DataFrame) -> dict[str, float]:
    """Return by how many seconds the first derivatives of a module take longer than the loop."""
    first = results[(results["family"] == "first_jacobian") & (results["status"] == "ok")]
    more = first["seconds"] - first["peer_seconds"]
    return {f"first jacobian {n}": s for n, s in zip(first["n"], more.tolist(), strict=True)}


def waited(seconds: dict[str, float]) -> pd.DataFrame:
    """Return one row per target in seconds that was measured, as :func:`judged` for ratios."""
    return pd.DataFrame(
        [
            {
                "what": text, "target": f"≤ {bound:g} s", "measured": f"{seconds[name]:.3g} s",
                "verdict": "met" if seconds[name] <= bound else "not met",
            }
            for text, name, bound in STARTS
            if name in seconds
        ]
    )  # fmt: skip


def answer(verdicts: pd.DataFrame, seconds: pd.DataFrame) -> str:
    """Return the page's one answer: what an estimate costs, how much faster it is, what is met."""
    measured = dict(zip(verdicts["what"], verdicts["measured"], strict=True))
    d, N = SIZES[0]
    what, size = "Sobol' S₁ and S_T, 100 resamples", f"; d = {d}, N = {N:,}"
    limit = measured.get(f"{what} ÷ bare forward{size}", "–")
    by_hand = measured.get(f"SALib by hand ÷ {what}{size}", "–")
    parts = []
    if limit != "–":
        parts.append(f"a whole Sobol' estimate costs {limit} times the model's own passes")
    if by_hand != "–":
        parts.append(f"is {by_hand} times as fast as SALib by hand")
    judged_ones = pd.concat([verdicts["verdict"], seconds["verdict"]])
    met, missed = ((judged_ones == said).sum() for said in ("met", "not met"))
    count = f"{met} of {met + missed} targets are met."
    if not parts:
        return count
    said = " and ".join(parts)
    return f"{said[0].upper()}{said[1:]} ({d} inputs, {N:,} base rows). {count}"
