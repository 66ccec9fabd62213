"""Tables of many outputs together; all numbers are in the files, those on a page are bounded."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    same_question,
    the_question,
)
from sensbench.findings.over_outputs import MATTERS, OverOutputs, over_outputs
from sensbench.report.overview import leaders
from sensbench.report.table import ALWAYS, ReportTable, Table
from sensbench.report.text import (
    MOST_FEATURES,
    correlation,
    count,
    fit,
    in_short,
    number,
    plain_symbol,
    share,
    short_names,
)
from sensbench.study.results import Results

_MOST_DIFFERENT = 10
_MOST_ROWS = 300
_MOST_OPEN = 20
# Of more outputs the settled order takes seconds.
_MOST_ORDERED = 100
# Of names beside a number, in a cell and elsewhere.
_IN_CELL = 12
NAME_WIDTH = 40


class Outputs(ReportTable):
    """What is said of many outputs together, then the numbers of every output."""

    name, section, order = "outputs", "outputs", 20

    def tables(self, results: Results) -> Sequence[Table]:
        over = over_outputs(results)
        if over is None:
            return []
        return [
            replace(inputs_table(over), open_to=_MOST_OPEN),
            _first_table(results, over),
            replace(_different_table(over), open_to=ALWAYS),
            agreement_table(over),
            _shares_table(results, over),
            *_method_tables(results, over),
        ]


def inputs_table(over: OverOutputs) -> Table:
    """Return, by input, its share over the outputs and for how many it matters."""
    rows, n = over.inputs, len(over.profiles)
    outputs = short_names(list(over.profiles.index), _IN_CELL)
    shown = pd.DataFrame(
        {
            "input": in_short(rows.index, rows.index),
            "mean share": [share(v) for v in rows["mean"]],
            "median": [share(v) for v in rows["median"]],
            "lowest (output)": _where(rows["lowest"], rows["lowest_in"], outputs),
            "highest (output)": _where(rows["highest"], rows["highest_in"], outputs),
            "first in": [f"{k:,}" for k in rows["first"]],
            f"{MATTERS:g} or more in": [f"{k:,}" for k in rows["matters"]],
        }
    )
    note = (
        f"Over {n:,} outputs, means over the methods that have shares. Equal shares share "
        f"the first place."
    )
    data = rows.rename_axis("input").reset_index()
    return Table("outputs-inputs", f"Inputs, over {n:,} outputs", shown, data, note)


def _where(
    values: "pd.Series[float]", outputs: "pd.Series[str]", names: dict[str, str]
) -> list[str]:
    return [f"{share(v)} ({names[o]})" for v, o in zip(values, outputs, strict=True)]


def _first_table(results: Results, over: OverOutputs) -> Table:
    """Return the first inputs of every output, as far as their order is settled."""
    outputs = list(over.profiles.index)[:_MOST_ORDERED]
    frame = headline_shares(results)
    frame = same_question(frame[frame["output"].isin(outputs)], results)
    of = {str(output): rows for output, rows in frame.groupby("output", sort=False)}
    quality = the_question(results).quality
    data = pd.DataFrame(
        {
            "output": outputs,
            "most important inputs": [leaders(of[o]) if o in of else "n/a" for o in outputs],
            "R²": [quality[o].r2 if o in quality else float("nan") for o in outputs],
        }
    )
    shown = data.assign(output=in_short(outputs, outputs), **{"R²": [fit(v) for v in data["R²"]]})
    if data["R²"].isna().all():
        shown = shown.drop(columns="R²")
    n = len(over.profiles)
    which = "every output" if n == len(outputs) else f"the first {len(outputs):,} of {n:,} outputs"
    note = "As far as most methods' intervals say so and none denies it; a > b: a is settled first."
    title = f"First inputs of {which}"
    return Table("outputs-first", title, shown, data, note, prose=("most important inputs",))


def agreement_table(over: OverOutputs) -> Table:
    """Return the rank correlations of every pair of methods over the outputs."""
    pairs, names = over.pairs, short_names(list(over.profiles.index), _IN_CELL)
    between = [
        f"{correlation(low)} to {correlation(high)}"
        for low, high in zip(pairs["lowest"], pairs["highest"], strict=True)
    ]
    shown = pd.DataFrame(
        {
            "methods": pairs["first"].astype(str) + " and " + pairs["second"].astype(str),
            "median ρ": [correlation(v) for v in pairs["median"]],
            "range": between,
            "lowest in": [names.get(str(o), "") for o in pairs["lowest_in"]],
            "median τ-b": [correlation(v) for v in pairs["kendall"]],
            "same first in": [
                f"{same:,} of {n:,}"
                for same, n in zip(pairs["same_first"], pairs["n"], strict=True)
            ],
        }
    )
    title = "Agreement, over all outputs"
    return Table("outputs-agreement", title, shown, pairs, "Spearman's ρ and Kendall's τ-b.")


def _different_table(over: OverOutputs) -> Table:
    """Return the outputs whose importance differs most from the others' mean."""
    rows = over.outputs.head(_MOST_DIFFERENT)
    shown = pd.DataFrame(
        {
            "output": in_short(rows.index, rows.index),
            "elsewhere": [f"{100 * v:.0f} %" for v in rows["elsewhere"]],
            "more on": _by(rows["more"], rows["more_by"]),
            "less on": _by(rows["less"], rows["less_by"]),
        }
    )
    note = (
        "Elsewhere: the part of the output's importance that lies on other inputs than it does for "
        "the other outputs on average (half the sum of the differences)."
    )
    data = over.outputs.rename_axis("output").reset_index()
    title = f"Outputs that differ most ({len(rows)} of {len(over.outputs):,})"
    return Table("outputs-different", title, shown, data, note)


