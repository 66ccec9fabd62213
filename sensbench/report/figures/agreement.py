"""How alike the methods order the inputs."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.findings.agreement import pairs_of
from sensbench.findings.consensus import in_method_order, the_question
from sensbench.findings.laws import asked_by, depends
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import label_width, note_below, panels, title_panels
from sensbench.report.style import HEAT, INK, MUTED, house_style, target_width
from sensbench.report.text import correlation, count, in_figure, short_names
from sensbench.study.results import Question, Results

# Over fewer inputs a correlation has few values: a sentence says all that a figure could.
_FEWEST_INPUTS = 8
# Of more pairs a line each would be longer than a screen.
_MOST_LINES = 15
# Inches of a cell with an interval; a column of a journal has room for the correlation alone.
_CELL, _HIGH = 0.86, 0.42
_MIXED = "hollow: the two ask different questions of inputs that move together"
_MIXED_CELL = "grey: the two ask different questions of inputs that move together"


def _why_none(question: Question, pairs: pd.DataFrame) -> str:
    """Say why no pair of methods has a rank correlation."""
    if pairs["n"].max() < 1 or pairs.empty:
        return "agreement needs two methods that rank inputs of the same output"
    if len(question.features) < 3:
        return f"a rank correlation needs three inputs; there are {len(question.features)}"
    if pairs["n"].max() < 3:
        return "a rank correlation needs three inputs; no two methods rank so many in common"
    return "of each two methods one gives the same rank to all inputs that both rank"


def _compared(results: Results) -> pd.DataFrame:
    """Return the pairs with a correlation, ``alike``: whether both ask one question.

    Those that do come first, in each part those that agree most.
    """
    pairs, question = pairs_of(results), the_question(results)
    pairs = pairs[pairs["spearman"].notna()].reset_index(drop=True)
    asked = {label: asked_by(method, question) for label, method in results.methods.items()}
    dependent = pairs["output"].map(lambda output: depends(question, str(output))).astype(bool)
    pairs["alike"] = ~dependent | (pairs["first"].map(asked) == pairs["second"].map(asked))
    by = ["output", "alike", "spearman"]
    order = pairs.assign(output=pairs["output"].map(list(question.outputs).index))
    return pairs.loc[order.sort_values(by, ascending=[True, False, False], kind="stable").index]


def _named(row: pd.Series) -> str:
    """Return one pair with its correlation in words."""
    ends = ""
    if row.get("spearman_low", np.nan) == row.get("spearman_low", np.nan):
        low, high = correlation(row["spearman_low"]), correlation(row["spearman_high"])
        ends = f" [{low}, {high}]"
    other = "" if row["alike"] else ", of different questions"
    return f"{row['first']} and {row['second']} {correlation(row['spearman'])}{ends}{other}"


def _sentence(pairs: pd.DataFrame) -> str:
    """Say the agreement of few inputs."""
    n, low = pairs["n"].astype(int), pairs["spearman"].astype(float)
    over = f"{n.min()}" if n.min() == n.max() else f"{n.min()} to {n.max()}"
    least, most = pairs.iloc[int(low.argmin())], pairs.iloc[int(low.argmax())]
    ends = _named(least) if len(pairs) == 1 else f"from {_named(least)} to {_named(most)}"
    if len(pairs) > 1 and low.min() == low.max():
        ends = f"{correlation(low.min())} of every pair"
    return (
        f"over the {over} inputs above the noise, Spearman's ρ is {ends}; so few inputs need no "
        f"figure, the table has every pair"
    )


class Agreement(ReportFigure):
    """How alike each two methods order the inputs above the noise, a line per pair."""

    name, section, order = "agreement", "agreement", 10
    narrow = True
    needs = "two methods that rank three inputs or more"
    title = "Agreement"
    caption = (
        "How alike two methods order the inputs above the noise, by Spearman's ρ: 1 is the same "
        "order, −1 the reverse. Lines: the least and largest ρ of orders that go against nothing "
        "that both methods' 95 % intervals settle together; without one, a method gives no "
        "interval. Hollow or grey: the two methods ask different questions of inputs that move "
        "together, and need not agree."
    )

    def applies(self, results: Results) -> Omitted | None:
        pairs = _compared(results)
        if pairs.empty:
            return Omitted(_why_none(the_question(results), pairs_of(results)))
        if pairs["n"].max() < _FEWEST_INPUTS:
            return Omitted(_sentence(pairs), is_the_answer=True)
        return None

    def draw(self, results: Results) -> Figure:
        """Return a panel per output: a line per pair of methods, of many a matrix."""
        pairs = _compared(results)
        outputs = list(dict.fromkeys(pairs["output"]))
        of = {output: pairs[pairs["output"] == output] for output in outputs}
        most = max(map(len, of.values()))
        with house_style():
            draw = _lines if most <= _MOST_LINES else _matrix
            figure, axes = draw(results, of)
            title_panels(axes, outputs, len(the_question(results).outputs))
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return pairs_of(results)

    def alt(self, results: Results) -> str:
        texts = [
            f"{row['output']}, {_named(row)} over {count(int(row['n']), 'input')}"
            for _, row in _compared(results).iterrows()
        ]
        return f"Spearman's rank correlation of each pair of methods. {'; '.join(texts)}."


def _lines(results: Results, of: dict[str, pd.DataFrame]) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, a line per pair: its correlation with its interval."""
    names = short_names(list(results.methods), 16)
    labels = {
        output: [f"{names[a]} – {names[b]}" for a, b in pairs[["first", "second"]].to_numpy()]
        for output, pairs in of.items()
    }
    margin = label_width([label for several in labels.values() for label in several])
    most = max(map(len, of.values()))
    room = max(margin + 1.6, 3.75) if len(of) > 1 else margin + 3.6
    figure, axes = panels(
        len(of), room, 0.45 + 0.24 * most, most_columns=2, narrowest=margin + 1.2
    )  # fmt: skip
    for ax, (output, pairs) in zip(axes, of.items(), strict=True):
        _panel(ax, pairs.reset_index(drop=True), [in_figure(text) for text in labels[output]])
        ax.set_ylim(most - 0.5, -0.5)
    mixed = not all(pairs["alike"].all() for pairs in of.values())
    note_below(figure, "Spearman's ρ", _MIXED if mixed else "")
    return figure, axes


