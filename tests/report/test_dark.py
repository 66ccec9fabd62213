"""One drawing for light and dark: what its colours become, and that nothing else changes."""

import re
from itertools import combinations

import pytest

from sensbench.report import style
from sensbench.report.dark import FAMILIES, HEAT_IN_DARK, PAPER, _oklab, for_page, in_the_dark
from sensbench.report.figures.importance import Importance
from sensbench.report.style import COLOURS, FLOOR, GRID, HEAT, INK, MUTED, saved
from tests.report.test_style import APART, contrast, difference

FLOOR_IN_DARK = "#23282D"
SHADES = [in_the_dark(shade) for shade in (*HEAT, "#FFFFFF", FLOOR)]


def test_the_families_are_apart_in_the_dark_for_every_reader_and_seen():
    assert [in_the_dark(colour) for colour in COLOURS] == list(FAMILIES.values())
    most_readers = ("normal", "protanopia", "deuteranopia")
    for one, other in combinations(FAMILIES.values(), 2):
        assert difference(one, other, most_readers) >= APART
        assert difference(one, other) >= 12
    for colour in FAMILIES.values():
        assert contrast(colour, PAPER) >= contrast(colour, FLOOR_IN_DARK) >= 3.5


def test_texts_are_read_in_the_dark():
    assert in_the_dark("#FFFFFF") == PAPER
    assert in_the_dark(FLOOR) == FLOOR_IN_DARK
    assert tuple(in_the_dark(shade) for shade in HEAT) == HEAT_IN_DARK
    assert min(contrast(in_the_dark(INK), shade) for shade in SHADES) >= 5.3
    assert min(contrast(in_the_dark(MUTED), shade) for shade in (PAPER, FLOOR_IN_DARK)) >= 5.3
    # a grid is seen, and no more
    assert 1.2 <= contrast(in_the_dark(GRID), PAPER) <= 1.6


def test_oklab_is_as_published():
    # CSS Color 4 gives red as oklch(62.796% 0.25768 29.234)
    assert _oklab("#FF0000") == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)
    assert _oklab("#FFFFFF") == pytest.approx([1, 0, 0], abs=1e-4)


def test_a_blend_of_the_heat_map_is_the_same_blend_in_the_dark():
    assert in_the_dark("#A7C7E5") == "#214B6D"  # between the fourth step and the fifth
    assert in_the_dark("#A6C7E4") != "#A6C7E4"


@pytest.mark.parametrize("colour", ["#999999", "#8A9098", "#C8C8C8", "#8E7FA8", "#20A040"])
def test_any_other_colour_keeps_its_hue_and_is_turned(colour):
    lightness, *hue = _oklab(colour)
    turned, *after = _oklab(in_the_dark(colour))
    assert after == pytest.approx(hue, abs=0.01)
    paper, bright = (_oklab(one)[0] for one in (PAPER, "#E7E8E9"))
    ink = _oklab(INK)[0]
    assert turned == pytest.approx(paper + (1 - lightness) / (1 - ink) * (bright - paper), abs=0.01)


def test_the_picture_of_a_page_is_the_drawing_with_its_colours_named(linear_results):
    svg = saved(Importance().drawn(linear_results), "svg")
    page = for_page(svg).decode()
    light, dark = re.findall(r":root\{([^}]*)\}", page)
    given = dict(pair.split(":") for pair in light.split(";"))
    assert dict(pair.split(":") for pair in dark.split(";")) == {
        name: in_the_dark(colour).lower() for name, colour in given.items()
    }
    assert {"#ffffff", INK.lower(), GRID.lower()} <= set(given.values())
    body = re.sub(r"<style>:root.*?</style>", "", page)
    assert not re.search(r"(fill|stroke): ?#", body)
    back = re.sub(r":var\((--c\d+)\)", lambda name: ": " + given[name[1]], body)
    before = re.sub(r"<!DOCTYPE[^>]*>\s*|<metadata>.*?</metadata>\s*", "", svg.decode(), flags=re.S)
    assert back.split() == before.split()
    assert len(page) < len(svg)


def test_what_an_input_is_called_is_no_colour():
    text = 'fill: #ffffff style="fill: #000000"'
    figure = style.HouseFigure()
    figure.text(0.5, 0.5, text)
    found = re.findall(r"<text[^>]*>([^<]*)</text>", for_page(saved(figure, "svg")).decode())
    assert found == [text]