def _by(inputs: "pd.Series[str]", by: "pd.Series[float]") -> list[str]:
    names = short_names(list(dict.fromkeys(inputs)), NAME_WIDTH)
    signs = ("+" + share(v) if v > 0 else share(v) for v in by)
    return [f"{names[i]} ({sign})" for i, sign in zip(inputs, signs, strict=True)]


def _shares_table(results: Results, over: OverOutputs) -> Table:
    """Return outputs × inputs with mean shares; the file holds every number of every measure."""
    shown = _matrix(over.profiles, share)
    title = f"Every output: mean shares ({_rows(len(over.profiles))})"
    note = f"{_bounded(over)}The CSV file has every measure of every method."
    return Table("outputs-all", title, shown, results.final(), note)


def _method_tables(results: Results, over: OverOutputs) -> list[Table]:
    """Return outputs × inputs with the values of the measure each method ranks by."""
    frame = headline_shares(results)
    tables = []
    for k, method in enumerate(in_method_order(results, frame["estimator"])):
        rows = frame[frame["estimator"] == method]
        wide = rows.pivot(index="output", columns="feature", values="value")
        wide = wide.reindex(index=over.profiles.index, columns=over.profiles.columns)
        symbol = plain_symbol(results.methods[method].headline.symbol)
        title = f"Every output: {method}, {symbol} ({_rows(len(wide))})"
        name = f"outputs-method-{k + 1}"
        tables.append(Table(name, title, _matrix(wide, number), rows, _bounded(over)))
    return tables


def _matrix(wide: pd.DataFrame, worded: Callable[[float], str]) -> pd.DataFrame:
    part = wide.iloc[:_MOST_ROWS, :MOST_FEATURES]
    heads = short_names(list(part.columns), 24)
    shown = part.map(worded).rename(columns=heads)
    return shown.rename_axis(index="output", columns=None).reset_index()


def _rows(n: int) -> str:
    return count(n, "output") if n <= _MOST_ROWS else f"{_MOST_ROWS:,} of {n:,} outputs"


def _bounded(over: OverOutputs) -> str:
    rest = over.profiles.shape[1] - MOST_FEATURES
    return f"{count(rest, 'input')} of the least mean share not shown. " if rest > 0 else ""
