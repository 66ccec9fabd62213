"""Figures of a study over its problems: coverage, average ranks, performance profiles."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.metrics.across_problems import RankTest, alike
from sensbench.report.drawings import Drawing
from sensbench.report.panels import legend_above, mark, note_below, panels
from sensbench.report.sections import Drawn
from sensbench.report.style import INK, house_style, method_styles
from sensbench.report.text import in_figure, listed, short_names
from sensbench.study.results import Method, Results

# Coverage within this of the level asked for is as good as asked for.
TOLERANCE = 0.02
# Twice a standard error: the bars of means over replicates.
ERRORS = 1.96
# inches; the room that panels add below
_WIDTH, _FOOT = 5.4, 0.5
_BAND_COLOUR = "#E6E8EA"


def coverage_figure(results: Results, means: pd.DataFrame) -> Drawn | None:
    """Return which part of each method's intervals holds the known value, for the page."""
    given = means[means["covered"].notna()]
    if given.empty:
        return None
    budgets = sorted(given["budget"].unique().tolist())
    said = [
        f"{method} "
        + listed(f"{row['covered']:.2f} at {row['budget']:,.0f}" for row in of.to_dict("records"))
        for method, of in given.groupby("estimator", sort=False)
    ]
    caption = (
        f"In each row, from above: budgets of {listed(f'{b:,}' for b in budgets)} rows. Bars: 95 % "
        f"for the coverage (Wilson's, over runs). Line: the level asked for; grey: within "
        f"{TOLERANCE:.2f} of it."
    )
    alt = f"Coverage of {claimed(given)} intervals: {'; '.join(said)}."
    drawing = Drawing(draw_coverage, (results.methods, means))
    return Drawn(
        "coverage",
        "Coverage of intervals",
        caption,
        drawing,
        alt,
        data=given,
        narrow=drawing.narrow,
    )


def draw_coverage(all_methods: Mapping[str, Method], means: pd.DataFrame) -> Figure:
    """Return which part of each method's intervals holds the known value, a mark per budget."""
    given = means[means["covered"].notna()]
    methods = [m for m in all_methods if m in set(means["estimator"])]
    budgets = sorted(given["budget"].unique().tolist())
    styles = method_styles(all_methods)
    with house_style():
        height = 0.9 + len(methods) * max(0.3, 0.11 * len(budgets))
        figure, (ax,) = panels(1, _WIDTH, height - _FOOT)
        for row, method in enumerate(methods):
            of = given[given["estimator"] == method].set_index("budget")
            if of.empty:
                ax.text(0.94, row, "gives no interval", fontsize=8.5, ha="right", va="center")
                continue
            level, span = float(of["level"].iloc[0]), [row - 0.5, row + 0.5]
            band = (level - TOLERANCE, min(level + TOLERANCE, 1.0))
            ax.fill_betweenx(span, *band, color=_BAND_COLOUR, zorder=0, linewidth=0)
            ax.plot([level, level], span, color=INK, linewidth=0.8, zorder=1)
            for k, budget in enumerate(b for b in budgets if b in of.index):
                at = row + (k - (len(budgets) - 1) / 2) * 0.7 / len(budgets)
                part, low, high = of.loc[budget, ["covered", "covered_low", "covered_high"]]
                # an end at the part itself is there but for rounding
                ends = (
                    [[0.0], [0.0]]
                    if np.isnan(low)
                    else np.maximum([[part - low], [high - part]], 0)
                )
                ax.errorbar(
                    part, at, xerr=ends, fmt=styles[method].marker,
                    color=styles[method].colour, markersize=4.5, elinewidth=1.3, capsize=0,
                    markeredgecolor="white", markeredgewidth=0.5,
                )  # fmt: skip
        _rows(ax, methods)
        least = float(np.nanmin(given[["covered", "covered_low"]].to_numpy(dtype=float)))
        ax.set_xlim(max(0.0, min(0.8, least - 0.05)), 1.01)
        note_below(figure, f"part of the {claimed(given)} intervals that hold the known value")
    return figure


def claimed(means: pd.DataFrame) -> str:
    """Return the levels that the methods' intervals claim, in per cent."""
    levels = sorted(means.loc[means["covered"].notna(), "level"].unique().tolist())
    return f"{listed(f'{100 * level:g}' for level in levels)} %" if levels else "no"


def ranks_figure(results: Results, test: RankTest) -> Drawn:
    """Return average ranks for the page; a bar joins methods that are not told apart."""
    groups = alike(test.ranks, test.critical_difference)
    ranks = listed(f"{name} {rank:.2f}" for name, rank in test.ranks.items())
    joined = "; ".join(listed(group) for group in groups) or "none"
    caption = (
        f"At {test.budget:,} rows, replicates averaged first. A bar below joins methods that "
        f"Nemenyi's test does not tell apart (5 %)."
    )
    alt = (
        f"Average ranks: {ranks}. Critical difference {test.critical_difference:.2f}. Not told "
        f"apart: {joined}."
    )
    data = test.ranks.rename_axis("estimator").reset_index(name="average_rank")
    drawing = Drawing(draw_ranks, (results.methods, test))
    return Drawn(
        "average-ranks", "Average ranks", caption, drawing, alt, data=data, narrow=drawing.narrow
    )


