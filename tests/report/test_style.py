"""Methods stay apart, for every reader, and keep their look."""

from itertools import combinations

import numpy as np
import pytest

from sensbench import estimators
from sensbench.measure import Measure, measure
from sensbench.report import style
from sensbench.report.figures.importance import Importance
from sensbench.report.style import (
    COLOURS,
    FLOOR,
    HEAT,
    INK,
    MARKERS,
    family_colour,
    ink_on,
    method_styles,
)
from sensbench.study.results import Method

# Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113: severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# IEC 61966-2-1: linear sRGB to XYZ under D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# About ten times what is just seen side by side: small marks are far apart from each other.
APART = 20.0


def linear_rgb(colour):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    t = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, readers=tuple(VISION)):
    """CIELAB distance for the reader who sees the least of it."""
    return min(
        np.linalg.norm(
            lab(np.clip(matrix @ linear_rgb(one), 0, 1))
            - lab(np.clip(matrix @ linear_rgb(other), 0, 1))
        )
        for matrix in (VISION[reader] for reader in readers)
    )


def contrast(one, other="#FFFFFF"):
    """WCAG 2.1's contrast ratio."""
    dark, light = sorted(float(TO_XYZ[1] @ linear_rgb(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def own():
    """The package's own methods."""
    found = {}
    for name in estimators.registry._files():
        estimator = estimators.load(name)
        found[name] = Method(name, name, {}, measure(estimator.ranks_by))
    return found


def of_family(name, family):
    return Method(name, name, {}, Measure(name, name, "", "", "", "", family))


def twelve():
    """Methods as a large study has them: of known families and others, one of them twice."""
    more = {
        "hsic": of_family("hsic", "kernel"),
        "knockoffs": of_family("knockoffs", "selection"),
        "sobol (other)": Method("sobol (other)", "sobol", {"a": 1}, measure("total_order")),
    }
    return {**own(), **more}


def test_the_ruler():
    assert lab(np.ones(3)) == pytest.approx([100, 0, 0], abs=0.01)
    # published values of sRGB red
    assert lab(linear_rgb("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.01)
    # a vermilion and an olive that a normal reader tells apart and a protanope does not
    assert difference("#D55E00", "#8B6914") < APART / 2


def test_all_colours_are_apart_for_every_reader_and_seen_on_white():
    most_readers = ("normal", "protanopia", "deuteranopia")
    assert min(difference(a, b, most_readers) for a, b in combinations(COLOURS, 2)) >= APART
    close = [{a, b} for a, b in combinations(COLOURS, 2) if difference(a, b) < APART]
    # with tritanopia blue and green look alike; the two families' markers differ
    assert close == [{family_colour("derivative"), family_colour("screening")}]
    assert difference(*close[0]) >= 13
    assert min(contrast(c, ground) for c in COLOURS for ground in ("#FFFFFF", FLOOR)) >= 3.5
    assert len(set(MARKERS)) == len(MARKERS)


def test_every_family_of_the_package_has_a_colour_of_its_own():
    families = {method.headline.family for method in own().values()}
    assert len({family_colour(family) for family in families}) == len(families) >= 7


def test_numbers_are_readable_on_every_shade():
    for shade in (*HEAT, "#F0A08C"):
        assert ink_on(shade) == INK
        assert contrast(INK, shade) >= 5.3
    for dark in ("#241A70", "#4A4A4A", "#7A2B00"):
        assert contrast(ink_on(dark), dark) >= 5.3


def test_many_methods_differ_by_marker_or_by_a_colour_that_every_reader_sees():
    methods = twelve()
    assert len(methods) >= 12
    for one, other in combinations(method_styles(methods).values(), 2):
        assert one.marker != other.marker or difference(one.colour, other.colour) >= APART


def test_every_method_of_the_package_has_a_look_of_its_own():
    methods = own()
    assert set(methods) <= set(style._OWN)
    looks = {name: next(iter(style._candidates(method))) for name, method in methods.items()}
    assert method_styles(methods) == looks
    assert len(set(looks.values())) == len(looks)


def test_a_hundred_methods_of_one_family_differ():
    many = {f"m{k}": of_family(f"m{k}", "variance") for k in range(100)}
    styles = method_styles(many)
    assert len(set(styles.values())) == 100
    assert len({styles[f"m{k}"].colour for k in range(100)}) > 1


def test_a_method_looks_the_same_in_every_company():
    together = method_styles(twelve())
    for label, method in twelve().items():
        if label != "sobol (other)":
            assert method_styles({label: method})[label] == together[label]
    back = method_styles(dict(reversed(twelve().items())))
    assert back == together
    assert list(back) == list(reversed(list(together)))


def test_the_colour_is_the_familys():
    styles = method_styles(twelve())
    colours = {}
    for label, method in twelve().items():
        colours.setdefault(method.headline.family, set()).add(styles[label].colour)
    assert all(len(found) == 1 for found in colours.values())
    known = [colours[family] for family in ("variance", "derivative", "screening", "distance")]
    assert len(set.union(*known)) == 4
    # the looks themselves: a change of them is seen in every figure that was ever published
    assert (styles["sobol"].colour, styles["sobol"].marker) == ("#CF5200", "s")
    assert (styles["gradient"].colour, styles["gradient"].marker) == ("#0A7ED6", "o")


def test_no_two_entries_of_a_figures_legend_look_alike(linear_results):
    figure = Importance().draw(linear_results)
    looks = [(h.get_color(), h.get_marker()) for h in figure.legends[0].legend_handles]
    assert len(looks) == 4
    for (colour, marker), (other, another) in combinations(looks, 2):
        assert marker != another or difference(colour, other) >= APART
