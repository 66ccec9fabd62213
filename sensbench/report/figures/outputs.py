"""Inputs × outputs: the share of importance of every input for every one of many outputs."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.findings.consensus import the_question
from sensbench.findings.over_outputs import MOST_OUTPUTS, OverOutputs, over_outputs
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import MOST_FEATURES, label_width, note_below
from sensbench.report.style import FLOOR, HEAT, INK, HouseFigure, house_style, target_width
from sensbench.report.text import count, in_figure, listed, share, short_names
from sensbench.study.results import Results

# Names of this many outputs fit below the columns; of more, every so many are named.
_MOST_NAMES = 30
_MOST_TICKS = 12
# Beyond this many cells a vector file is slow to open.
_MOST_VECTOR_CELLS = 1000


def _left_out(rest: int) -> str:
    return f"{count(rest, 'input')} of the least mean share not shown" if rest > 0 else ""


def _over(results: Results) -> OverOutputs:
    over = over_outputs(results)
    if over is None:
        raise InputError("outputs: expected results of many outputs; got few")
    return over


class Outputs(ReportFigure):
    """Share of importance of every input for every one of many outputs."""

    name, section, order = "outputs", "outputs", 10
    narrow = True
    needs = "more than six outputs"
    title = "Importance over all outputs"
    caption = (
        "Share of importance of each input (rows) for each output (columns, in the model's order): "
        "the mean over the methods that have shares. Grey: no method has one. Triangles: the "
        "outputs that are shown in detail below."
    )

    def applies(self, results: Results) -> Omitted | None:
        if over_outputs(results) is not None:
            return None
        few = len(the_question(results).outputs) <= MOST_OUTPUTS
        return Omitted("the outputs are few" if few else "few outputs have shares of importance")

    def draw(self, results: Results) -> Figure:
        """Return inputs × outputs with the mean share over methods, outputs in their own order."""
        over = _over(results)
        table = over.profiles.T.iloc[:MOST_FEATURES]
        d, o = table.shape
        names = list(short_names(list(table.index), 22).values())
        columns = list(table.columns)
        outputs = short_names(columns, 16)
        with house_style():
            margin = label_width(names)
            width = margin + min(7.0, max(4.0, 0.22 * o)) + 0.9
            below = 0.06 * max(map(len, outputs.values()))
            width = target_width() or width
            figure = HouseFigure(figsize=(width, 1.2 + below + 0.24 * d), layout="constrained")
            ax = figure.add_subplot()
            sns.heatmap(
                table.astype(float), ax=ax, cmap=sns.blend_palette(HEAT, as_cmap=True),
                vmin=0.0, vmax=max(0.05, float(np.nanmax(table.to_numpy()))),
                rasterized=d * o > _MOST_VECTOR_CELLS, xticklabels=False, yticklabels=False,
                linewidths=0.5 if o <= _MOST_NAMES else 0.0, linecolor="white",
                cbar_kws={"label": "mean share of importance", "pad": 0.02, "aspect": 15},
            )  # fmt: skip
            ax.set_facecolor(FLOOR)
            ax.set(xlabel="", ylabel="")
            ax.set_yticks(np.arange(d) + 0.5, [in_figure(name) for name in names])
            at = np.arange(0, o, 1 if o <= _MOST_NAMES else -(-o // _MOST_TICKS))
            labels = [in_figure(outputs[columns[k]]) for k in at.tolist()]
            ax.set_xticks(at + 0.5, labels, rotation=45, ha="right", rotation_mode="anchor")
            ax.tick_params(length=0)
            chosen = [columns.index(name) + 0.5 for name in over.chosen]
            ax.plot(chosen, np.full(len(chosen), -0.12), linestyle="none", marker="v", markersize=5,
                    color=INK, clip_on=False)  # fmt: skip
            ax.set_xlim(0, o)
            ax.set_ylim(d, 0)
            note_below(figure, f"{o:,} outputs", _left_out(over.profiles.shape[1] - d))
        return figure

    def data(self, results: Results) -> pd.DataFrame:
        return _over(results).profiles.T.reset_index(names="input")

    def alt(self, results: Results) -> str:
        over = _over(results)
        rows = over.inputs.head(5)
        named = short_names(list(rows.index), 40)
        listing = listed(
            f"{named[str(i)]}: {share(r['mean'])} on average, from {share(r['lowest'])} "
            f"(output {r['lowest_in']}) to {share(r['highest'])} (output {r['highest_in']})"
            for i, r in zip(rows.index, rows.to_dict("records"), strict=True)
        )
        return f"Share of importance of each input for {len(over.profiles)} outputs. {listing}."
