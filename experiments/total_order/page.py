"""The page: what was asked, what came out, one figure and the tables."""

from html import escape
from io import StringIO

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from experiments.total_order.measured import CONTENDERS
from sensbench.report import style

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .2em .7em; text-align: left }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
tr { border-top: 1px solid #8884 } .wide { overflow-x: auto }
figure { margin: 1.5em 0; overflow-x: auto } figcaption { max-width: 46em }
figure svg { background: #fff; max-width: 100%; height: auto; min-width: 34em }
"""
_BETTER = 0.05


def page(summary: pd.DataFrame, pairs: pd.DataFrame, parts: pd.DataFrame, told: str) -> str:
    """Return the page as HTML that needs nothing else."""
    n = int(summary["scenarios"].max())
    return "\n".join([
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Estimators of total order, compared</title><style>{_STYLE}</style></head><body>"
        "<main><h1>Which estimator of total order ranks inputs best?</h1>",
        *(f"<p>{sentence}</p>" for sentence in answer(summary, pairs)),
        f"<figure>{figure(summary)}<figcaption>Median over scenarios of the correlation between "
        "Savage scores of the estimate and of the exact S<sub>T</sub>; line: 95 % interval of the "
        "median, from resampled scenarios; cross: a tenth of the scenarios is below.</figcaption>"
        "</figure>",
        "<h2>What was done</h2>",
        f"<p>{n:,} random functions of 3 to 100 inputs (Becker 2020, "
        "<a href='https://doi.org/10.1016/j.ress.2020.107189'>doi:10.1016/j.ress.2020.107189</a>), "
        "as in the comparison of Puy et al. 2022 (<a href='https://doi.org/10.1615/"
        "Int.J.UncertaintyQuantification.2021038133'>doi:10.1615/Int.J.UncertaintyQuantification."
        "2021038133</a>). Drawn by a scrambled Sobol' sequence: the number of inputs, the laws of "
        "the inputs, the shapes, the share of pairs and triples that interact, the design and the "
        "budget: 32 to 1,024 base rows of a design with one exchange per input, d + 2 rows each. "
        "All contenders have the same budget of rows through the model; a formula with two "
        "exchanges has half the base rows for it, and a gradient counts its backward rows. The "
        "total index is compared with its exact value (products of one-dimensional integrals), "
        "where the paper used a large sample's. First and total order are estimated together, as "
        "<code>sobol</code> does: <code>saltelli</code> pays here for an exchange of which only "
        "its first order makes use.</p>",
        "<h2>Every contender</h2>", _table(summary, _HEADS),
        "<h2>Median correlation, by one property of the scenarios at a time</h2>",
        _table(parts, {"by": "property", "value": "value"}),
        "<h2>Pairs: Wilcoxon's signed-rank test, Holm's correction</h2>",
        _table(pairs, {"one": "one", "other": "other", "scenarios": "scenarios in common",
                       "one_ahead": "one ahead", "p_holm": "p"}),
        f"<p><small>{escape(told)}</small></p></main></body></html>\n",
    ])  # fmt: skip


_HEADS = {
    "contender": "contender",
    "scenarios": "scenarios",
    "correlation": "median correlation",
    "correlation_low": "from",
    "correlation_high": "to",
    "worst_tenth": "lowest tenth",
    "first_right": "first input right",
    "error": "median of mean |error| of S_T",
    "ahead": "ahead of another",
}


def answer(summary: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """Return what the numbers support: the best formulas, those that lag, and gradients."""
    best, *_ = summary["contender"]
    tied = [best, *_not_apart(best, pairs)]
    sentences = [
        f"<b>{escape(best)}</b> ranks best ({_of(summary, best, 'scenarios'):,.0f} scenarios): "
        f"ahead of another contender in {_of(summary, best, 'ahead'):.0%} of those that both ran, "
        f"median correlation {_of(summary, best, 'correlation'):.3f}."
        + (
            f" Not told apart from it (p ≥ {_BETTER}): {escape(', '.join(tied[1:]))}."
            if len(tied) > 1
            else " Every other contender is told apart from it."
        )
    ]
    formulas = summary[summary["contender"].str.startswith("sobol ")]
    if len(formulas):
        first, last = formulas.iloc[0], formulas.iloc[-1]
        order = ", ".join(name.removeprefix("sobol ") for name in formulas["contender"])
        sentences.append(
            f"Among the formulas of <code>sobol</code> the order is {escape(order)}: median "
            f"correlations from {first['correlation']:.3f} to {last['correlation']:.3f}."
        )
    if {"gradient", "sobol jansen"} <= set(summary["contender"]):
        test = _pair("gradient", "sobol jansen", pairs)
        ahead, p = test["one_ahead"], test["p_holm"]
        if test["one"] != "gradient":
            ahead = 1 - ahead
        apart = "" if p < _BETTER else ", which chance explains"
        sentences.append(
            f"Slopes at the same cost (<code>gradient</code>, where the function does not jump: "
            f"{int(test['scenarios']):,} scenarios) rank better than Jansen's formula in "
            f"{ahead:.0%} of them{apart}; their median correlation with S_T is "
            f"{_of(summary, 'gradient', 'correlation'):.3f}. A slope answers another question."
        )
    return sentences


def _not_apart(best: str, pairs: pd.DataFrame) -> list[str]:
    own = pairs[(pairs["one"] == best) | (pairs["other"] == best)]
    near = own[own["p_holm"] >= _BETTER]
    return [row["other"] if row["one"] == best else row["one"] for _, row in near.iterrows()]


def _pair(one: str, other: str, pairs: pd.DataFrame) -> pd.Series:
    both = pairs["one"].isin([one, other]) & pairs["other"].isin([one, other])
    return pairs[both].iloc[0]


def _of(summary: pd.DataFrame, contender: str, column: str) -> float:
    return float(summary.set_index("contender").loc[contender, column])


def figure(summary: pd.DataFrame) -> str:
    """Return the medians with their intervals as SVG, best first."""
    with style.house_style():
        fig = Figure(figsize=(7.2, 0.3 * len(summary) + 0.9), layout="constrained")
        ax = fig.subplots()
        sns.pointplot(
            data=summary, x="correlation", y="contender", order=list(summary["contender"]),
            linestyle="none", color=style.INK, markersize=5, ax=ax,
        )  # fmt: skip
        at = np.arange(len(summary))
        ax.hlines(at, summary["correlation_low"], summary["correlation_high"], color=style.INK)
        ax.scatter(summary["worst_tenth"], at, marker="x", s=22, color=style.MUTED)
        ax.set(xlabel="correlation of Savage scores with the exact order", ylabel="")
        ax.grid(axis="x")
        out = StringIO()
        fig.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    text = "; ".join(f"{r.contender} {r.correlation:.3f}" for r in summary.itertuples())
    return svg[svg.index("<svg") :].replace(
        "<svg", f"<svg role='img' aria-label='Median correlations: {escape(text)}'", 1
    )


def _table(frame: pd.DataFrame, heads: dict[str, str]) -> str:
    columns = [c for c in frame if c in heads or c in CONTENDERS]
    numbers = {c for c in columns if pd.api.types.is_numeric_dtype(frame[c])}
    head = "".join(
        f"<th{' class=n' if c in numbers else ''}>{escape(heads.get(c, c))}</th>" for c in columns
    )
    rows = "".join(
        "<tr>" + "".join(_cell(row[c], c in numbers) for c in columns) + "</tr>"
        for row in frame.to_dict("records")
    )
    return (
        "<div class='wide' tabindex='0' role='region' aria-label='table'><table><thead><tr>"
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(value: object, number: bool) -> str:
    if not number:
        return f"<td>{escape(str(value))}</td>"
    if pd.isna(value):
        return "<td class='n'>–</td>"
    whole = float(value).is_integer() and abs(float(value)) > 1
    said = f"{value:,.0f}" if whole else "< 0.001" if 0 < abs(value) < 0.001 else f"{value:.3f}"
    return f"<td class='n'>{said}</td>"