def _panel(ax: Axes, pairs: pd.DataFrame, labels: list[str]) -> None:
    value = pairs["spearman"].to_numpy(dtype=float)
    known = "spearman_low" in pairs
    for row, one in pairs.iterrows():
        at = float(row)  # type: ignore[arg-type]
        if known and np.isfinite(one["spearman_low"]):
            ends = [one["spearman_low"], one["spearman_high"]]
            ax.plot(ends, [at, at], color=INK, linewidth=1.3, solid_capstyle="butt", zorder=2)
        ax.plot(
            value[int(at)], at, marker="o", markersize=5.5, color=INK, linestyle="none",
            markerfacecolor=INK if one["alike"] else "white", zorder=3, clip_on=False,
        )  # fmt: skip
    ends = pairs.get("spearman_low", pd.Series(dtype=float)).min()
    ax.set_xlim(min(0.0, float(np.nanmin([*value, ends, 0.0]))) - 0.04, 1.04)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")


def _ends(row: pd.Series) -> str:
    """Return the interval as it stands in a cell; nothing where there is none."""
    ends = [row.get(f"spearman_{end}", np.nan) for end in ("low", "high")]
    if not np.isfinite(ends).all():
        return ""
    # adding 0.0 turns a rounded -0.0 into 0.0
    low, high = (f"{round(end, 1) + 0.0:.1f}".replace("-", "−") for end in ends)
    return f"\n[{low}, {high}]"


def _matrix(results: Results, of: dict[str, pd.DataFrame]) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, methods × methods: each pair once, its interval below."""
    both = pd.concat(of.values())
    methods = in_method_order(results, pd.concat([both["first"], both["second"]]))
    names = [in_figure(name) for name in short_names(methods, 16).values()]
    margin, n = label_width(names), len(methods) - 1
    with_ends = margin + _CELL * n <= (target_width() or np.inf)
    high = 0.6 * margin + 0.5 + _HIGH * n
    figure, axes = panels(len(of), margin + _CELL * n, high, most_columns=1)
    place = {method: k for k, method in enumerate(methods)}
    cmap = sns.blend_palette(HEAT, as_cmap=True)
    for ax, pairs in zip(axes, of.values(), strict=True):
        table = np.full((n, n), np.nan)
        for _, row in pairs.iterrows():
            j, i = sorted((place[row["first"]], place[row["second"]]))
            table[i - 1, j] = max(float(row["spearman"]), 0.0)
            text = correlation(row["spearman"]) + (_ends(row) if with_ends else "")
            ax.text(
                j + 0.5, i - 0.5, text,
                ha="center", va="center", fontsize=8.25, linespacing=1.1,
                color=INK if row["alike"] else MUTED,
            )  # fmt: skip
            if not row["alike"]:
                table[i - 1, j] = 0.0
        ax.pcolormesh(np.ma.masked_invalid(table), cmap=cmap, vmin=0, vmax=1, edgecolor="white")
        ax.set(xlim=(0, n), ylim=(n, 0))
        ax.set_yticks(np.arange(n) + 0.5, names[1:])
        ax.set_xticks(np.arange(n) + 0.5, names[:-1], rotation=35, ha="right",
                      rotation_mode="anchor")  # fmt: skip
        ax.tick_params(length=0)
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    mixed = not both["alike"].all()
    label = "Spearman's ρ, below it its interval" if with_ends else "Spearman's ρ"
    note_below(figure, label, _MIXED_CELL if mixed else "")
    return figure, axes