def draw_ranks(all_methods: Mapping[str, Method], test: RankTest) -> Figure:
    """Return average ranks; a bar joins methods that are not told apart."""
    methods = list(map(str, test.ranks.index))
    groups = alike(test.ranks, test.critical_difference)
    styles = method_styles(all_methods)
    k = len(methods)
    with house_style():
        figure, (ax,) = panels(1, _WIDTH, 0.6 + 0.28 * (k + len(groups)))
        for row, method in enumerate(methods):
            ax.plot(
                test.ranks[method], row, marker=styles[method].marker, markersize=6,
                color=styles[method].colour, linestyle="none", zorder=3,
            )  # fmt: skip
            ax.annotate(
                f"{test.ranks[method]:.2f}", (test.ranks[method], row), xytext=(7, 0),
                textcoords="offset points", va="center", fontsize=8.5,
            )  # fmt: skip
        for g, group in enumerate(groups):
            ends = [test.ranks[group[0]] - 0.04, test.ranks[group[-1]] + 0.04]
            ax.plot(ends, [k + g] * 2, color=INK, linewidth=3.5, solid_capstyle="butt")
        _rows(ax, methods, below=len(groups))
        ax.plot([1, 1 + test.critical_difference], [-0.95] * 2, color=INK, linewidth=1.2,
                marker="|", markersize=7)  # fmt: skip
        ax.annotate(
            f"critical difference {test.critical_difference:.2f}", (1, -0.95), xytext=(0, 4),
            textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
        ax.set_ylim(k + len(groups) - 0.4, -1.7)
        ax.set_xlim(0.8, max(k, 1 + test.critical_difference) + 0.5)
        note_below(figure, f"average rank over {test.problems} problems; 1 is the most accurate")
    return figure


def profiles_figure(results: Results, curves: pd.DataFrame, budget: int, problems: int) -> Drawn:
    """Return on which part of the problems a method is within a factor of the most accurate."""
    said = []
    for method in (m for m in results.methods if m in set(curves["estimator"])):
        of = curves[(curves["estimator"] == method) & (curves["factor"] <= 2)]
        best = curves[(curves["estimator"] == method) & (curves["factor"] <= 1)]
        parts = [f"{one['part'].max() if len(one) else 0:.2f}" for one in (best, of)]
        said.append(f"{method} first on {parts[0]}, within twice on {parts[1]}")
    caption = (
        f"At {budget:,} rows, over {problems} problems: the further to the upper left, the better "
        f"(Dolan & Moré 2002)."
    )
    alt = f"Performance profiles, parts of the problems: {'; '.join(said)}."
    drawing = Drawing(draw_profiles, (results.methods, curves))
    return Drawn(
        "profiles",
        "Performance profiles",
        caption,
        drawing,
        alt,
        data=curves,
        narrow=drawing.narrow,
    )


def draw_profiles(all_methods: Mapping[str, Method], curves: pd.DataFrame) -> Figure:
    """Return on which part of the problems a method is within a factor of the most accurate."""
    styles = method_styles(all_methods)
    methods = [m for m in all_methods if m in set(curves["estimator"])]
    most = float(curves["factor"].max()) * 1.1
    with house_style():
        figure, (ax,) = panels(1, _WIDTH, 2.8)
        for method in methods:
            of = curves[curves["estimator"] == method]
            x = np.concatenate([[1.0], of["factor"], [most]])
            y = np.concatenate([[0.0], of["part"], [1.0]])
            ax.step(x, y, where="post", color=styles[method].colour, linewidth=1.5)
            ax.plot(
                of["factor"], of["part"], linestyle="none", marker=styles[method].marker,
                markersize=4.5, color=styles[method].colour,
            )  # fmt: skip
        ax.set_xscale("log")
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 1000) if t <= most]
        ax.set_xticks(ticks, [f"{t:,}" for t in ticks])
        ax.minorticks_off()
        ax.set(xlim=(0.95, most), ylim=(-0.02, 1.05), ylabel="part of the problems")
        note_below(figure, "error, as a multiple of the most accurate method's")
        legend_above(figure, [mark(styles[m], in_figure(m)) for m in methods])
    return figure


def _rows(ax: Axes, methods: Sequence[str], below: int = 0) -> None:
    """Give each method a row, the first on top."""
    names = short_names(methods, 22)
    ax.set_yticks(range(len(methods)), [in_figure(names[m]) for m in methods])
    ax.set_ylim(len(methods) + below - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    sns.despine(ax=ax, left=True, bottom=False)
