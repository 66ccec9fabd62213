import numpy as np
import pytest
from matplotlib.figure import Figure

import sensbench as sb
from sensbench.errors import InputError, UnknownNameError
from sensbench.report import figures, plot
from sensbench.report.over_problems import OVER_PROBLEMS
from sensbench.report.style import saved
from sensbench.study.config import check_study
from sensbench.study.runner import run_study


def marks(ax):
    return sum(len(line.get_xdata()) for line in ax.lines) + len(ax.collections)


def test_an_output_is_chosen_by_its_name(linear_results, study_results):
    assert isinstance(plot(linear_results), Figure)
    assert len(plot(linear_results, output="drag").axes) == 1
    with pytest.raises(InputError, match="lift, drag"):
        plot(linear_results, output="thrust")
    with pytest.raises(InputError, match="one question"):
        plot(study_results)


def test_an_output_is_no_kind(linear_results):
    with pytest.raises(InputError, match="which is an output; use output='drag'"):
        plot(linear_results, "drag")


def test_a_kind_that_nearly_has_that_name_is_named(linear_results):
    with pytest.raises(UnknownNameError, match="did you mean 'importance'"):
        plot(linear_results, "importanse")
    with pytest.raises(UnknownNameError, match="average_ranks"):
        plot(linear_results, "averag_ranks")


def test_what_there_is_nothing_to_draw_from_says_why(linear_results, empty_results):
    with pytest.raises(InputError, match="no exact values"):
        plot(linear_results, "convergence")
    with pytest.raises(InputError, match="no method gave a share"):
        plot(empty_results)


def test_styles_and_widths(linear_results):
    with pytest.raises(InputError, match="expected style"):
        plot(linear_results, style="poster")
    with pytest.raises(InputError, match="expected width"):
        plot(linear_results, style="paper", width="three columns")
    assert plot(linear_results, output="drag").get_figwidth() * 25.4 != pytest.approx(89)


@pytest.mark.parametrize("kind", ["importance", "ranks", "agreement", "morris_plane"])
def test_a_kind_of_one_panel_is_drawn_on_axes_of_ones_own(linear_results, kind):
    figure = Figure(figsize=(9, 4))
    left, right = figure.subplots(1, 2)
    assert plot(linear_results, kind, output="drag", ax=right) is right
    assert marks(right)
    assert not marks(left)
    assert tuple(figure.get_size_inches()) == (9, 4)
    alone = plot(linear_results, kind, output="drag").axes[0]
    assert marks(alone) == marks(right)


def test_several_panels_need_a_figure_of_their_own(linear_results):
    ax = Figure().add_subplot()
    with pytest.raises(InputError, match=r"got 2 panels; choose with output="):
        plot(linear_results, ax=ax)


def test_the_table_of_kinds_has_all_of_them_with_a_line_each():
    kinds = sb.plots.names()
    assert set(kinds) == {*figures.names(), *OVER_PROBLEMS}
    assert all(kind.shows.endswith(".") for kind in kinds.values())
    assert kinds["average_ranks"].of == "study"
    assert "mu_star" in kinds["morris_plane"].needs
    printed = repr(kinds)
    assert all(name in printed for name in kinds)
    assert "needs Morris's mu_star" in printed
    assert kinds._repr_html_().count("<tr>") == len(kinds) + 1


def test_a_single_result_is_drawn_with_its_own_numbers():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1] ** 2, space, name="mine", outputs=["y"])
    result = sb.estimators.load("sobol").estimate(problem, budget=640, seed=1)
    figure = result.plot()
    drawn = np.concatenate([line.get_xdata() for ax in figure.axes for line in ax.lines])
    for value in result["total_order"].value[0]:
        assert np.isclose(drawn, value).any()
    ax = Figure().add_subplot()
    assert result.plot("importance", ax=ax) is ax
    with pytest.raises(InputError, match="agreement needs two methods"):
        result.plot("agreement")


def test_a_result_of_a_method_that_is_not_registered_ranks_by_what_it_has():
    space = sb.InputSpace.uniform({"a": (0, 1), "b": (0, 1)})
    problem = sb.Problem.of(lambda x: x[:, 0] + 2 * x[:, 1], space, name="mine", outputs=["y"])

    class Mine(type(sb.estimators.load("sobol"))):
        """Somebody's."""

        name = "mine"

    result = Mine().estimate(problem, budget=640, seed=1)
    assert result.estimator == "mine"
    assert len(result.plot("ranks").axes) == 1


def test_every_kind_of_a_study_is_drawn(tmp_path, ishigami_results, study_results):
    saved_study = sb.SavedStudy(study_results, tmp_path)
    for kind in ("importance", "ranks", "convergence", "measures"):
        drawn = saved_study.plot(kind, problem="ishigami")
        model = next(m for p, m in study_results.questions if p == "ishigami")
        assert saved(drawn, "svg") == saved(plot(study_results.of("ishigami", model), kind), "svg")
    with pytest.raises(InputError, match="expected one question; got 2"):
        saved_study.plot()
    with pytest.raises(InputError, match="problem='linear'"):
        saved_study.plot(problem="isigami")
    with pytest.raises(InputError, match="which is of all"):
        saved_study.plot("coverage", problem="ishigami")
    with pytest.raises(InputError, match="two problems with known values"):
        saved_study.plot("coverage")
    alone = sb.SavedStudy(ishigami_results, tmp_path)
    assert alone.plot().axes


def test_what_is_of_all_problems_is_drawn_of_a_study(tmp_path):
    content = {
        "name": "s", "problems": ["ishigami", "sobol_g", "friedman1"], "models": ["function"],
        "estimators": ["gradient", "sobol", "permutation"], "budgets": [400, 3000],
    }  # fmt: skip
    study = sb.SavedStudy(run_study(check_study(content, "s"), tmp_path)[0], tmp_path)
    for kind in OVER_PROBLEMS:
        figure = study.plot(kind, style="paper", width="one column")
        assert figure.get_figwidth() * 25.4 == pytest.approx(89)
        assert marks(figure.axes[0])
    ax = Figure().add_subplot()
    assert study.plot("profiles", ax=ax) is ax
    with pytest.raises(InputError, match="expected no output"):
        study.plot("profiles", output="y")
