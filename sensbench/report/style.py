"""A colour per family, a marker per method, the same in every figure; how figures are saved."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal
from zlib import crc32

import matplotlib
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from sensbench.study.results import Method

Format = Literal["svg", "png", "pdf"]

# By family of the measure that a method ranks by. Any two of all these colours differ by 20 or more
# (CIELAB), also with protanopia or deuteranopia; with tritanopia derivative and screening by 13.9,
# where markers differ too. Their contrast with white and with the grey of bands is at least
# 3.5. Black is kept for exact values.
_FAMILIES = {
    "derivative": "#0A7ED6",
    "variance": "#CF5200",
    "screening": "#3D8B5E",
    "permutation": "#A8348A",
    "distance": "#241A70",
    "conditional": "#7A2B00",
    "regression": "#4A4A4A",
    "attribution": "#3C3CC3",
    "information": "#1E001E",
}
# A family that is not known here takes one of these, by its name.
_OTHER_FAMILIES = ("#8700FF", "#3C0F00")
COLOURS = (*_FAMILIES.values(), *_OTHER_FAMILIES)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "d", "*", "<", ">", "h", "8", "H")
# The package's own methods look for ever as they looked first: two of a family differ.
_OWN: Mapping[str, str] = {
    # derivative
    "gradient": "o", "conditional_gradient": "p", "second_derivative": "s", "delsa": "D",
    "saliency": "v", "derivative_quantiles": "X", "global_activity": "P",
    # attribution
    "shap": "o", "input_x_gradient": "s", "integrated_gradients": "^", "expected_gradients": "P",
    "deep_lift": "D", "feature_ablation": "p", "shapley_value_sampling": "*",
    "smooth_grad": "X", "sage": "v",
    # variance
    "sobol": "s", "sobol_salib": "d", "shapley_effects": "o", "kucherenko": ">", "efast": "D",
    "hdmr": "X", "radial": "v", "rbd_fast": "p", "nearest_neighbour": "<",
    "rank_first_order": "*", "polynomial_chaos": "P", "gaussian_process": "^", "poince": "h",
    "razavi_gupta": "8",
    # screening
    "morris": "d", "fractional_factorial": "^",
    # permutation
    "permutation": "P",
    # distance
    "delta": "<", "pawn": "P", "cramer_von_mises": "s", "rsa": "*", "discrepancy": "^",
    # information, conditional, regression
    "hsic": "o", "mutual_information": "p", "drop_column": "s", "loco": "v",
    "leave_one_out": "D", "conditional_permutation": "p",
    "regression": "^",
}  # fmt: skip
# Makes the look of the others' methods.
_SALT = 477455
EXACT_COLOUR = "black"
INK = "#1B1E22"
MUTED = "#575D65"
GRID = "#E6E8EA"
FLOOR = "#ECEDEE"
# Six steps of one blue, from nothing to much: dark ink stays readable on all of them.
HEAT = ("#FFFFFF", "#E8F0F8", "#D3E4F3", "#B6D1EA", "#97BDDF", "#74A6D3")

# No dates and no versions in the files: the same results give the same bytes.
_METADATA: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    # Where the first is not there, an SVG falls back to one as wide.
    "font.sans-serif": ["DejaVu Sans", "Bitstream Vera Sans", "Verdana"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.edgecolor": "#8A9098",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "svg.hashsalt": "sensbench",
    # Text stays text: it can be searched and edited, and journals refuse Type 3 fonts.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "text.usetex": False,
}
# Journals print 7 to 8 points at the width of a column.
_PAPER: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
}
# millimetres
WIDTHS = {"one column": 89.0, "two columns": 183.0}
DPI = 300
# What a telephone shows without scrolling, 326 of its 360 pixels; a page is drawn for it once more.
NARROW = 3.4


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


def family_colour(family: str) -> str:
    """Return the colour of a family of measures."""
    other = _OTHER_FAMILIES[_number(family, len(_OTHER_FAMILIES))]
    return _FAMILIES.get(family, other)


def _candidates(method: Method) -> Iterator[MethodStyle]:
    """Yield the method's own style, then the other markers of its family, then what is left."""
    colour = family_colour(method.headline.family)
    known = _OWN.get(method.name)
    start = MARKERS.index(known) if known else _number(method.name, len(MARKERS))
    markers = (*MARKERS[start:], *MARKERS[:start])
    for one in dict.fromkeys((colour, *COLOURS)):
        for marker in markers:
            yield MethodStyle(one, marker)


