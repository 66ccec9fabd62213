"""Figures: each a function of one question's results, with its content in words beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from sensbench.findings.consensus import the_question
from sensbench.report.figures.agreement import agreement_alt, agreement_matrix
from sensbench.report.figures.convergence import convergence, convergence_alt
from sensbench.report.figures.importance import importance, importance_alt
from sensbench.report.figures.measures import measures, measures_alt
from sensbench.report.figures.morris_plane import morris_plane, morris_plane_alt
from sensbench.report.figures.outputs import outputs_heatmap, outputs_heatmap_alt
from sensbench.report.figures.panels import Omitted
from sensbench.report.figures.ranks import rank_heatmap, rank_heatmap_alt
from sensbench.study.results import Results

__all__ = ["Kind", "Omitted", "catalogue", "over_all_outputs"]


@dataclass(frozen=True)
class Kind:
    """One figure of a page: how to draw it, how to say it, how to read it."""

    name: str
    title: str
    caption: str
    draw: Callable[[Results], Figure | Omitted]
    alt: Callable[[Results], str]


_IMPORTANCE = Kind(
    "importance",
    "Importance",
    "How each method divides importance among the inputs. Every method's own measure is put on "
    "the scale of the total-order index, where theory has one, and divided by its sum over the "
    "inputs; lines are the methods' intervals. Black ticks, if any: exact values of the method's "
    "own measure. Methods that measure different things may differ and both be right.",
    importance,
    importance_alt,
)
_RANKS = Kind(
    "ranks",
    "Ranks",
    "Rank of each input by each method; 1 is the most important, equal values share a rank.",
    rank_heatmap,
    rank_heatmap_alt,
)
_AGREEMENT = Kind(
    "agreement",
    "Agreement",
    "How alike two methods order the inputs: 1 is the same order, −1 the reverse. Rank "
    "correlations of few inputs are coarse: with three inputs, exchanging two neighbours takes "
    "Spearman's ρ from 1 to 0.5.",
    agreement_matrix,
    agreement_alt,
)
_MORRIS = Kind(
    "morris-plane",
    "Morris plane",
    "Elementary effects: the change of the output per step of an input, a step of the input's "
    "whole range counting 1. Right: large effects. Low: effects that are the same everywhere. "
    "High, above σ/μ* = 0.5 to 1: strongly nonlinear effects or interactions.",
    morris_plane,
    morris_plane_alt,
)
_CONVERGENCE = Kind(
    "convergence",
    "Convergence",
    "Relative error of each method's own measure against that measure's known values. Lines: "
    "means over replicates; faint marks: single replicates; dotted: the slope −½ of independent "
    "draws. Errors of different measures are on one axis but are not of one quantity. For a "
    "network, these are its own values, from a large sample; a dashed line is how far they are "
    "from the function's, where those are known: an error that more rows do not remove.",
    convergence,
    convergence_alt,
)


_OUTPUTS = Kind(
    "outputs",
    "Importance over all outputs",
    "Share of importance of each input (rows) for each output (columns, in the model's order): the "
    "mean over the methods that have shares. Grey: no method has one. Triangles: the outputs that "
    "are shown in detail below.",
    outputs_heatmap,
    outputs_heatmap_alt,
)


def over_all_outputs() -> Kind:
    """Return the figure of many outputs together."""
    return _OUTPUTS


def catalogue(results: Results) -> list[Kind]:
    """Return the figures of one question's page, in the page's order."""
    question = the_question(results)
    outputs = question.outputs
    own = [
        Kind(
            "measures" if len(outputs) == 1 else f"measures-{k + 1}",
            "All measures" if len(outputs) == 1 else f"All measures, output {output}",
            "The measure each method ranks by, with the mean derivative (signed, in standard "
            "deviations of the output per standard deviation of the input) and the first-order "
            "index where they were computed. Derivatives in their units are in the table above.",
            partial(measures, output=output),
            partial(measures_alt, output=output),
        )
        for k, output in enumerate(outputs)
    ]
    return [_IMPORTANCE, _RANKS, _AGREEMENT, _MORRIS, _CONVERGENCE, *own]
