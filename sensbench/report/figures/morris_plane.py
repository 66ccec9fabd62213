"""Morris's plane: size of the elementary effects against their spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.findings.consensus import the_question
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.report.panels import label_left, note_below, panels, title_panels
from sensbench.report.placing import place_names
from sensbench.report.style import MUTED, MethodStyle, house_style, method_styles
from sensbench.report.text import in_figure, listed, number, one_line, short_names
from sensbench.study.results import Question, Results

MOST_NAMES = 12
_NAMED_FROM = 0.01
# sigma/mu_star of an almost linear, a monotonic and an almost monotonic effect: Garcia Sanchez et
# al. 2014, doi:10.1016/j.enbuild.2012.08.048.
_RATIOS = (0.1, 0.5, 1.0)
_AXES = ["mu_star", "sigma"]


@dataclass(frozen=True)
class _Plane:
    """One method's points: (output, feature) to mu_star and sigma; what has no place, and why.

    Attributes
    ----------
    ends
        (output, feature) to the ends of both intervals, also of those without a place.
    beside
        (output, feature) to mu_star of those that have no sigma.
    """

    label: str
    points: pd.DataFrame
    ends: pd.DataFrame
    beside: pd.DataFrame
    missing: tuple[str, ...]
    why: str


def _plane(results: Results) -> _Plane | Omitted:
    """Return the first method's plane that has points, or why there is none."""
    final, reasons = results.final(), []
    for label in results.methods:
        rows = final[(final["estimator"] == label) & final["measure"].isin(_AXES)]
        if set(rows["measure"]) == set(_AXES):
            table = rows.pivot(
                index=["output", "feature"], columns="measure", values=["value", "low", "high"]
            )
            values = pd.DataFrame(table["value"])
            points = values.dropna()
            if len(points):
                features = dict.fromkeys(rows["feature"])
                left = features.keys() - set(points.index.get_level_values("feature"))
                missing = tuple(feature for feature in features if feature in left)
                ends = table[["low", "high"]]
                beside = values[values["mu_star"].notna() & values["sigma"].isna()][["mu_star"]]
                return _Plane(label, points, ends, beside, missing, _reason(results, label))
            reasons.append(f"{label}: {_reason(results, label) or 'every value is undefined'}")
        else:
            reasons += _absences(results, label)
    if not reasons:
        return Omitted("no method here measures Morris's mu_star and sigma")
    return Omitted(f"no input has both mu_star and sigma ({'; '.join(reasons)})")


def _the_plane(results: Results) -> _Plane:
    """Return the plane.

    Raises
    ------
    InputError
        There is none.
    """
    plane = _plane(results)
    if isinstance(plane, Omitted):
        raise InputError(f"morris_plane: expected results with a plane; {plane.reason}")
    return plane


def _reason(results: Results, label: str) -> str:
    """Return the remark of a method on what its sigma is undefined for."""
    start = f"{results.methods[label].name}: sigma: "
    texts = (note for key, notes in results.notes.items() if key[2] == label for note in notes)
    return next((note.removeprefix(start) for note in texts if note.startswith(start)), "")


def _absences(results: Results, label: str) -> list[str]:
    """Say why a method of Morris's has no mu_star or sigma: absent, or no run succeeded."""
    absent = {key[3]: why for key, why in results.absent.items() if key[2] == label}
    reasons = [f"{label}: {absent[name]}" for name in _AXES if name in absent]
    cells = results.cells[results.cells["estimator"] == label]
    elementary = results.methods[label].ranks_by.startswith("mu_star")
    if not reasons and elementary and len(cells) and not (cells["status"] == "ok").any():
        reasons.append(f"{label} {cells['status'].iloc[-1]}")
    return reasons


