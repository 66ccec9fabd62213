from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.report import figures, plot
from sensbench.report.figure import Omitted
from sensbench.report.figures.convergence import Convergence
from sensbench.report.figures.importance import Importance
from sensbench.report.figures.measures import Measures
from sensbench.report.figures.morris_plane import MorrisPlane
from sensbench.report.style import house_style, saved

ALL = ["ishigami", "linear", "correlated", "nasty", "five", "empty"]


def catalogue(results):
    """Every figure of one question's page."""
    return [one for name in figures.names() for one in figures.load(name).each(results)]


def marks(ax):
    shown = sum(len(line.get_xdata()) for line in ax.lines if line.get_linestyle() != "--")
    return shown + len(ax.collections) + len(ax.images)


@pytest.mark.parametrize("name", ALL)
def test_no_panel_is_empty_and_nothing_leaks(request, name):
    results = request.getfixturevalue(f"{name}_results")
    before, open_figures = dict(mpl.rcParams), plt.get_fignums()
    for kind in catalogue(results):
        figure = kind.drawn(results)
        if isinstance(figure, Omitted):
            assert figure.reason
            continue
        assert figure.axes
        assert all(marks(ax) for ax in figure.axes)
        if name == "ishigami":
            assert saved(figure, "svg") == saved(kind.drawn(results), "svg")
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == open_figures


@pytest.mark.parametrize("name", ["ishigami", "linear", "nasty"])
def test_texts_lie_inside_and_apart(request, name):
    results = request.getfixturevalue(f"{name}_results")
    for kind in catalogue(results):
        figure = kind.drawn(results)
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
            assert labels or kind.slug.startswith("measures") or kind.slug == "importance"
            box = ax.get_tightbbox()
            assert page.x0 - 1 <= box.x0
            assert box.x1 <= page.x1 + 1
            assert page.y0 - 1 <= box.y0
            assert box.y1 <= page.y1 + 1


@pytest.mark.parametrize(("name", "n"), [("ishigami", 1), ("linear", 2), ("five", 5)])
def test_importance_has_a_panel_per_output(request, name, n):
    figure = Importance().drawn(request.getfixturevalue(f"{name}_results"))
    assert len(figure.axes) == n
    assert len(figure.legends) == 1


def test_at_most_twenty_features_and_a_note(nasty_results):
    figure = Importance().drawn(nasty_results)
    assert len(figure.axes[0].get_yticks()) == 20
    assert "5 more inputs" in figure.get_supxlabel()


def test_exact_values_only_where_the_very_measure_is_known(ishigami_results, linear_results):
    def entries(results):
        return [t.get_text() for t in Importance().drawn(results).legends[0].get_texts()]

    assert "exact (ishigami)" in entries(ishigami_results)
    assert not any("exact" in text for text in entries(linear_results))


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
    figure = Measures("drag").drawn(linear_results)
    assert all(ax.get_xscale() == "linear" for ax in figure.axes)
    assert not any("unit of x" in ax.get_xlabel() for ax in figure.axes)
    assert "sigma_x" in figure.axes[0].get_title()


def test_the_morris_plane_names_its_unit(linear_results, ishigami_results):
    assert MorrisPlane().drawn(linear_results).get_supxlabel().startswith("$\\mu^*$, mean size")
    assert "in N" in MorrisPlane().drawn(linear_results).get_supxlabel()
    assert "in units of y" in MorrisPlane().drawn(ishigami_results).get_supylabel()


def reasons(comparison):
    """Name to reason of every figure that is left out."""
    found = ((kind.slug, kind.drawn(comparison.results)) for kind in catalogue(comparison.results))
    return {name: item.reason for name, item in found if isinstance(item, Omitted)}


def uniform(names, **kwargs):
    return sb.InputSpace.of(dict.fromkeys(names, (0, 1)), **kwargs)


