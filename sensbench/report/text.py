"""Numbers, names and symbols as text: for figures, pages and terminals."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from markupsafe import Markup, escape

from sensbench.metrics.ranks import DECIMALS
from sensbench.printable import printable

NOT_AVAILABLE = "n/a"
# Of more inputs, figures and tables show the first.
MOST_FEATURES = 20

_MACROS = {
    r"\partial": "∂", r"\cdot": "·", r"\sigma": "σ", r"\mu": "μ", r"\nu": "ν", r"\alpha": "α",
    r"\beta": "β", r"\delta": "δ", r"\Delta": "Δ", r"\rho": "ρ", r"\tau": "τ", r"\eta": "η",
    r"\phi": "φ", r"\theta": "θ", r"\lambda": "λ", r"\leq": "≤", r"\geq": "≥", r"\times": "×",
    r"\sqrt": "√", r"\,": " ",
}  # fmt: skip
_DOI = re.compile(r"doi:(10\.\d{4,9}/(?:[^\s,;\[\]()&]|\([^\s()]*\))*[^\s,;.:\[\]()&])")
_SCRIPT = re.compile(r"([_^])(?:\{([^{}]*)\}|(.))")


def number(value: float, digits: int = 3) -> str:
    """Return a number with that many significant digits, readable at any size."""
    if not math.isfinite(value):
        return NOT_AVAILABLE if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -4 <= exponent < 6:
        text = f"{value:,.{max(0, digits - 1 - exponent)}f}"
    else:
        text = f"{value:.{digits - 1}e}"
    return text.replace("-", "−")


def share(value: float) -> str:
    """Return a share of importance; what only rounding leaves of it is 0."""
    return number(round(value, DECIMALS) + 0.0 if math.isfinite(value) else value, 2)


def fit(r2: float) -> str:
    """Return R² with two digits, or as many as keep it below 1 if it is."""
    if abs(r2) < 0.1 or r2 >= 1:
        return f"{r2:.2f}".replace("-", "−")
    for digits in range(2, 6):
        if not number(r2, digits).startswith("1"):
            return number(r2, digits)
    return "above 0.9999"


def quality_said(r2: float, gradient_error: float | None) -> str:
    """Return R², and the gradient's error where it is known."""
    if gradient_error is None or math.isnan(gradient_error):
        return f"R² {fit(r2)}"
    return f"R² {fit(r2)}, gradient error {number(100 * gradient_error, 2)} %"


def percent(part: float) -> str:
    """Return a part of a whole as a percentage without decimals."""
    return NOT_AVAILABLE if math.isnan(part) else f"{100 * part:.0f} %".replace("-", "−")


def coverage_said(part: float) -> str:
    """Return how many of the intervals given hold the known value; there may be none."""
    return "no interval" if math.isnan(part) else percent(part)


def correlation(value: float) -> str:
    """Return a rank correlation, two decimals."""
    return NOT_AVAILABLE if math.isnan(value) else f"{value:.2f}".replace("-", "−")


# beside a number that a few rows decide
UNSETTLED = "unsettled"


# An interval so narrow, relative to its value, is the rounding of the numbers.
_EXACT = 1e-5


def interval(value: float, low: float, high: float) -> str:
    """Return ``value [low, high]`` with the digits that the interval's width supports."""
    if not math.isfinite(value):
        return NOT_AVAILABLE
    width = high - low
    # what is exact but for rounding has no interval worth reading, single precision's included
    if not math.isfinite(width) or width <= _EXACT * abs(value):
        return number(value)
    # The last digit is then at most a quarter of the width, and at least a fortieth.
    decimals = -math.floor(math.log10(width / 4))
    largest = max(abs(value), abs(low), abs(high))
    if decimals > 5 or largest >= 1e6:
        return f"{number(value)} [{number(low)}, {number(high)}]"
    decimals = max(0, decimals)
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    ends = (f"{round(end, decimals) + 0.0:,.{decimals}f}" for end in (value, low, high))
    return "{} [{}, {}]".format(*ends).replace("-", "−")


