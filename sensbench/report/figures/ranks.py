"""Rank of every feature by every method."""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from sensbench.findings.consensus import (
    headline_shares,
    in_method_order,
    mean_shares,
    shown_outputs,
    the_question,
)
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import (
    MOST_FEATURES,
    label_width,
    note_below,
    panels,
    title_panels,
)
from sensbench.report.style import house_style
from sensbench.report.text import NOT_AVAILABLE, count, in_figure, listed, short_names
from sensbench.study.results import Results


class Ranks(ReportFigure):
    """Rank of every feature by every method."""

    name, section, order = "ranks", "importance", 50
    title = "Ranks"
    caption = (
        "Rank of each input by each method; 1 is the most important, equal values share a rank."
    )

    def applies(self, results: Results) -> Omitted | None:
        if shown_outputs(headline_shares(results), the_question(results)):
            return None
        return Omitted("no method ranked the inputs")

    def draw(self, results: Results) -> Figure:
        """Return features × methods with ranks, per output; 1 is the most important.

        Each panel has its own order: the mean share of that output.
        """
        question = the_question(results)
        frame = headline_shares(results)
        outputs = shown_outputs(frame, question)
        d = min(MOST_FEATURES, len(question.features))
        with house_style():
            methods = in_method_order(results, frame["estimator"])
            names = short_names(question.features, 22)
            columns = short_names(methods, 16)
            margin = label_width(list(names.values()))
            width = margin + 0.55 * len(methods) + 0.35
            figure, axes = panels(len(outputs), width, 1.1 + 0.24 * d)
            for ax, output in zip(axes, outputs, strict=True):
                rows = frame[frame["output"] == output]
                order = list(mean_shares(rows).index)[:MOST_FEATURES]
                table = rows.pivot(index="feature", columns="estimator", values="rank")
                table = table.reindex(index=order, columns=methods)
                texts = table.map(lambda rank: NOT_AVAILABLE if np.isnan(rank) else f"{rank:.0f}")
                # The darkest green is kept out: black numbers must stay readable.
                sns.heatmap(
                    table.astype(float), ax=ax, annot=texts.to_numpy(), fmt="", cbar=False,
                    cmap=sns.light_palette("#2A8C82", reverse=True, as_cmap=True),
                    vmin=1, vmax=max(2, min(len(question.features), 2 * MOST_FEATURES)),
                    linewidths=1.0, linecolor="white",
                    annot_kws={"fontsize": 8.5}, xticklabels=False, yticklabels=False,
                )  # fmt: skip
                ax.set_facecolor("#EFEFEF")
                for at in np.argwhere(table.isna().to_numpy()):
                    ax.text(at[1] + 0.5, at[0] + 0.5, NOT_AVAILABLE, ha="center", va="center",
                            fontsize=7.5, color="#777777")  # fmt: skip
                ax.set(xlabel="", ylabel="")
                ax.set_yticks(np.arange(len(order)) + 0.5, [in_figure(names[f]) for f in order])
                ax.set_xticks(
                    np.arange(len(methods)) + 0.5, [in_figure(columns[m]) for m in methods],
                    rotation=35, ha="right", rotation_mode="anchor",
                )  # fmt: skip
                ax.tick_params(length=0)
            title_panels(axes, outputs, len(question.outputs))
            rest = len(question.features) - d
            if rest > 0:
                note_below(figure, f"{count(rest, 'input')} of the least mean share not shown")
        return figure

    def alt(self, results: Results) -> str:
        frame = headline_shares(results)
        texts = []
        for output in shown_outputs(frame, the_question(results)):
            rows = frame[frame["output"] == output]
            for feature in list(mean_shares(rows).index)[:3]:
                row = rows[(rows["feature"] == feature) & rows["rank"].notna()]
                pairs = zip(row["estimator"], row["rank"], strict=True)
                texts.append(f"{output}, {feature}: {listed(f'{m} {r:.0f}' for m, r in pairs)}")
        return "Rank of each input by each method. " + "; ".join(texts) + "."
