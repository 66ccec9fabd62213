"""A colour per family, a marker per method, the same in every figure; how figures are saved."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal
from zlib import crc32

import matplotlib
import seaborn as sns
from matplotlib.figure import Figure

from sensbench.study.results import Method

Format = Literal["svg", "png", "pdf"]

# By family of the measure that a method ranks by. Any two of all these colours differ by 20 or more
# (CIELAB), also with protanopia, deuteranopia or tritanopia, and their contrast with white is at
# least 3; black is kept for exact values.
_FAMILIES = {
    "derivative": "#106FB3",
    "variance": "#DB6206",
    "screening": "#2AA674",
    "permutation": "#D474AD",
    "distance": "#552374",
}
# A family that is not known here takes one of these, by its name.
_OTHER_FAMILIES = ("#7A4B00", "#666A6B", "#980832", "#2D36A5", "#003006")
COLOURS = (*_FAMILIES.values(), *_OTHER_FAMILIES)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "d", "*", "<", ">")
# Of the salts the first that gives the package's own methods a marker each.
_SALT = 390329
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
    """Return the style of every method by its label: the family's colour, the method's marker.

    Both follow from the names of family and method alone, so that a method looks the same in every
    figure of every study. Only where two would look the same (a method twice, with other
    parameters) one of them takes the next marker; the study's order plays no part.
    """
    first: dict[str, str] = {}
    for label in sorted(methods):
        first.setdefault(methods[label].name, label)
    names = [*first.values(), *sorted(set(methods) - set(first.values()))]
    styles: dict[str, MethodStyle] = {}
    for label in names:
        own = list(_candidates(methods[label]))
        taken = set(styles.values())
        styles[label] = next((style for style in own if style not in taken), own[0])
    return {label: styles[label] for label in methods}


def _candidates(method: Method) -> Iterator[MethodStyle]:
    """Yield the method's own style, then the other markers of its family, then what is left."""
    family = method.headline.family
    other = _OTHER_FAMILIES[_number(family, len(_OTHER_FAMILIES))]
    colour, start = _FAMILIES.get(family, other), _number(method.name, len(MARKERS))
    markers = (*MARKERS[start:], *MARKERS[:start])
    for one in dict.fromkeys((colour, *COLOURS)):
        for marker in markers:
            yield MethodStyle(one, marker)


def _number(name: str, n: int) -> int:
    """Return a number below ``n`` that belongs to the name, in every process."""
    return crc32(f"{_SALT} {name}".encode(errors="surrogatepass")) % n


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