def _number(name: str, n: int) -> int:
    """Return a number below ``n`` that belongs to the name, in every process."""
    return crc32(f"{_SALT} {name}".encode(errors="surrogatepass")) % n


@dataclass(frozen=True)
class _Target:
    """How wide figures are to be, in inches, and whether their texts are of print's size."""

    width: float
    printed: bool


_target: ContextVar[_Target | None] = ContextVar("what a figure is drawn for", default=None)


@contextmanager
def for_paper(millimetres: float) -> Iterator[None]:
    """Draw for a paper: figures made in the block are that wide, their texts of print's size."""
    with _drawing_for(_Target(millimetres / 25.4, printed=True)):
        yield


@contextmanager
def for_screen(inches: float | None) -> Iterator[None]:
    """Draw for a screen that wide, texts as large as on any; ``None``: as wide as it likes."""
    with _drawing_for(None if inches is None else _Target(inches, printed=False)):
        yield


@contextmanager
def _drawing_for(target: _Target | None) -> Iterator[None]:
    token = _target.set(target)
    try:
        yield
    finally:
        _target.reset(token)


def target_width() -> float | None:
    """Return how wide figures are to be, in inches; ``None``: as wide as they like."""
    target = _target.get()
    return None if target is None else target.width


class HouseFigure(Figure):
    """A figure that is saved in the house's style wherever it is saved."""

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Save with fonts embedded as TrueType, or as text, and 300 dots an inch."""
        with house_style():
            super().savefig(fname, **{"dpi": DPI, **kwargs})


def ink_on(colour: Any) -> str:
    """Return the ink, dark or white, that has more contrast with a background."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    # WCAG 2.1: (lighter + 0.05) / (darker + 0.05), the ink's luminance being 0.0128
    return INK if (luminance + 0.05) / 0.0628 >= 1.05 / (luminance + 0.05) else "#FFFFFF"


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house's style; nothing global changes after the block."""
    target = _target.get()
    look = {**_RC, **_PAPER} if target is not None and target.printed else _RC
    with sns.axes_style("whitegrid"), matplotlib.rc_context(look), warnings.catch_warnings():
        # A name in a script the font does not hold: tables and the alternative text carry it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def lay_out(figure: Figure) -> None:
    """Place everything in the figure, once: it then stays where it is, in all formats.

    A layout begins where the last one ended and asks each format for the widths of its texts: of a
    figure that is laid out whenever it is saved, files depend on what it was saved as before.
    """
    engine = figure.get_layout_engine()
    if engine is None or isinstance(engine, PlaceHolderLayoutEngine):
        return
    before = figure.get_dpi()
    with house_style():
        figure.set_dpi(DPI)  # texts are as wide as in print, not rounded to a screen's pixels
        engine.execute(figure)
        figure.set_dpi(before)
    figure.set_layout_engine("none")


def saved(figure: Figure, kind: Format) -> bytes:
    """Return the figure as a file's bytes, the same ones for the same figure."""
    buffer, before = BytesIO(), (figure.canvas, figure.get_dpi())
    lay_out(figure)
    # ``savefig`` draws once more, onto nothing, for layouts: this one has been laid out
    try:
        with house_style():
            if kind == "svg":
                FigureCanvasSVG(figure).print_svg(buffer, metadata=_METADATA[kind])
            elif kind == "pdf":
                FigureCanvasPdf(figure).print_pdf(buffer, metadata=_METADATA[kind])
            else:
                figure.set_dpi(DPI)
                FigureCanvasAgg(figure).print_png(buffer, metadata=_METADATA[kind])
    finally:
        figure.set_dpi(before[1])
        figure.set_canvas(before[0])
    return buffer.getvalue()
