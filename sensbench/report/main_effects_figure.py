"""How the mean of the output moves with each input alone."""

import seaborn as sns
from matplotlib.figure import Figure

from sensbench.problem.problem import Problem
from sensbench.report.main_effects import main_effects
from sensbench.report.panels import MOST_FEATURES, panels
from sensbench.report.style import house_style
from sensbench.report.text import in_figure, short_names

# More outputs than this would share colours.
_MOST_COLOURS = 10


def main_effects_figure(problem: Problem) -> Figure:
    """Return a panel per input, the outputs as lines, in standard deviations of the output.

    The inputs whose means move most come first.
    """
    effects = main_effects(problem)
    sigma = problem.explained.metered()(problem.space.sample(4096, 0)).std(axis=0)
    scaled = effects.effect / sigma[None, :, None]
    order = scaled.std(axis=0).max(axis=0).argsort()[::-1][:MOST_FEATURES]
    units = dict(zip(problem.space.names, problem.space.units, strict=False))
    names = short_names(problem.space.columns, 24)
    with house_style():
        figure, axes = panels(len(order), 1.9, 1.5, 0.3, share_y=True)
        few = problem.o <= _MOST_COLOURS
        colours = sns.color_palette("colorblind" if few else "husl", problem.o)
        for ax, i in zip(axes, order.tolist(), strict=True):
            for k, output in enumerate(problem.outputs):
                ax.plot(effects.x[:, i], scaled[:, k, i], color=colours[k], label=in_figure(output))
            column = problem.space.columns[i]
            unit = f" ({units[column]})" if units.get(column) else ""
            ax.set_xlabel(in_figure(names[column] + unit))
        if problem.o > 1:
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper center", ncols=min(4, problem.o))
        figure.supylabel("main effect / σ of the output", fontsize="medium")
        return figure