def _missing(plane: _Plane, names: Mapping[str, str], n_panels: int) -> str:
    """Name the inputs that have no place in the plane, in lines that fit below the panels."""
    if not plane.missing:
        return ""
    named = listed((names[feature] for feature in plane.missing), 4)
    # The remark names all of them before it says why.
    why = one_line(plane.why).rpartition(": ")[2] or "mu_star or sigma is undefined"
    text = f"on the axis, hollow: no σ for {named}: {why}"
    return in_figure("\n".join(wrap(text, 64 if n_panels == 1 else 80)))


def _missing_said(plane: _Plane) -> list[str]:
    """Return the inputs without a sigma, with the mu_star they have."""
    found = plane.beside["mu_star"].groupby(level="feature", sort=False).agg(list)
    return [
        f"{name} (mu_star {listed(number(v, 2) for v in found.get(name, []))})"
        if name in found.index
        else name
        for name in plane.missing
    ]


def _unit(question: Question, outputs: list[str]) -> str:
    """Return what the numbers on both axes are in: a unit, or the output itself."""
    units = {question.units.get(output, "") for output in outputs}
    if len(units) == 1 and "" not in units:
        return f"in {units.pop()}"
    one = short_names(outputs, 20)[outputs[0]] if len(outputs) == 1 else "each output"
    return f"in units of {one}"


def _of(table: pd.DataFrame, output: str) -> pd.DataFrame:
    """Return one output's effects by feature, the largest first."""
    points = table.xs(output, level="output")
    return pd.DataFrame(points).sort_values("mu_star", ascending=False, kind="stable")


