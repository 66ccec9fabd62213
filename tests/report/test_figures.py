from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from sensbench.errors import InputError
from sensbench.report import plot
from sensbench.report.figures import Omitted, catalogue
from sensbench.report.figures.importance import importance
from sensbench.report.figures.measures import measures
from sensbench.report.figures.morris_plane import morris_plane
from sensbench.report.style import house_style, method_styles, saved
from sensbench.study.results import Method

ALL = ["ishigami", "linear", "correlated", "nasty", "five", "empty"]


def marks(ax):
    shown = sum(len(line.get_xdata()) for line in ax.lines if line.get_linestyle() != "--")
    return shown + len(ax.collections) + len(ax.images)


@pytest.mark.parametrize("name", ALL)
def test_no_panel_is_empty_and_nothing_leaks(request, name):
    results = request.getfixturevalue(f"{name}_results")
    before, open_figures = dict(mpl.rcParams), plt.get_fignums()
    for kind in catalogue(results):
        figure = kind.draw(results)
        if isinstance(figure, Omitted):
            assert figure.reason
            continue
        assert figure.axes
        assert all(marks(ax) for ax in figure.axes)
        if name == "ishigami":
            assert saved(figure, "svg") == saved(kind.draw(results), "svg")
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == open_figures


@pytest.mark.parametrize("name", ["ishigami", "linear", "nasty"])
def test_texts_lie_inside_and_apart(request, name):
    results = request.getfixturevalue(f"{name}_results")
    for kind in catalogue(results):
        figure = kind.draw(results)
        if isinstance(figure, Omitted):
            continue
        with house_style():
            figure.draw_without_rendering()
        page = figure.bbox
        for ax in figure.axes:
            labels = [t for t in (*ax.get_xticklabels(), *ax.get_yticklabels()) if t.get_text()]
            low, high = sorted(ax.get_ylim())
            boxes = [
                t.get_window_extent()
                for t in ax.get_yticklabels()
                if t.get_text() and t.get_visible() and low <= t.get_position()[1] <= high
            ]
            for first, second in pairwise(boxes):
                assert not first.overlaps(second)
            names = [t.get_window_extent() for t in ax.texts if t.get_text()]
            for k, box in enumerate(names):
                assert not any(box.overlaps(other) for other in names[k + 1 :])
            assert labels or kind.name.startswith("measures") or kind.name == "importance"
            box = ax.get_tightbbox()
            assert page.x0 - 1 <= box.x0
            assert box.x1 <= page.x1 + 1
            assert page.y0 - 1 <= box.y0
            assert box.y1 <= page.y1 + 1


@pytest.mark.parametrize(("name", "n"), [("ishigami", 1), ("linear", 2), ("five", 5)])
def test_importance_has_a_panel_per_output(request, name, n):
    figure = importance(request.getfixturevalue(f"{name}_results"))
    assert len(figure.axes) == n
    assert len(figure.legends) == 1


def test_at_most_twenty_features_and_a_note(nasty_results):
    figure = importance(nasty_results)
    assert len(figure.axes[0].get_yticks()) == 20
    assert "5 more inputs" in figure.get_supxlabel()


def test_exact_values_only_where_the_very_measure_is_known(ishigami_results, linear_results):
    def entries(results):
        return [t.get_text() for t in importance(results).legends[0].get_texts()]

    assert "exact (ishigami)" in entries(ishigami_results)
    assert not any("exact" in text for text in entries(linear_results))


def test_a_method_keeps_its_colour():
    def method(label, name):
        return Method(label, name, {}, "total_order")

    alone = method_styles({"sobol": method("sobol", "sobol")})
    among = method_styles(
        {
            "mine": method("mine", "mine"),
            "sobol a": method("sobol a", "sobol"),
            "sobol b": method("sobol b", "sobol"),
        }
    )
    assert among["sobol a"] == alone["sobol"]
    assert len({style.colour for style in among.values()}) == 3


def test_plot(linear_results, study_results):
    assert isinstance(plot(linear_results), Figure)
    assert len(plot(linear_results, output="drag").axes) == 1
    ax = Figure().add_subplot()
    assert plot(linear_results, output="drag", ax=ax) is ax
    assert marks(ax)
    with pytest.raises(InputError, match="choose with output="):
        plot(linear_results, ax=ax)
    with pytest.raises(InputError, match="lift, drag"):
        plot(linear_results, output="thrust")
    with pytest.raises(InputError, match="one question"):
        plot(study_results)


def test_plot_of_nothing(empty_results):
    with pytest.raises(InputError, match="no method gave a share"):
        plot(empty_results)


def test_own_measures_are_on_linear_axes_without_units_of_inputs(linear_results):
    figure = measures(linear_results, "drag")
    assert all(ax.get_xscale() == "linear" for ax in figure.axes)
    assert not any("unit of x" in ax.get_xlabel() for ax in figure.axes)
    assert "sigma_x" in figure.axes[0].get_title()


def test_the_morris_plane_names_its_unit(linear_results, ishigami_results):
    assert morris_plane(linear_results).get_supxlabel().startswith("$\\mu^*$, mean size")
    assert "in N" in morris_plane(linear_results).get_supxlabel()
    assert "in units of y" in morris_plane(ishigami_results).get_supylabel()


def test_a_method_without_shares_is_named_and_not_drawn(unrelated_results):
    figure = importance(unrelated_results)
    assert "no visible importance: permutation" in figure.get_supxlabel()
    assert not any("permutation" in t.get_text() for t in figure.legends[0].get_texts())
