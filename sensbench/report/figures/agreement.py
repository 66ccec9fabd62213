"""How alike the methods order the inputs."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sensbench.findings.agreement import pairs_of
from sensbench.findings.consensus import in_method_order, the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import label_width, note_below, panels, title_panels
from sensbench.report.style import FLOOR, HEAT, INK, MUTED, house_style
from sensbench.report.text import NOT_AVAILABLE, correlation, in_figure, short_names
from sensbench.study.results import Question, Results

# Pale at both ends: dark numbers are readable on all of them.
_RED_TO_BLUE = sns.blend_palette(["#F0A08C", "#FFFFFF", HEAT[-1]], as_cmap=True)


def _why_none(question: Question, pairs: pd.DataFrame) -> str:
    """Say why no pair of methods has a rank correlation."""
    if pairs["n"].max() < 1 or pairs.empty:
        return "agreement needs two methods that rank inputs of the same output"
    if len(question.features) < 3:
        return f"a rank correlation needs three inputs; there are {len(question.features)}"
    if pairs["n"].max() < 3:
        return "a rank correlation needs three inputs; no two methods rank so many in common"
    return "of each two methods one gives the same rank to all inputs that both rank"


def _square(pairs: pd.DataFrame, methods: list[str]) -> np.ndarray:
    table = np.full((len(methods), len(methods)), np.nan)
    for row in pairs.itertuples():
        i, j = methods.index(str(row.first)), methods.index(str(row.second))
        i, j = min(i, j), max(i, j)
        table[i, j], table[j, i] = row.spearman, row.kendall
    return table


class Agreement(ReportFigure):
    """How alike each two methods order the inputs."""

    name, section, order = "agreement", "agreement", 10
    needs = "two methods that rank three inputs or more"
    title = "Agreement"
    caption = (
        "How alike two methods order the inputs: 1 is the same order, −1 the reverse. Rank "
        "correlations of few inputs are coarse: with three inputs, exchanging two neighbours takes "
        "Spearman's ρ from 1 to 0.5."
    )

    def applies(self, results: Results) -> Omitted | None:
        pairs = pairs_of(results)
        if pairs["spearman"].notna().any():
            return None
        return Omitted(_why_none(the_question(results), pairs))

    def draw(self, results: Results) -> Figure:
        """Return methods × methods: Spearman's rho above the diagonal, Kendall's tau-b below."""
        question = the_question(results)
        pairs = pairs_of(results)
        outputs = [o for o in question.outputs if o in set(pairs["output"])]
        methods = in_method_order(results, pd.concat([pairs["first"], pairs["second"]]))
        names = [in_figure(n) for n in short_names(methods, 16).values()]
        with house_style():
            margin = label_width(names)
            side = (0.62 if len(outputs) <= 2 else 0.5) * len(methods)
            figure, axes = panels(len(outputs), margin + side + 0.2, side + 0.9)
            for ax, output in zip(axes, outputs, strict=True):
                table = _square(pairs[pairs["output"] == output], methods)
                texts = np.array([[correlation(v) for v in row] for row in table])
                sns.heatmap(
                    np.nan_to_num(table), ax=ax, annot=texts, fmt="", cbar=False, cmap=_RED_TO_BLUE,
                    mask=np.isnan(table), vmin=-1, vmax=1, linewidths=1.5, linecolor="white",
                    square=True, annot_kws={"fontsize": 8.5, "color": INK},
                    xticklabels=False, yticklabels=False,
                )  # fmt: skip
                for i, j in np.argwhere(np.isnan(table)):
                    ax.add_patch(Rectangle((j, i), 1, 1, facecolor=FLOOR, edgecolor="white"))
                    if i != j:
                        ax.text(j + 0.5, i + 0.5, NOT_AVAILABLE, ha="center", va="center",
                                fontsize=8.5, color=MUTED)  # fmt: skip
                ax.set_yticks(np.arange(len(names)) + 0.5, names)
                ax.set_xticks(
                    np.arange(len(names)) + 0.5,
                    names,
                    rotation=35,
                    ha="right",
                    rotation_mode="anchor",
                )
                ax.tick_params(length=0)
                ax.grid(False)
            title_panels(axes, outputs, len(question.outputs))
            note_below(figure, "above the diagonal: Spearman's ρ\nbelow: Kendall's τ-b")
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return pairs_of(results)

    def alt(self, results: Results) -> str:
        pairs = pairs_of(results)
        texts = [
            f"{row.output}, {row.first} and {row.second}: "
            f"ρ {correlation(float(str(row.spearman)))}, "
            f"τ-b {correlation(float(str(row.kendall)))}"
            for row in pairs.itertuples()
        ]
        return "Rank correlation of each pair of methods. " + "; ".join(texts) + "."