def _axes(ax: Axes, largest_x: float, largest_y: float) -> None:
    right = 1.25 * largest_x or 1.0
    top = 1.15 * max(largest_y, 0.35 * right)
    ax.set_xlim(-0.03 * right, right)
    ax.set_ylim(-0.04 * top, top)
    for ratio in _RATIOS:
        end = min(right, top / ratio)
        ax.plot([0, end], [0, ratio * end], "--", color="#C8C8C8", linewidth=0.9, zorder=1)
        # Near the line's end, turned so that it stays clear of the frame.
        at = 0.96 * end
        below = ratio * at > 0.88 * top
        ax.annotate(
            f"σ/μ* = {ratio:g}", (at, ratio * at), xytext=(-3, -4 if below else 3),
            textcoords="offset points", ha="right", va="top" if below else "bottom",
            fontsize=8.25, color=MUTED,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip


def _draw(ax: Axes, plane: _Plane, output: str, style: MethodStyle) -> None:
    """Draw one output's points with their intervals; without a sigma on the axis, hollow."""
    points = _of(plane.points, output)
    ends = plane.ends.xs(output, level="output").reindex(points.index)
    x, y = points["mu_star"].to_numpy(), points["sigma"].to_numpy()
    beside = _beside(plane, output)
    right = max([float(x.max()), *beside["mu_star"]])
    _axes(ax, right, float(y.max()))
    for across, up, name in ((1, 0, "mu_star"), (0, 1, "sigma")):
        low, high = (ends[end, name].to_numpy(dtype=float) for end in ("low", "high"))
        value = points[name].to_numpy()
        size = np.nan_to_num(
            np.vstack([value - np.minimum(low, value), np.maximum(high, value) - value])
        )
        ax.errorbar(
            x, y, xerr=size if across else None, yerr=size if up else None, fmt="none",
            ecolor=style.colour, elinewidth=1.1, capsize=0, zorder=2,
        )  # fmt: skip
    ax.scatter(x, y, s=32, marker=style.marker, color=style.colour, linewidth=0.5,
               edgecolor="white", zorder=3)  # fmt: skip
    if len(beside):
        of_groups = plane.ends.xs(output, level="output").reindex(beside.index)
        low, high = (of_groups[end, "mu_star"].to_numpy(dtype=float) for end in ("low", "high"))
        ax.hlines(np.zeros(len(low)), low, high, color=style.colour, linewidth=1.1, clip_on=False)
        ax.plot(beside["mu_star"], np.zeros(len(low)), marker=style.marker, markersize=6,
                color=style.colour, markerfacecolor="white", linestyle="none",
                zorder=4)  # fmt: skip


def _beside(plane: _Plane, output: str) -> pd.DataFrame:
    """Return mu_star of one output's inputs that have no sigma."""
    here = plane.beside.index.get_level_values("output") == output
    return pd.DataFrame(plane.beside[here].droplevel("output"))


class MorrisPlane(ReportFigure):
    """Size of the elementary effects of each input against their spread."""

    name, section, order = "morris_plane", "screening", 10
    narrow = True
    needs = "Morris's mu_star and sigma"
    title = "Morris plane"
    caption = (
        "Elementary effects: the change of the output per step of an input, a step of the input's "
        "whole range counting 1. Right: large effects. Low: effects that are the same everywhere. "
        "High, above σ/μ* = 0.5 to 1: strongly nonlinear effects or interactions. Lines "
        "through the marks: the method's intervals. Hollow, on the axis: a group of inputs, whose "
        "effects have no sign and no σ."
    )

    def applies(self, results: Results) -> Omitted | None:
        plane = _plane(results)
        return plane if isinstance(plane, Omitted) else None

    def draw(self, results: Results) -> Figure:
        """Return mu_star against sigma per output, with lines of constant sigma/mu_star."""
        question = the_question(results)
        plane = _the_plane(results)
        table = plane.points
        present = set(table.index.get_level_values("output"))
        outputs = [o for o in question.outputs if o in present]
        names = short_names(question.features, 20)
        style = method_styles(results.methods)[plane.label]
        with house_style():
            n = len(outputs)
            side = {1: 5.0, 2: 3.6, 3: 3.0}.get(n, 2.7)
            figure, axes = panels(n, side, side * 0.8, 0.4, narrowest=2.0)
            for ax, output in zip(axes, outputs, strict=True):
                _draw(ax, plane, output, style)
            title_panels(axes, outputs, len(question.outputs))
            most = f"at most the {MOST_NAMES} largest are named" if len(names) > MOST_NAMES else ""
            note = "\n".join(filter(None, (most, _missing(plane, names, n))))
            unit = in_figure(_unit(question, outputs))
            note_below(figure, rf"$\mu^*$, mean size of the elementary effects, {unit}", note)
            label_left(figure, rf"$\sigma$, their standard deviation, {unit}")
            # A constrained layout is not in place before a drawing, and names need places.
            figure.draw_without_rendering()
            for ax, output in zip(axes, outputs, strict=True):
                points = _of(table, output)
                # At the origin all are alike: names there would only hide each other.
                points = points[points["mu_star"] > _NAMED_FROM * points["mu_star"].max()].head(
                    MOST_NAMES
                )
                beside = _beside(plane, output)
                x = np.concatenate([points["mu_star"], beside["mu_star"]])
                y = np.concatenate([points["sigma"], np.zeros(len(beside))])
                named = [*points.index, *beside.index]
                lines = [np.array([[0.0, 0.0], [1.0, ratio]]) for ratio in _RATIOS]
                place_names(figure, ax, x, y, [in_figure(names[f]) for f in named], lines)
        return figure

    def alt(self, results: Results) -> str:
        plane = _the_plane(results)
        texts = []
        for output, points in plane.points.groupby(level="output", sort=False):
            top = points.sort_values("mu_star", ascending=False, kind="stable").head(4)
            numbers = (
                f"{key[1]} ({number(row['mu_star'], 2)}, {number(row['sigma'], 2)})"
                for key, row in zip(top.index, top.to_dict("records"), strict=True)
            )
            texts.append(f"{output}: {listed(numbers)}")
        left = f" No sigma: {listed(_missing_said(plane))}." if plane.missing else ""
        return f"Morris's mu_star and sigma of the largest effects. {'; '.join(texts)}.{left}"
