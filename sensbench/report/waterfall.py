"""The figure: from one method's shares to another's, a bar for every step."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench.account.account import Account
from sensbench.account.chain import StepCause
from sensbench.errors import InputError
from sensbench.measure import measure
from sensbench.report.account_said import SMALL, largest, signed
from sensbench.report.panels import label_width, note_below, panels
from sensbench.report.style import INK, family_colour, house_style
from sensbench.report.text import in_figure, number, plain_symbol, short_names

_RISE, _FALL, _GREY = "#0A58A3", "#8F3F00", "#B9BCBD"
_PALE = 0.35
_SMALLER = "smaller steps"


@dataclass(frozen=True)
class _Bar:
    """A floating bar: from where the steps before it lead, by ``value``."""

    value: float
    half: float
    clear: bool
    colour: str


def waterfall(account: Account) -> Figure:
    """Return a panel for each of the three inputs whose published shares differ most.

    From top to bottom: the share by the one method, a bar for every step with its interval, pale
    where that holds 0, steps below 0.02 together, grey what the published shares differ by beyond
    the steps, and the share by the other method.

    Raises
    ------
    InputError
        There are no steps: the difference is undefined.
    """
    if not account.steps:
        raise InputError(
            f"plot: expected shares that differ by steps; got a difference that is "
            f"{account.verdict.status} for {account.start.method} and {account.end.method}"
        )
    shown = largest(account) or [max(account.features, key=lambda f: abs(account.gap(f)))]
    causes = _shown_causes(account, shown)
    with house_style():
        labels = _labels(account, causes)
        margin = label_width([plain_symbol(label) for label in labels])
        height = 0.6 + 0.26 * len(labels)
        figure, axes = panels(len(shown), 2.5, height, margin, share_y=True)
        names = short_names(shown, 24)
        for ax, feature in zip(axes, shown, strict=True):
            _panel(ax, account, feature, causes)
            ax.set_title(in_figure(names[feature]))
        axes[0].set_yticks(range(len(labels)), labels)
        axes[0].set_ylim(len(labels) - 0.5, -0.5)
        note_below(figure, "share of importance")
    return figure


def waterfall_said(account: Account) -> str:
    """Return the figure's content in words."""
    texts = []
    for name in largest(account):
        steps = [s for s in account.of(name) if abs(s.value) >= SMALL]
        parts = "; ".join(f"{s.cause} {signed(s.value)}" for s in steps)
        ends = (number(side.shares[name], 2) for side in (account.start, account.end))
        texts.append(f"{name}: from {' to '.join(ends)}: {parts}.")
    both = f"{account.start.method} to {account.end.method}"
    return f"Steps from the shares of {both}. {' '.join(texts)}"


def _shown_causes(account: Account, shown: Sequence[str]) -> list[StepCause]:
    """Return the causes that have a bar of their own in one of the panels."""
    steps = [s for s in account.steps if s.feature in shown and abs(s.value) >= SMALL]
    return [c for c in dict.fromkeys(s.cause for s in steps) if c is not StepCause.SAMPLING]


def _labels(account: Account, causes: Sequence[StepCause]) -> list[str]:
    start, end = (
        f"{in_figure(side.method)} ({measure(side.measure).symbol})"
        for side in (account.start, account.end)
    )
    return [start, *map(str, causes), _SMALLER, str(StepCause.SAMPLING), end]


def _bars(account: Account, feature: str, causes: Sequence[StepCause]) -> list[_Bar]:
    """Return the floating bars of a panel, in the order of the labels."""
    steps = {step.cause: step for step in account.of(feature)}
    bars = []
    for cause in causes:
        step = steps[cause]
        colour = _RISE if step.value > 0 else _FALL
        bars.append(_Bar(step.value, step.high - step.value, step.clear, colour))
    rest = [s.value for c, s in steps.items() if c not in (*causes, StepCause.SAMPLING)]
    bars.append(_Bar(sum(rest), 0.0, False, _GREY))
    sampling = steps.get(StepCause.SAMPLING)
    bars.append(_Bar(sampling.value if sampling else 0.0, 0.0, True, _GREY))
    return bars


def _panel(ax: Axes, account: Account, feature: str, causes: Sequence[StepCause]) -> None:
    bars = _bars(account, feature, causes)
    at, first, last = account.start.shares[feature], 0, len(bars) + 1
    for row, side in ((first, account.start), (last, account.end)):
        value = side.shares[feature]
        ax.barh(row, value, height=0.7, color=family_colour(measure(side.measure).family))
        _beside(ax, max(value, 0.0), row, number(value, 2))
    for row, bar in enumerate(bars, 1):
        ends = sorted((at, at + bar.value))
        ax.barh(
            row, ends[1] - ends[0], left=ends[0], height=0.62, color=bar.colour,
            alpha=1.0 if bar.clear else _PALE, linewidth=0,
        )  # fmt: skip
        ax.plot([at, at], [row - 1 + 0.35, row + 0.31], color="#888888", linewidth=0.7, zorder=1)
        at += bar.value
        if bar.half > 0:
            whisker = [at - bar.half, at + bar.half]
            ax.plot(whisker, [row, row], color=INK, linewidth=1.1, zorder=3)
        if abs(bar.value) >= SMALL:
            _beside(ax, max(*ends, at + bar.half), row, signed(bar.value))
    ax.plot([at, at], [last - 1 + 0.31, last + 0.35], color="#888888", linewidth=0.7, zorder=1)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    ax.margins(x=0.22)


def _beside(ax: Axes, x: float, row: int, text: str) -> None:
    """Write a number behind the end of a bar; a blank before it would be lost in an SVG."""
    ax.annotate(
        text, (x, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8.25,
        color=INK,
    )  # fmt: skip
