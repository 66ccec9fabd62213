"""One colour and one marker per method, the same in every figure, and how figures are saved."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import matplotlib
import seaborn as sns
from matplotlib.figure import Figure

from sensbench.study.results import Method

Format = Literal["svg", "png", "pdf"]

# Okabe & Ito's colours stay apart in every common colour-vision deficiency. Their yellow is too
# pale for points on white and their black is kept for exact values.
_FIXED = {
    "gradient": ("#0072B2", "o"),
    "sobol": ("#D55E00", "s"),
    "morris": ("#009E73", "^"),
    "permutation": ("#CC79A7", "D"),
}
_NEXT_COLOURS = ("#E69F00", "#56B4E9", "#8B6914", "#6A51A3", "#777777", "#B2182B")
_NEXT_MARKERS = ("v", "P", "X", "p", "h", "*", "<", ">")
EXACT_COLOUR = "black"
INK = "#333333"

# No dates and no versions in the files: the same results give the same bytes.
_METADATA: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "svg.hashsalt": "sensbench",
    "svg.fonttype": "path",
    "text.usetex": False,
}


@dataclass(frozen=True)
class MethodStyle:
    """How one method is drawn."""

    colour: str
    marker: str


def method_styles(methods: Mapping[str, Method]) -> dict[str, MethodStyle]:
    """Return the style of every method by its label.

    The first method of a well-known name has that name's colour in every study; all others take
    the next free ones in the study's order.
    """
    styles, taken, extra = {}, set(), 0
    for label, method in methods.items():
        if method.name in _FIXED and method.name not in taken:
            taken.add(method.name)
            styles[label] = MethodStyle(*_FIXED[method.name])
        else:
            styles[label] = MethodStyle(
                _NEXT_COLOURS[extra % len(_NEXT_COLOURS)],
                _NEXT_MARKERS[extra % len(_NEXT_MARKERS)],
            )
            extra += 1
    return styles


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house's style; nothing global changes after the block."""
    with sns.axes_style("whitegrid"), matplotlib.rc_context(_RC), warnings.catch_warnings():
        # A name in a script the font does not hold: tables and the alternative text carry it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def saved(figure: Figure, kind: Format) -> bytes:
    """Return the figure as a file's bytes, the same ones for the same figure."""
    buffer = BytesIO()
    with house_style():
        figure.savefig(buffer, format=kind, dpi=200, metadata=_METADATA[kind])
    return buffer.getvalue()