def test_the_morris_plane_has_the_single_inputs_and_names_the_group():
    space = uniform("abcd", groups={"ab": ["a", "b"]})
    comparison = sb.compare(
        lambda x: x[:, 0] + 2 * x[:, 1] ** 2 + x[:, 2] * x[:, 3], space=space, budget=400,
        estimators=["morris"],
    )  # fmt: skip
    figure = MorrisPlane().drawn(comparison.results)
    found = comparison["morris"]
    points = figure.axes[0].collections[0].get_offsets()
    expected = np.stack([found["mu_star"].value[0, 1:], found["sigma"].value[0, 1:]], 1)
    np.testing.assert_allclose(points, expected)
    said = " ".join(figure.get_supxlabel().split())
    assert "not in the plane: ab: the effects of a group have no common sign" in said
    assert MorrisPlane().alt(comparison.results).endswith("Not in the plane: ab.")


def test_the_morris_plane_is_left_out_for_the_true_reason(correlated_results):
    pairs = uniform("abcd", groups={"ab": ["a", "b"], "cd": ["c", "d"]})
    only_groups = sb.compare(
        lambda x: x.sum(1), space=pairs, budget=400, estimators=["sobol", "morris"]
    )
    assert reasons(only_groups)["morris-plane"] == (
        "no input has both mu_star and sigma (morris: the effects of a group have no common sign; "
        "mu_star needs none)"
    )
    assert reasons(only_groups)["agreement"] == "a rank correlation needs three inputs; there are 2"
    other = sb.compare(lambda x: x.sum(1), space=uniform("abc"), budget=400, estimators=["sobol"])
    assert reasons(other)["morris-plane"] == "no method here measures Morris's mu_star and sigma"
    cells = correlated_results.cells
    mine = cells["estimator"] == "morris"
    frame = correlated_results.frame
    failed = replace(
        correlated_results,
        cells=cells.assign(status=cells["status"].mask(mine, "failed")),
        frame=frame[frame["estimator"] != "morris"],
    )
    assert (
        MorrisPlane().drawn(failed).reason == "no input has both mu_star and sigma (morris failed)"
    )


def test_agreement_is_left_out_for_the_true_reason():
    space = sb.InputSpace.of({"a": (0, 1), "k": stats.randint(0, 3), "m": stats.randint(0, 3)})
    few = sb.compare(
        lambda x: x.sum(1), space=space, budget=400, estimators=["gradient", "permutation"]
    )
    assert reasons(few)["agreement"] == (
        "a rank correlation needs three inputs; no two methods rank so many in common"
    )
    alike = sb.compare(
        lambda x: x.sum(1), space=uniform("abc"), budget=400, estimators=["gradient", "morris"]
    )
    assert "gives the same rank to all inputs" in reasons(alike)["agreement"]
    alone = sb.compare(lambda x: x.sum(1), space=uniform("abc"), budget=400, estimators=["sobol"])
    assert reasons(alone)["agreement"].startswith("agreement needs two methods")


def test_convergence_is_left_out_for_the_true_reason(ishigami_results):
    (key,) = ishigami_results.questions
    question = ishigami_results.questions[key]

    def asked(truth):
        changed = {key: replace(question, truth=tuple(truth))}
        return Convergence().drawn(replace(ishigami_results, questions=changed)).reason

    assert asked([]).startswith("no exact values are known")
    total = [k for k in question.truth if k.measure == "total_order"]
    assert asked(total[:2]) == (
        "the values of the measures that methods rank by are not known for every input"
    )
    other = [k for k in question.truth if k.measure == "first_order"]
    assert asked(other).startswith("no method with results ranks by a measure whose exact")
    zeros = [k._replace(value=0.0) for k in total]
    assert asked(zeros).startswith("every relative error is 0 or undefined")
    budget = ishigami_results.cells["budget"].max()
    one = replace(
        ishigami_results, frame=ishigami_results.frame[ishigami_results.frame["budget"] == budget]
    )
    assert (
        Convergence()
        .drawn(one)
        .reason.endswith("; of those asked for, no method has an error above 0 at more than one")
    )


def test_a_method_without_shares_is_named_and_not_drawn(unrelated_results):
    figure = Importance().drawn(unrelated_results)
    assert "no visible importance: permutation" in figure.get_supxlabel()
    assert not any("permutation" in t.get_text() for t in figure.legends[0].get_texts())