def count(n: int, noun: str, plural: str = "") -> str:
    """Return ``1 input`` or ``3 inputs``."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(items: Iterable[str], most: int = 8) -> str:
    """Return ``a, b and c``; the rest of a long list is counted."""
    names = list(items)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def few_notes(notes: Sequence[str], most: int = 12) -> list[str]:
    """Return the notes; of more than ``most``, the first ones and how many more there are."""
    if len(notes) <= most:
        return list(notes)
    return [*notes[: most - 1], f"… and {len(notes) - most + 1:,} more notes of this kind"]


def moment(created: str) -> str:
    """Return an ISO time as ``2026-11-23 03:17 UTC``; other text as it is."""
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return created
    return (time.astimezone(UTC) if time.tzinfo else time).strftime(
        "%Y-%m-%d %H:%M UTC" if time.tzinfo else "%Y-%m-%d %H:%M"
    )


def linked(text: str) -> Markup:
    """Return text for a page, its DOIs as links."""
    return Markup(_DOI.sub(r'<a href="https://doi.org/\1">doi:\1</a>', str(escape(text))))


def one_line(text: str) -> str:
    """Return text without line breaks and repeated blanks."""
    return " ".join(str(text).split())


def short_names(names: Sequence[str], width: int = 28) -> dict[str, str]:
    """Return names cut in the middle to ``width`` characters, still distinct."""
    shortened: dict[str, str] = {}
    taken: set[str] = set()
    for i, name in enumerate(names):
        short = _cut(one_line(name), width)
        if short in taken:
            mark = f" ({i + 1})"
            short = _cut(one_line(name), width - len(mark)) + mark
        shortened[name] = short
        taken.add(short)
    return shortened


def in_short(texts: Iterable[str], names: Iterable[str], width: int = 60) -> list[str]:
    """Return sentences in which names that are longer, or of several lines, are cut."""
    given = dict.fromkeys(names)
    unwieldy = [name for name in given if len(name) > width or one_line(name) != name]
    short = short_names(unwieldy, width)
    ordered = sorted(unwieldy, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")
    return [pattern.sub(lambda match: short[match[0]], text) for text in texts]


def _cut(name: str, width: int) -> str:
    if len(name) <= width:
        return name
    head = (width - 1) * 3 // 5
    return f"{name[:head]}…{name[len(name) - (width - 1 - head) :]}"


def in_figure(name: str) -> str:
    r"""Return text that matplotlib shows as it is: ``$`` would start mathematics."""
    # SVG is XML, in which control characters make the whole drawing unreadable
    return printable(name).replace("$", r"\$")


def plain_symbol(symbol: str) -> str:
    """Return a measure's symbol without its markup."""
    plain = str(symbol_html(symbol)).replace("<sup>2</sup>", "²")
    plain = plain.replace("<sub>", "_").replace("<sup>", "^")
    return Markup(re.sub(r"</su[bp]>", "", plain)).unescape()


def breakable(name: str) -> Markup:
    """Return a name for a narrow place: its line may end before a bracket and behind a comma."""
    return Markup(str(escape(name)).replace("(", "<wbr>(").replace(",", ",<wbr>"))


def symbol_html(symbol: str) -> Markup:
    """Return a measure's symbol as HTML; ``$…$`` is mathematics of the simplest kind."""
    pieces = symbol.split("$")
    return Markup("").join(
        _mathematics(piece) if k % 2 else escape(piece) for k, piece in enumerate(pieces)
    )


def _mathematics(tex: str) -> Markup:
    for macro in sorted(_MACROS, key=len, reverse=True):
        tex = tex.replace(macro, _MACROS[macro])
    tex = tex.replace("\\", "").replace("∂ ", "∂").replace("^*", "*")
    html = _SCRIPT.sub(lambda m: f"<{_TAGS[m[1]]}>{m[2] or m[3]}</{_TAGS[m[1]]}>", str(escape(tex)))
    return Markup(re.sub(r"[{}]", "", html))


_TAGS = {"_": "sub", "^": "sup"}
