"""Tables of a study over its problems: what was computed, accuracy, budgets, networks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sensbench.findings.quality import split_of
from sensbench.metrics.error_split import relative_sizes
from sensbench.metrics.stability import variance_split
from sensbench.report.table import ALWAYS, Table
from sensbench.report.text import NOT_AVAILABLE, coverage_said, fit, number, percent
from sensbench.study.columns import plain
from sensbench.study.results import Results

# Shades of errors, in per cent: each step is twice the one before.
STEPS = (1.7, 3.4, 6.8, 14.0, 27.0)


def around(value: float, error: float, scale: float = 100.0) -> str:
    """Return a number in per cent with its standard error, where that is known."""
    if np.isnan(value):
        return NOT_AVAILABLE
    said = number(scale * value, 2)
    return said if np.isnan(error) else f"{said} ± {number(scale * error, 1)}"


def grid_table(results: Results) -> Table:
    """Return runs with a result by question and method, and how many were asked for."""
    cells = results.cells.assign(done=results.cells["status"] == "ok")
    by = cells.groupby(["problem", "model", "estimator"], sort=False)["done"]
    counts = by.agg(["sum", "size"]).reset_index()
    rows = []
    for problem, model in results.questions:
        of = counts[(counts["problem"] == problem) & (counts["model"] == model)]
        runs = {str(run["estimator"]): run for run in of.to_dict("records")}
        said = {
            m: _runs(int(runs[m]["sum"]), int(runs[m]["size"])) if m in runs else "none asked"
            for m in results.methods
        }
        rows.append({"problem": problem, "model": model, **said})
    shown = pd.DataFrame(rows)
    note = "Runs with a result, over all budgets and replicates; of how many, where not of all."
    data = counts.rename(columns={"sum": "computed", "size": "runs"})
    return Table("grid", "Runs computed", shown, data, note, open_to=ALWAYS, prose=("model",))


def _runs(done: int, of: int) -> str:
    return f"{done:,}" if done == of else f"{done:,} of {of:,}"


def errors_table(results: Results, means: pd.DataFrame) -> Table:
    """Return mean errors, methods × budgets, for the first screen."""
    budgets = sorted(means["budget"].unique().tolist())
    methods = [m for m in results.methods if m in set(means["estimator"])]
    at = means.set_index(["estimator", "budget"])
    most = int(means["problems"].max())
    shown = pd.DataFrame({"method": methods})
    shades: dict[str, Sequence[int | None]] = {}
    for budget in budgets:
        texts: list[str] = []
        steps: list[int | None] = []
        for method in methods:
            if (method, budget) not in at.index:
                texts.append(NOT_AVAILABLE)
                steps.append(None)
                continue
            row = at.loc[(method, budget)]
            fewer = " †" if row["problems"] < most else ""
            texts.append(around(row["relative_error"], row["error"]) + fewer)
            steps.append(int(np.searchsorted(STEPS, 100 * row["relative_error"])))
        shown[f"{budget:,}"] = texts
        shades[f"{budget:,}"] = steps
    sizes = sorted(set(means.loc[means["problems"] < most, "problems"].astype(int).tolist()))
    dagger = f" † over fewer problems ({', '.join(map(str, sizes))})." if sizes else ""
    note = (
        f"Error in % of the method's own known value: mean over {most} problems, ± its standard "
        f"error over replicates.{dagger} Darker: larger, to {', '.join(map(str, STEPS))} and more."
    )
    return Table(
        "errors-by-budget", "Error by method and budget", shown, means, note, open_to=ALWAYS,
        shades=shades,
    )  # fmt: skip


def accuracy_over_problems(means: pd.DataFrame) -> Table:
    """Return every kind of error, a row per method and budget."""
    rows = means.sort_values(["budget", "relative_error"], kind="stable")
    most = rows["problems"].max()

    def column(name: str, error: str) -> list[str]:
        return [around(v, e) for v, e in zip(rows[name], rows[error], strict=True)]

    shown = pd.DataFrame(
        {
            "method": rows["estimator"],
            "budget": [f"{b:,}" for b in rows["budget"]],
            "problems": [f"{int(n)}{' †' if n < most else ''}" for n in rows["problems"]],
            "error, %": column("relative_error", "error"),
            "bias, %": column("bias", "bias_error"),
            "largest error, %": column("max_error", "max_error_error"),
            "pairs in wrong order, %": column("misordered", "misordered_error"),
            "intervals that hold, %": [
                coverage_said(v) if np.isnan(v) else around(v, e)
                for v, e in zip(rows["covered"], rows["covered_error"], strict=True)
            ],
            "null inputs claimed, %": column("claimed", "claimed_error"),
        }
    )
    note = (
        "Means over problems ± their standard error over replicates. Error: of all inputs "
        "together, relative to the size of the known values; bias: signed; largest: of one input, "
        "relative to the largest known value; pairs: of inputs whose known values differ; null "
        "inputs: those without any effect whose interval, or value above the method's own noise "
        "floor, says otherwise. † means over fewer problems do not compare with the others. "
        "Intervals are of 95 % unless a method was asked for another level."
    )
    title = "Accuracy over all problems with known values"
    return Table("across-problems", title, shown, rows, note, open_to=ALWAYS)


def first_budget_table(reached: pd.DataFrame, budgets: Sequence[int], most_error: float) -> Table:
    """Return on how many problems each budget suffices, for an accuracy and for the order."""
    rows = []
    for method, of in reached.groupby("estimator", sort=False):
        row = {"method": str(method), "problems": str(len(of))}
        for name, head in (("accurate", f"≤ {percent(most_error)}"), ("ordered", "order")):
            for budget in budgets:
                row[f"{head} at {budget:,}"] = str(int((of[name] <= budget).sum()))
        rows.append(row)
    note = (
        f"Problems on which, from this budget on, the mean error is at most {percent(most_error)}, "
        f"and on which every run puts all inputs whose known values differ in their order."
    )
    shown = pd.DataFrame(rows)
    return Table("first-budget", "First budget that suffices", shown, reached, note, open_to=ALWAYS)


def networks_table(results: Results) -> Table | None:
    """Return, per problem, network and method, whose error is whose at the largest budget."""
    rows = []
    for problem, model in results.questions:
        part = results.of(problem, model)
        split = split_of(part)
        if split.empty:
            continue
        sizes = relative_sizes(split)
        ranks_by = {m.label: m.ranks_by for m in results.methods.values()}
        own = sizes[sizes["measure"] == sizes["estimator"].map(ranks_by)]
        last = own[own["budget"] == own.groupby("estimator")["budget"].transform("max")]
        quality = results.questions[problem, model].quality.values()
        worst = min(quality, key=lambda q: q.r2, default=None)
        parts = ["estimation_error", "model_error", "total_error"]
        for method, mean in last.groupby("estimator", sort=False)[parts].mean().iterrows():
            rows.append(
                {
                    "problem": problem, "network": model, "method": str(method),
                    "r2": worst.r2 if worst else np.nan,
                    "gradient_error": worst.gradient_error if worst else np.nan, **mean.to_dict(),
                }
            )  # fmt: skip
    if not rows:
        return None
    data = pd.DataFrame(rows)
    data["gradient_error"] = data["gradient_error"].astype(float)
    shown = pd.DataFrame(
        {
            "problem": data["problem"], "network": data["network"], "method": data["method"],
            "R²": [NOT_AVAILABLE if np.isnan(v) else fit(v) for v in data["r2"]],
            "gradient error, %": [number(100 * v, 2) for v in data["gradient_error"]],
            "of the estimate, %": [number(100 * v, 2) for v in data["estimation_error"]],
            "of the network, %": [number(100 * v, 2) for v in data["model_error"]],
            "together, %": [number(100 * v, 2) for v in data["total_error"]],
        }
    )  # fmt: skip
    note = (
        "Errors relative to the function's values, at the largest budget. More rows remove the "
        "estimate's; no rows remove the network's own. Sizes do not add up: errors may cancel."
    )
    title = "Whose error: the estimate's or the network's"
    return Table("networks", title, shown, data, note, open_to=ALWAYS, prose=("network", "method"))


def stability_table(results: Results) -> Table | None:
    """Return which part of the variance of the numbers is of another network, which of rows."""
    ranks_by = {m.label: m.ranks_by for m in results.methods.values()}
    frame = results.frame
    rows = frame[
        (frame["measure"].astype(object) == frame["estimator"].astype(object).map(ranks_by))
        & (frame["partner"] == "")
        & (frame["feature"] != "")
    ]
    rows = plain(rows)
    trained = {key for key, question in results.questions.items() if question.training}
    keys = pd.MultiIndex.from_frame(rows[["problem", "model"]])
    rows = rows[keys.isin(trained)] if trained else rows[:0]
    if rows.empty:
        return None
    largest = rows.groupby(["problem", "estimator"])["budget"].transform("max")
    data = variance_split(rows[rows["budget"] == largest])
    if data.empty:
        return None
    shown = pd.DataFrame(
        {
            "problem": data["problem"], "method": data["estimator"],
            "networks": data["networks"].astype(str),
            "replicates": data["replicates"].astype(str),
            "another network": [percent(v) for v in data["of_networks"]],
            "other rows": [percent(v) for v in data["of_replicates"]],
        }
    )  # fmt: skip
    note = (
        "Parts of the variance of each method's own measure, over all inputs, at the largest "
        "budget. Of so few networks it is a size, not a test."
    )
    title = "What moves the answer"
    return Table("stability", title, shown, data, note, open_to=ALWAYS, prose=("method",))
