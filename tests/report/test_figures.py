from dataclasses import replace
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from scipy import stats

import sensbench as sb
from sensbench.errors import InputError
from sensbench.findings.accuracy import headline_errors
from sensbench.findings.consensus import headline_shares, mean_shares
from sensbench.findings.verdict import verdict
from sensbench.metrics.rank_intervals import rank_intervals
from sensbench.report import figures, plot, style
from sensbench.report.drawings import NARROW
from sensbench.report.figure import Omitted
from sensbench.report.figures.convergence import Convergence
from sensbench.report.figures.importance import Importance
from sensbench.report.figures.measures import Measures, shown_measures
from sensbench.report.figures.morris_plane import MorrisPlane
from sensbench.report.style import for_screen, house_style, saved
from sensbench.report.tables.importance import importance_tables

ALL = ["ishigami", "linear", "correlated", "nasty", "five", "empty"]


def catalogue(results):
    """Every figure of one question's page."""
    return [one for name in figures.names() for one in figures.load(name).each(results)]


def marks(ax):
    shown = sum(len(line.get_xdata()) for line in ax.lines if line.get_linestyle() != "--")
    return shown + len(ax.collections) + len(ax.images)


@pytest.mark.parametrize("name", ALL)
def test_no_panel_is_empty_and_nothing_leaks(request, drawn_of, name):
    results = request.getfixturevalue(f"{name}_results")
    before, open_figures = dict(mpl.rcParams), plt.get_fignums()
    for kind, figure in drawn_of(name):
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
def test_texts_lie_inside_and_apart(drawn_of, name):
    for kind, figure in drawn_of(name):
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


@pytest.mark.parametrize("name", ["linear", "correlated"])
def test_on_a_telephone_figures_are_as_wide_as_it_and_texts_lie_inside(request, name):
    results = request.getfixturevalue(f"{name}_results")
    drawn = [one for one in catalogue(results) if one.narrow and one.applies(results) is None]
    assert len(drawn) > 3
    for one in drawn:
        with for_screen(NARROW):
            figure = one.drawn(results)
        with house_style():
            figure.draw_without_rendering()
        assert figure.get_figwidth() == pytest.approx(NARROW, abs=0.01), one.slug
        for ax in figure.axes:
            box = ax.get_tightbbox()
            assert figure.bbox.x0 - 1 <= box.x0, one.slug
            assert box.x1 <= figure.bbox.x1 + 1, one.slug
        titles = [ax.title.get_window_extent() for ax in figure.axes if ax.get_title()]
        for k, box in enumerate(titles):
            assert not any(box.overlaps(other) for other in titles[k + 1 :]), one.slug


@pytest.mark.parametrize(("name", "n"), [("ishigami", 1), ("linear", 2), ("five", 5)])
def test_importance_has_a_panel_per_output(request, name, n):
    figure = Importance().drawn(request.getfixturevalue(f"{name}_results"))
    assert len(figure.axes) == n
    assert len(figure.legends) == 1


def labels(ax):
    return [t.get_text() for t in ax.get_yticklabels()]


def test_inputs_that_would_stand_on_zero_are_counted_with_the_largest_of_their_shares(
    nasty_results,
):
    ax = Importance().drawn(nasty_results).axes[0]
    frame = headline_shares(nasty_results)
    order = list(mean_shares(frame).index)
    shown = len(order) - int(labels(ax)[-1].removesuffix(" more"))
    assert 3 <= shown <= 20
    assert len(labels(ax)) == shown + 1
    right = ax.get_xlim()[1]
    largest = frame.groupby("feature")["share"].max()
    assert largest[order[shown - 1]] > 0.02 * right / 1.1
    assert largest[order[shown:]].max() <= 0.02 * right
    said = [t.get_text() for t in ax.texts if t.get_text().startswith("each at most")]
    assert said == [f"each at most {largest[order[shown:]].max():.2g}"]
    assert f"{25 - shown} more inputs: each at most" in Importance().alt(nasty_results)


def test_all_inputs_are_on_the_logarithmic_axis(nasty_results, ishigami_results):
    (kind,) = figures.load("importance_log").each(nasty_results)
    ax = kind.drawn(nasty_results).axes[0]
    assert ax.get_xscale() == "log"
    frame = headline_shares(nasty_results)
    largest = frame.groupby("feature")["share"].max()
    left = ax.get_xlim()[0] * 1.3
    rest = [text for text in labels(ax) if text.endswith(" more")]
    assert len(labels(ax)) - len(rest) == (largest > left * 1.0001).sum()
    drawn = np.concatenate([line.get_xdata() for line in ax.lines])
    for value in frame["share"]:
        assert value <= left or np.isclose(drawn, value).any()
    # where a linear axis shows all there is no need of it, but it can be had
    assert figures.load("importance_log").each(ishigami_results) == []
    assert plot(ishigami_results, "importance_log").axes


