"""A drawing on a page that may be dark: one SVG whose colours are given for light and dark."""

import re
from functools import cache
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from sensbench.report.style import FLOOR, GRID, HEAT, INK, MUTED

PAPER = "#15181B"
# Of the families' colours in the light any two differ by 20 or more (CIELAB), also with protanopia
# or deuteranopia, and so do these; by 13 with tritanopia. Their contrast with the dark page and
# with the grey of bands is at least 3.5.
FAMILIES = {
    "#0A7ED6": "#6FB4F5",
    "#CF5200": "#FF9A62",
    "#3D8B5E": "#9BEBBE",
    "#A8348A": "#C25C9F",
    "#241A70": "#8468EA",
    "#7A2B00": "#BE6412",
    "#4A4A4A": "#D9D5EA",
    "#3C3CC3": "#E6B20D",
    "#1E001E": "#D95973",
    "#8700FF": "#FFF273",
    "#3C0F00": "#D9FFA6",
}
# As in the page's tables.
HEAT_IN_DARK = (PAPER, "#182735", "#1B354B", "#1F4462", "#235278", "#255F8C")
_GREYS = {
    "#FFFFFF": PAPER, "#000000": "#FFFFFF", INK: "#E7E8E9", MUTED: "#A6ACB3", GRID: "#2A2F34",
    FLOOR: "#23282D", "#D6D9DC": "#3A4046", "#0A58A3": "#93C5F7", "#8F3F00": "#F5B27F",
}  # fmt: skip
_KNOWN = {light.upper(): dark for light, dark in {**FAMILIES, **_GREYS}.items()}

# A step of 8-bit colours, to which a blend is rounded.
_ROUNDING = 1.5 / 255
# Björn Ottosson, "A perceptual color space for image processing", 2020: linear sRGB to cone
# responses, and their cube roots to OKLab.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_TAG = re.compile(rb"<[^>]+>")
_COLOUR = re.compile(rb"(fill|stroke): (#[0-9a-f]{6})(?![0-9a-f])")
_NOT_SHOWN = re.compile(rb"<!DOCTYPE[^>]*>\s*|<metadata>.*?</metadata>\s*|(?<=\n) +(?=<)", re.S)


@cache
def in_the_dark(colour: str) -> str:
    """Return what stands on a dark page for a colour, ``#rrggbb``, that stands on a white one.

    Inks, families and the steps of the heat maps have colours chosen for the dark, and blends of
    those steps the same blends; any other colour keeps its hue, and what was dark is light.
    """
    known = _KNOWN.get(colour.upper())
    if known is not None:
        return known
    step = _step(np.array(to_rgb(colour)))
    if step is not None:
        k = min(int(step), len(HEAT) - 2)
        low, high = (np.array(to_rgb(HEAT_IN_DARK[i])) for i in (k, k + 1))
        return to_hex(low + (step - k) * (high - low)).upper()
    return _turned(colour)


def _step(rgb: np.ndarray) -> float | None:
    """Return where a colour stands in the heat map's steps; ``None``: it is no blend of them."""
    ends = np.array([to_rgb(one) for one in HEAT])
    for k, (low, high) in enumerate(pairwise(ends)):
        along = high - low
        part = float(np.clip((rgb - low) @ along / (along @ along), 0.0, 1.0))
        if np.abs(low + part * along - rgb).max() <= _ROUNDING:
            return k + part
    return None


def _turned(colour: str) -> str:
    """Return the colour with its lightness turned: the ink's to near white, white to the page's."""
    white, ink, paper, bright = (_oklab(one)[0] for one in ("#FFFFFF", INK, PAPER, "#E7E8E9"))
    lab = _oklab(colour)
    lab[0] = min(1.0, paper + (white - lab[0]) * (bright - paper) / (white - ink))
    cones = np.linalg.solve(_TO_OKLAB, lab) ** 3
    linear = np.clip(np.linalg.solve(_TO_CONES, cones), 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return to_hex(tuple(np.clip(srgb, 0.0, 1.0).tolist())).upper()


def _oklab(colour: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return _TO_OKLAB @ np.cbrt(_TO_CONES @ linear)


def for_page(svg: bytes) -> bytes:
    """Return the SVG as a page holds it: light on a light page, dark on a dark one.

    As an image it takes the scheme of the page that shows it; printed it is light. Nothing is
    drawn twice: colours become names, which a style gives for both. What no reader sees (its
    description of itself, indents) is left out.
    """
    names: dict[bytes, bytes] = {}

    def named(match: re.Match[bytes]) -> bytes:
        name = names.setdefault(match[2], b"--c%d" % len(names))
        return match[1] + b":var(" + name + b")"

    # In XML a text holds no "<" or ">": what is called "fill: #ffffff" stays so.
    body = _TAG.sub(lambda tag: _COLOUR.sub(named, tag[0]), _NOT_SHOWN.sub(b"", svg))
    light = b";".join(name + b":" + colour for colour, name in names.items())
    dark = b";".join(
        name + b":" + in_the_dark(colour.decode()).lower().encode()
        for colour, name in names.items()
    )
    style = (
        b"<style>:root{" + light + b"}@media (prefers-color-scheme:dark){:root{" + dark + b"}}"
        b"</style>"
    )  # fmt: skip
    return re.sub(rb"<svg[^>]*>", lambda root: root[0] + style, body, count=1)
