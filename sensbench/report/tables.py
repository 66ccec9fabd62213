"""Tables of one question: numbers as text for the page, and as they are for CSV files."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sensbench.problem.planted import planted_as
from sensbench.report.consensus import (
    common_first,
    first_places,
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.report.figures.agreement import pairs_of
from sensbench.report.figures.convergence import errors
from sensbench.report.intervals import intervals_said
from sensbench.report.over_outputs import over_outputs
from sensbench.report.planted import planted_tables
from sensbench.report.split import split_table
from sensbench.report.table import Table
from sensbench.report.text import (
    NOT_AVAILABLE,
    correlation,
    count,
    fit,
    in_short,
    interval,
    number,
    plain_symbol,
    quality_said,
    short_names,
)
from sensbench.study.results import Question, Results

_MOST_PAIRS = 10


def importance_tables(results: Results) -> list[Table]:
    """Return, per output, features × methods: value, interval, rank and the exact value."""
    question = the_question(results)
    frame = headline_shares(results)
    found = []
    for k, output in enumerate(shown_outputs(frame, question)):
        mine = frame[frame["output"] == output]
        order = mean_shares(mine)
        shown = pd.DataFrame({"input": in_short(order.index, order.index)})
        for method in in_method_order(results, mine["estimator"]):
            rows = mine[mine["estimator"] == method].set_index("feature").reindex(order.index)
            head = f"{method}\n{plain_symbol(results.methods[method].headline.symbol)}"
            shown[head] = [_stacked(row) for row in rows.to_dict("records")]
        shown["mean share"] = [number(v, 2) for v in order]
        note = "Values with their intervals; # is the rank. All these measures are dimensionless."
        said = intervals_said(results, list(dict.fromkeys(mine["estimator"])))
        note = f"{note} {said}".rstrip()
        named = _of(question, output)
        found.append(Table(f"importance-{k + 1}", f"Importance{named}", shown, mine, note))
    return found


def _stacked(row: Mapping[Any, Any]) -> str:
    """Return value and rank, the interval below, and the exact value below that."""
    value, _, ends = interval(row["value"], row["low"], row["high"]).partition(" ")
    rank = "" if pd.isna(row["rank"]) else f" #{row['rank']:.0f}"
    exact = "" if pd.isna(row["exact"]) else f"exact {number(row['exact'], 4)}"
    return "\n".join(filter(None, (value + rank, ends, exact)))


def _of(question: Question, output: str) -> str:
    return f", output {in_short([output], [output])[0]}" if len(question.outputs) > 1 else ""


def derivative_table(results: Results) -> Table | None:
    """Return the mean derivative of every output by every input, signed, with its unit."""
    question = the_question(results)
    final = results.final()
    mine = final[final["measure"] == "derivative_mean"]
    if mine.empty:
        return None
    method = str(mine["estimator"].iloc[0])
    mine = mine[mine["estimator"] == method]
    order = list(mean_shares(headline_shares(results)).index) or list(question.features)
    shown = pd.DataFrame({"input": in_short(order, order)})
    heads = short_names(question.outputs, 40)
    for output in question.outputs:
        rows = mine[mine["output"] == output].set_index("feature").reindex(order)
        shown[f"∂{heads[output]}/∂x"] = [
            f"{signed(r['value'], r['low'], r['high'])} {unit(question, output, f)}".rstrip()
            for f, r in zip(order, rows.to_dict("records"), strict=True)
        ]
    note = (
        "How much the output rises per unit of the input, on average. These numbers have units: "
        "they say the direction and the size of an effect and do not rank inputs that are measured "
        "in different units."
    )
    return Table("derivatives", f"Mean derivatives ({method})", shown, mine, note)


def signed(value: float, low: float, high: float) -> str:
    """Return an interval with the sign of its value written out."""
    text = interval(value, low, high)
    return f"+{text}" if value > 0 else text


def unit(question: Question, output: str, feature: str) -> str:
    """Return the unit of a derivative, where both units are known."""
    y, x = question.units.get(output, ""), question.units.get(feature, "")
    return f"{y}/{x}" if x and y else ""


def pairs_table(results: Results) -> Table | None:
    """Return the strongest pairs by second-order index."""
    final = results.final()
    mine = final[final["partner"].astype(str).ne("") & final["value"].notna()]
    if mine.empty:
        return None
    top = mine.sort_values("value", ascending=False, kind="stable").head(_MOST_PAIRS)
    shown = pd.DataFrame(
        [
            (r.output, f"{r.feature} × {r.partner}", r.estimator,
             plain_symbol(results.measures[str(r.measure)].symbol),
             interval(float(str(r.value)), float(str(r.low)), float(str(r.high))))
            for r in top.itertuples()
        ],
        columns=["output", "pair", "method", "measure", "value"],
    )  # fmt: skip
    title = f"Strongest pairs ({len(top)} of {len(mine)})"
    return Table("pairs", title, shown, mine)


def agreement_table(results: Results) -> Table | None:
    """Return rank correlations of all pairs of methods."""
    pairs = pairs_of(results)
    if pairs.empty:
        return None
    shown = pd.DataFrame(
        {
            "output": pairs["output"],
            "methods": pairs["first"].astype(str) + " and " + pairs["second"].astype(str),
            "Spearman ρ": [correlation(v) for v in pairs["spearman"]],
            "Kendall τ-b": [correlation(v) for v in pairs["kendall"]],
            "same first": ["yes" if same else "no" for same in pairs["same_top"]],
            "inputs": pairs["n"].astype(str),
        }
    )
    return Table("agreement", "Agreement of each pair", shown, pairs)


def accuracy_table(results: Results) -> Table | None:
    """Return errors against each measure's own exact values, at each method's largest budget."""
    found = errors(results)
    if found.empty:
        return None
    last = found[found["budget"] == found.groupby("estimator")["budget"].transform("max")]
    by = ["output", "estimator", "measure"]
    means = last.groupby(by, sort=False)[["rows", "relative_error", "covered"]].mean().reset_index()
    replicates = last.groupby(by, sort=False).size().to_numpy()
    shown = pd.DataFrame(
        {
            "output": means["output"],
            "method": means["estimator"],
            "measure": [plain_symbol(results.measures[m].symbol) for m in means["measure"]],
            "rows": [number(v) for v in means["rows"]],
            "relative error": [
                "n/a" if pd.isna(v) else f"{number(100 * v, 2)} %" for v in means["relative_error"]
            ],
            "intervals that hold the truth": [f"{100 * v:.0f} %" for v in means["covered"]],
            "runs": [str(n) for n in replicates],
        }
    )
    note = "Relative error is undefined (n/a) where all exact values are 0."
    if the_question(results).reference:
        note += (
            " The truth is the network's own value here, from a large sample: what is left is the "
            "error of the estimate alone."
        )
    return Table("accuracy", "Accuracy at the largest budget", shown, found, note)


def quality_table(results: Results) -> Table | None:
    """Return how well the model predicts every output, and its gradient where that is known."""
    question = the_question(results)
    if not question.quality:
        return None
    data = pd.DataFrame(
        [(o, q.r2, q.rmse, q.gradient_error) for o, q in question.quality.items()],
        columns=["output", "r2", "rmse", "gradient_error"],
    ).astype({"r2": float, "rmse": float, "gradient_error": float})
    shown = pd.DataFrame(
        {
            "output": data["output"],
            "R²": [fit(v) for v in data["r2"]],
            "RMSE": [
                NOT_AVAILABLE if pd.isna(v) else f"{number(v)} {question.units.get(o, '')}".rstrip()
                for o, v in zip(data["output"], data["rmse"], strict=True)
            ],
        }
    )
    note = f"On {question.judged_on}. RMSE is the root mean square error."
    if data["gradient_error"].notna().any():
        shown["gradient error"] = [
            NOT_AVAILABLE if pd.isna(v) else f"{number(100 * v, 2)} %"
            for v in data["gradient_error"]
        ]
        note += (
            " Gradient error: root mean square of the network's ∂f/∂x · σ_x minus the function's "
            "own, relative to that of the function's own; 100 % is what a gradient of 0 has."
        )
    return Table("quality", "How well the model predicts", shown, data, note)


def cost_table(results: Results) -> Table:
    """Return what every method spent at every budget, and how its cells ended."""
    rows = []
    for (method, budget), mine in results.cells.groupby(["estimator", "budget"], sort=False):
        done = mine[mine["status"] == "ok"]
        how = ", ".join(f"{n} {s}" for s, n in mine["status"].value_counts(sort=False).items())
        cost = done[["n_forward", "n_backward", "seconds"]].mean()
        shown = [number(v) if len(done) else "" for v in cost]
        rows.append((method, f"{budget:,}", *shown, how))
    columns = ["method", "budget", "forward rows", "backward rows", "seconds", "runs"]
    note = "Means over the runs that were computed. A backward row is one row differentiated once."
    return Table("costs", "Costs", pd.DataFrame(rows, columns=columns), results.cells, note)


def tables(results: Results) -> list[Table]:
    """Return every table of one question that has rows, in the page's order."""
    optional = (
        derivative_table(results), pairs_table(results), agreement_table(results),
        accuracy_table(results), split_table(results), quality_table(results),
    )  # fmt: skip
    return [*importance_tables(results), *(t for t in optional if t), *planted_tables(results),
            cost_table(results)]  # fmt: skip