def test_rows_are_in_the_order_of_the_table_and_say_who_has_no_share(correlated_results):
    ax = Importance().drawn(correlated_results).axes[0]
    order = importance_tables(correlated_results)[0].shown["input"]
    names = [text.strip() for text in labels(ax) if not text.endswith("more")]
    assert names == list(order[: len(names)])
    # sensor_7 takes separate values, of which there is no gradient
    if "sensor_7" in names:
        assert "not by gradient" in [t.get_text() for t in ax.texts]


def test_the_ranks_beside_the_rows_are_those_of_the_verdict(linear_results):
    figure = Importance().drawn(linear_results)
    for ax, output in zip(figure.axes, ["lift", "drag"], strict=True):
        ranks = verdict(linear_results, output).ranks
        said = {t.get_text() for t in ax.texts}
        for best, worst in ranks.values():
            assert (f"{best}" if best == worst else f"{best}–{worst}") in said
        assert "rank" in said


def test_an_input_that_a_method_cannot_score_is_named_so():
    space = sb.InputSpace.of({"a": (0, 1), "b": (0, 1), "k": stats.randint(0, 3)})
    comparison = sb.compare(
        lambda x: x[:, 0] + 2 * x[:, 1] + x[:, 2], space=space, budget=600,
        estimators=["gradient", "sobol"],
    )  # fmt: skip
    ax = Importance().drawn(comparison.results).axes[0]
    assert "not by gradient" in [t.get_text() for t in ax.texts]


def bumped(results):
    return figures.load("ranks").drawn(results)


def test_ranks_are_where_the_marks_are_and_bars_are_the_ranks_intervals_allow(linear_results):
    frame = headline_shares(linear_results)
    frame[["best", "worst"]] = rank_intervals(frame)
    for ax, output in zip(bumped(linear_results).axes, ["lift", "drag"], strict=True):
        rows = frame[(frame["output"] == output) & frame["rank"].notna()]
        methods = [t.get_text() for t in ax.get_xticklabels()]
        marked = [line for line in ax.lines if line.get_marker() not in ("None", "", None)]
        seen = sorted((round(line.get_xdata()[0]), line.get_ydata()[0]) for line in marked)
        expected = [
            (methods.index(m), k + 1)
            for m, one in rows.groupby("estimator")
            for k in range(len(one))
        ]
        assert seen == sorted(expected)
        spans = {tuple(line.get_ydata()) for line in ax.lines if len(line.get_xdata()) == 2}
        untied = rows[~rows.duplicated(["estimator", "rank"], keep=False)]
        assert set(untied[["best", "worst"]].itertuples(index=False, name=None)) <= spans


def test_tied_inputs_say_so(ishigami_results, nasty_results):
    said = [text for text in labels(bumped(nasty_results).axes[0])]
    assert not any("=" in text for text in labels(bumped(ishigami_results).axes[0]))
    assert all(text.split()[-1].rstrip("=").isdigit() for text in said)


def test_morris_intervals_are_drawn(ishigami_results):
    ax = MorrisPlane().drawn(ishigami_results).axes[0]
    rows = ishigami_results.final().query("measure == 'mu_star'")
    ends = np.sort(
        np.concatenate([s[:, 0] for c in ax.collections if isinstance(c, LineCollection)
                        for s in c.get_segments()])
    )  # fmt: skip
    for value in (*rows["low"], *rows["high"]):
        assert np.isclose(ends, value).any()


def test_every_measure_has_one_panel_with_all_who_give_it(linear_results):
    figure = Measures("drag").drawn(linear_results)
    titles = [ax.get_title() for ax in figure.axes]
    assert len(set(titles)) == len(titles)
    given = shown_measures(linear_results, "drag")
    assert len(figure.axes) == min(12, len(given))
    for ax, (name, methods) in zip(figure.axes, given.items(), strict=False):
        drawn = np.concatenate([line.get_xdata() for line in ax.lines])
        rows = linear_results.final()
        rows = rows[(rows["measure"] == name) & (rows["output"] == "drag")]
        assert set(rows.loc[rows["value"].notna(), "estimator"]) == set(methods)
        for value in rows["value"].dropna():
            assert np.isclose(drawn, value).any()


def test_two_methods_of_one_measure_share_its_panel():
    comparison = sb.compare(
        sb.problems.load("ishigami"), estimators=["sobol", "rbd_fast"], budget=2000
    )
    assert shown_measures(comparison.results, "y")["first_order"] == ["sobol", "rbd_fast"]


