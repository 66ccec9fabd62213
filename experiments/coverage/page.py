"""The table as a page that needs nothing else."""

from html import escape
from typing import Any

import pandas as pd

from experiments.coverage.judged import (
    CLEAR,
    HIGHEST,
    LOWEST,
    OWN_MEAN,
    WIDTH,
    WIDTH_OF_NETS,
    WORST,
)

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 78em; padding: 0 1em }
table { border-collapse: collapse } td, th { padding: .15em .6em; text-align: left }
td.n { text-align: right; font-variant-numeric: tabular-nums } small { color: #666 }
tr { border-top: 1px solid #ddd } .miss { color: #a40000 } h2 { margin-top: 2em }
"""
_HEADS = (
    "problem",
    "size",
    "runs",
    "coverage",
    "worst input",
    "width",
    "with interval",
    "wrong",
    "misses",
)


def page(frame: pd.DataFrame, versions: str) -> str:
    """Return the page: what was done, how many cells miss which target, and every cell."""
    judged = frame[frame["coverage"].notna()]
    runs = _from_to(judged["runs"])
    missed = judged[judged["misses"] != ""]
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Coverage of intervals</title>"
        f"<style>{STYLE}</style><h1>How often 95 % intervals hold the truth</h1>",
        f"<p>{runs} runs of every method on every problem, at a small and a large size "
        "(rows, base rows or trajectories), seeds 0, 1, 2, …; 1,000 is what "
        "<code>make coverage</code> does. "
        "Coverage: share of intervals that hold the truth, over inputs and runs. Worst input: the "
        "smallest share of any input; among many inputs it is small by chance, too. Width: mean "
        "half-width over 1.96 times the true standard deviation of the estimate. With interval: in "
        "how many runs there was one; where a few rows decide a value there is none, and the "
        "coverage is of the others, which are those whose tail went unseen. Wrong: share of all "
        "runs that gave an interval without the truth in it. After ±: Monte-Carlo standard "
        "errors.</p>"
        "<p>The truth is exact; for the network it is a large sample's. For measures without one "
        "(Morris's, whose limit depends on its grid, δ, and active subspaces), marked *, the same "
        "method with twenty times the rows stands for it; marked **, the mean of the runs, where "
        "bias goes unseen.</p>"
        f"<p>Targets: coverage {100 * LOWEST:.0f} to {100 * HIGHEST:.0f} %, no input below "
        f"{100 * WORST:.0f} %, width at most {WIDTH} ({WIDTH_OF_NETS} for Sobol' indices). "
        f"A target counts as missed where it is by more than {CLEAR:.0f} standard errors. "
        f"<b>{len(missed)} of {len(judged)} cells miss one</b>: {_tally(judged)}.</p>"
        f"<p><small>{escape(versions)}</small></p>",
    ]
    for (method, measure), mine in judged.groupby(["method", "measure"], sort=False):
        parts.append(f"<h2>{escape(f'{method}: {measure}')}</h2><table><tr>")
        parts += [f"<th>{head}</th>" for head in _HEADS] + ["</tr>"]
        parts += [_row(row) for row in mine.to_dict("records")]
        parts.append("</table>")
    without = frame[frame["coverage"].isna()]
    if len(without):
        parts.append("<h2>Not there</h2><ul>")
        for row in without.drop_duplicates(["method", "problem", "measure"]).to_dict("records"):
            what = f"{row['method']} {row['measure']} on {row['problem']}: {row['reason']}"
            parts.append(f"<li>{escape(what)}</li>")
        parts.append("</ul>")
    return "\n".join(parts) + "</html>\n"


def _from_to(runs: "pd.Series[float]") -> str:
    if runs.empty:
        return "No"
    least, most = int(runs.min()), int(runs.max())
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"


def _tally(judged: pd.DataFrame) -> str:
    kinds = judged["misses"].str.split(", ").explode()
    counts = kinds[kinds.ne("") & kinds.notna()].value_counts()
    return "; ".join(f"{kind}: {n}" for kind, n in counts.items()) or "none"


def _row(row: dict[Any, Any]) -> str:
    star = {"known": "", OWN_MEAN: " **"}.get(str(row["truth"]), " *")
    cells = [
        f"<td>{escape(str(row['problem']))}{star}</td>",
        f"<td class='n'>{row['size']:,}</td><td class='n'>{row['runs']:,.0f}</td>",
        _number(100 * row["coverage"], 100 * row["coverage_se"], 1),
        _number(100 * row["worst"], 100 * row["worst_se"], 0),
        _number(row["width"], row["width_se"], 2),
        f"<td class='n'>{100 * row['with interval']:.0f} %</td>",
        f"<td class='n'>{100 * row['wrong']:.1f} %</td>",
        f"<td class='miss'>{escape(row['misses'])}</td>",
    ]
    return "<tr>" + "".join(cells) + "</tr>"


def _number(value: float, error: float, digits: int) -> str:
    if pd.isna(value):
        return "<td class='n'>exact</td>"
    return f"<td class='n'>{value:.{digits}f} <small>± {error:.{digits}f}</small></td>"