def input_rows(question: Question) -> list[tuple[str, str, str]]:
    """Return name, distribution and unit of every input."""
    inputs: Mapping[str, str] = question.inputs
    planted = {f: f"planted {planted_as(of)}: " for f, of in question.planted.items()}
    return [
        (f, planted.get(f, "") + inputs.get(f, ""), question.units.get(f, ""))
        for f in question.features
    ]


def overview_rows(results: Results) -> list[tuple[str, str, str, str]]:
    """Return, per question: name, first inputs by output, runs that succeeded, and worst fit."""
    rows = []
    for problem, model in results.questions:
        part = results.of(problem, model)
        frame = headline_shares(part)
        over = over_outputs(part)
        tops = "; ".join(
            _leaders(frame[frame["output"] == output])
            for output in shown_outputs(frame, the_question(part))[:3]
        )
        if over is not None:
            tops = f"{' > '.join(over.profiles.columns[:3])} (over {len(over.profiles):,} outputs)"
        done = int((part.cells["status"] == "ok").sum())
        qualities = the_question(part).quality.values()
        fits = quality_said(min(qualities, key=lambda q: q.r2)) if qualities else ""
        rows.append((problem, tops or "n/a", f"{done} of {count(len(part.cells), 'run')}", fits))
    return rows


def _leaders(frame: pd.DataFrame) -> str:
    """Return the first inputs of one output in order; where methods differ, all the candidates."""
    order = list(mean_shares(frame).index)
    if frame["share"].isna().all():
        return "none visible"
    if common_first(frame) is None:
        named = {f for best in first_places(frame).values() for f in best}
        return f"{' or '.join(f for f in order if f in named)} (methods differ)"
    return " > ".join(order[:3])