def test_values_by_budget_are_the_pooled_numbers_of_each_budget(ishigami_results):
    (kind,) = figures.load("budget").each(ishigami_results)
    figure = kind.drawn(ishigami_results)
    panels = {ax.get_title().split(" ")[0]: ax for ax in figure.axes}
    frame = ishigami_results.frame
    for method, ax in panels.items():
        measure = ishigami_results.methods[method].ranks_by
        rows = frame[(frame["estimator"] == method) & (frame["measure"] == measure)]
        means = rows.groupby(["budget", "feature"])["value"].mean()
        drawn = np.concatenate([line.get_ydata() for line in ax.lines])
        for value in means:
            assert np.isclose(drawn, value).any()
        cost = rows.assign(rows=rows["n_forward"] + rows["n_backward"]).groupby("budget")["rows"]
        ticks = sorted(tick for tick in ax.get_xticks())
        assert ticks == sorted(cost.max())
    exact = ishigami_results.questions[next(iter(ishigami_results.questions))]
    dashes = [line.get_ydata()[0] for line in panels["sobol"].lines if len(line.get_xdata()) == 2]
    for value in exact.true_values("total_order", "y"):
        assert np.isclose(dashes, value).any()
    assert " at 8,192" in kind.alt(ishigami_results)


def test_values_by_budget_need_two(linear_results):
    assert figures.load("budget").each(linear_results) == []
    with pytest.raises(InputError, match="a study has a list of them"):
        plot(linear_results, "budget")


def test_convergence_has_ticks_at_the_budgets_and_names_who_is_missing(ishigami_results):
    figure = Convergence().drawn(ishigami_results)
    ax = figure.axes[0]
    spent = headline_errors(ishigami_results).groupby("budget")["rows"].max()
    assert sorted(ax.get_xticks()) == sorted(spent)
    said = " ".join(figure.get_supxlabel().split())
    assert "morris: no known values of" in said
    drawn = {t.get_text().split(" ")[0] for t in figure.legends[0].get_texts()}
    assert "morris" not in drawn
    cells = ishigami_results.cells
    gone = (cells["estimator"] == "sobol") & (cells["budget"] == 512)
    frame = ishigami_results.frame
    kept = ~((frame["estimator"] == "sobol") & (frame["budget"] == 512))
    failed = replace(
        ishigami_results, frame=frame[kept],
        cells=cells.assign(status=cells["status"].mask(gone, "failed")),
    )  # fmt: skip
    assert "sobol at 512: failed" in " ".join(Convergence().drawn(failed).get_supxlabel().split())


def test_exact_values_only_where_the_very_measure_is_known(ishigami_results, linear_results):
    def entries(results):
        return [t.get_text() for t in Importance().drawn(results).legends[0].get_texts()]

    assert "exact (ishigami)" in entries(ishigami_results)
    assert not any("exact" in text for text in entries(linear_results))


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
    points = next(
        c.get_offsets() for c in figure.axes[0].collections if isinstance(c, PathCollection)
    )
    expected = np.stack([found["mu_star"].value[0, 1:], found["sigma"].value[0, 1:]], 1)
    np.testing.assert_allclose(points, expected)
    said = " ".join(figure.get_supxlabel().split())
    assert "on the axis, hollow: no σ for ab: the effects of a group have no common sign" in said
    (on_axis,) = [line for line in figure.axes[0].lines if line.get_marker() not in ("None", "")]
    np.testing.assert_allclose(on_axis.get_xdata(), found["mu_star"].value[0, :1])
    size = f"{found['mu_star'].value[0, 0]:.2g}"
    assert MorrisPlane().alt(comparison.results).endswith(f"No sigma: ab (mu_star {size}).")


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


@pytest.mark.parametrize(("width", "millimetres"), [("one column", 89), ("two columns", 183)])
def test_for_a_paper_texts_are_texts_and_the_width_is_a_columns(
    linear_results, tmp_path, width, millimetres
):
    figure = plot(linear_results, style="paper", width=width)
    assert figure.get_figwidth() * 25.4 == pytest.approx(millimetres)
    figure.savefig(tmp_path / "a.pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/TrueType" in pdf or b"/CIDFontType2" in pdf
    assert b"/Type3" not in pdf
    assert "<text" in saved(figure, "svg").decode()
    fresh = [plot(linear_results, style="paper", width=width) for _ in range(2)]
    assert saved(fresh[0], "pdf") == saved(fresh[1], "pdf")


@pytest.mark.slow
def test_files_are_the_same_whatever_was_saved_before(ishigami_results, monkeypatch):
    monkeypatch.setattr(style, "DPI", 72)  # in print they take four times as long
    for kind in catalogue(ishigami_results):
        bytes_of = {"svg": set(), "pdf": set(), "png": set()}
        for order in (["svg", "pdf", "png", "pdf", "svg"], ["png"], ["pdf"]):
            figure = kind.drawn(ishigami_results)
            if isinstance(figure, Omitted):
                break
            for one in order:
                bytes_of[one].add(saved(figure, one))
        else:
            assert [len(found) for found in bytes_of.values()] == [1, 1, 1], kind.name
