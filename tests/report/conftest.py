"""Results of real runs, built from the estimators' own results."""

from dataclasses import dataclass, field
from math import pi
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from sensbench import estimators
from sensbench.errors import CorrelatedInputsWarning, NotApplicable, SensbenchError
from sensbench.inputs.space import InputSpace
from sensbench.measure import MEASURES, measure
from sensbench.model.quality import Quality, qualities
from sensbench.problem.problem import Problem
from sensbench.report import draughtsmen, figures, write_report
from sensbench.report.draughtsmen import draw_here
from sensbench.report.figure import Omitted, ReportFigure
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Known, Method, Question, Results
from sensbench.truths.implied import exact_truth
from tests.blank import blank

PROVENANCE = {
    "title": "Do the methods agree?",
    "seed": 0,
    "command": "sensbench run study.yaml",
    "created": "2026-01-31T12:00:00+00:00",
    "versions": {"python": "3.11", "torch": "2.13"},
    "config": "problems:\n  - <b>ishigami</b>\n",
}


FOUR = ("gradient", "sobol", "morris", "permutation")


@dataclass
class Built:
    """What the store does in production: results of single runs, put together."""

    frames: list[pd.DataFrame] = field(default_factory=list)
    cells: list[tuple[Any, ...]] = field(default_factory=list)
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)
    absent: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    notes: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    methods: dict[str, Method] = field(default_factory=dict)

    def ask(self, problem, budgets, replicates=1, truth_of="", methods=None):
        names = methods or {name: estimators.load(name) for name in FOUR}
        model = problem.explained.name
        units = {
            **dict(zip(problem.space.names, problem.space.units, strict=False)),
            **dict(zip(problem.outputs, problem.output_units, strict=False)),
        }
        truth = tuple(
            Known(measure, output, feature, float(known.value[k, i]))
            for measure, known in problem.truth.items()
            if MEASURES[measure].axis == "feature"
            for k, output in enumerate(problem.outputs)
            for i, feature in enumerate(problem.space.names)
        )
        self.questions[problem.name, model] = Question(
            problem.name,
            model,
            problem.outputs,
            problem.space.names,
            problem.space.describe(),
            units,
            truth,
            truth_of or (f"exact ({problem.truth_of})" if truth else ""),
            quality=dict(problem.quality),
            judged_on=problem.judged_on,
            notes=problem.notes,
        )
        for label, estimator in names.items():
            self.methods[label] = Method(
                label,
                estimator.name,
                estimator.params(),
                measure(estimator.ranks_by),
                type(estimator).__doc__.splitlines()[0],
            )
            for budget in budgets:
                for replicate in range(replicates):
                    self._run(problem, model, label, estimator, budget, replicate)
        return self

    def _run(self, problem, model, label, estimator, budget, replicate):
        key = (problem.name, model, label, budget, replicate)
        try:
            result = estimator.estimate(problem, budget=budget, seed=replicate + 7)
        except SensbenchError as error:
            status = "skipped" if isinstance(error, NotApplicable) else "failed"
            self.cells.append((*key, status, str(error), 0, 0, 0.0, ""))
            return
        cost = (result.n_forward, result.n_backward, 0.01 * budget)
        self.frames.append(
            result.to_frame().assign(
                estimator=label,
                model=model,
                budget=budget,
                replicate=replicate,
                n_forward=cost[0],
                n_backward=cost[1],
                seconds=cost[2],
                status="ok",
            )
        )
        self.cells.append((*key, "ok", "", *cost, result.inputs))
        for name, why in result.absent.items():
            self.absent[problem.name, model, label, name] = why
        if result.notes:
            self.notes[problem.name, model, label] = result.notes

    def results(self, name="study"):
        frame = pd.concat(self.frames, ignore_index=True) if self.frames else pd.DataFrame()
        return Results(
            name,
            frame.reindex(columns=list(FRAME_COLUMNS)),
            pd.DataFrame(self.cells, columns=list(CELL_COLUMNS)),
            self.methods,
            self.questions,
            self.absent,
            self.notes,
            PROVENANCE,
        )


def ishigami():
    a, b = 7.0, 0.1

    def function(x):
        x1, x2, x3 = x.unbind(1)
        return x1.sin() + a * x2.sin() ** 2 + b * x3**4 * x1.sin()

    space = InputSpace.uniform({f"x{i}": (-pi, pi) for i in (1, 2, 3)})
    v1, v2, v13 = 0.5 * (1 + b * pi**4 / 5) ** 2, a**2 / 8, b**2 * pi**8 * 8 / 225
    v = v1 + v2 + v13
    dgsm = [0.5 * (1 + 2 * b * pi**4 / 5 + b**2 * pi**8 / 9), a**2 / 2, 8 * b**2 * pi**6 / 7]
    truth = exact_truth(
        space,
        variance=[v],
        first_order=[[v1 / v, v2 / v, 0.0]],
        total_order=[[(v1 + v13) / v, v2 / v, v13 / v]],
        dgsm=[dgsm],
        derivative_mean=[[0.0, 0.0, 0.0]],
    )
    return Problem.of(function, space, name="ishigami", truth=truth, outputs=["y"])


def linear():
    torch.manual_seed(0)
    layer = nn.Linear(4, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, -0.2, 0.004, 0.0], [0.5, 1.0, 0.002, -90.0]]))
    space = InputSpace.of(
        {"depth": (0, 1), "angle": (-10, 10), "pressure": (0, 1000), "slope": (0, 0.01)},
        units={"depth": "m", "angle": "°", "pressure": "Pa"},
    )
    outputs = ["lift", "drag"]
    return Problem.of(layer, space, name="linear", outputs=outputs, output_units=["N", "N"])


def correlated():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(300, 10))
    X[:, 1] = 0.95 * X[:, 0] + 0.1 * X[:, 1]
    X[:, 7] = np.round(X[:, 7])
    names = [f"sensor_{i}" for i in range(9)] + ["flow rate"]
    frame = pd.DataFrame(X, columns=names)
    with pytest.warns(CorrelatedInputsWarning):
        space = InputSpace.from_data(frame)

    def function(x):
        return 2 * x[:, 0] - x[:, 1] + x[:, 2] ** 2 + x[:, 3] * x[:, 4] + 0.3 * x[:, 9]

    y = function(torch.as_tensor(X)).numpy() + rng.normal(size=300)
    problem = Problem.of(
        function,
        space,
        name="plant",
        X=X,
        y=y,
        outputs=["yield"],
        notes=["sensor_0 and sensor_1 are strongly correlated (r = 0.99)"],
    )
    return problem.with_model(
        problem.explained, {"yield": Quality(0.41, 2.5)}, "rows it was not trained on"
    )


NASTY = [f"<b>cost_in_$_{i}</b> & a very long name of {i}" for i in range(25)]


def nasty():
    rng = np.random.default_rng(5)
    weights = torch.as_tensor(rng.exponential(size=25) ** 2)

    def function(x):
        return (x * weights).sum(1) + x[:, 0] * x[:, 1]

    space = InputSpace.uniform({name: (-1, 1) for name in NASTY})
    return Problem.of(function, space, name="<script>nasty</script>", outputs=["out_$_<i>"])


def many_outputs(o):
    weights = torch.as_tensor(np.random.default_rng(o).normal(size=(6, o)))
    space = InputSpace.uniform({f"x{i}": (-1, 1) for i in range(1, 7)})
    return Problem.of(
        lambda x: (x @ weights).sin() + x[:, :1] * x[:, 1:2],
        space,
        name=f"outputs {o}",
        outputs=[f"y{k + 1}" for k in range(o)],
    )


@pytest.fixture(scope="session")
def ishigami_results():
    return Built().ask(ishigami(), (512, 2048, 8192), replicates=2).results()


@pytest.fixture(scope="session")
def linear_results():
    return Built().ask(linear(), (2000,)).results()


@pytest.fixture(scope="session")
def correlated_results():
    methods = {name: estimators.load(name) for name in ("gradient", "morris", "permutation")}
    built = Built().ask(correlated(), (4000,), methods=methods)
    key = ("plant", correlated_model(built))
    sobol = estimators.load("sobol")
    built.methods["sobol"] = Method(
        "sobol", "sobol", {}, measure(sobol.ranks_by), "Sobol' indices."
    )
    reason = "ModelError: NaN <at> row 3"
    built.cells.append((*key, "sobol", 4000, 0, "failed", reason, 0, 0, 0.0, ""))
    built.cells.append((*key, "sobol", 10, 0, "skipped", "needs 96 rows", 0, 0, 0.0, ""))
    return built.results()


def correlated_model(built):
    return next(iter(built.questions))[1]


def targeted(y):
    """A linear model of three inputs, and targets it knows nothing of."""
    X = np.random.default_rng(1).normal(size=(400, 3))
    space = InputSpace.from_data(pd.DataFrame(X, columns=["x1", "x2", "x3"]))

    def function(x):
        return 2 * x[:, 0] + x[:, 1] + 0.5 * x[:, 2]

    problem = Problem.of(function, space, name="aimless", X=X, y=y, outputs=["y"])
    quality = qualities(y[:, None], function(X)[:, None], ["y"])
    return problem.with_model(problem.explained, quality, "the rows given")


@pytest.fixture(scope="session")
def unrelated_results():
    # Targets that run against the model: every shuffling improves its prediction.
    y = np.random.default_rng(1).normal(size=(400, 3)) @ [-1.0, -0.5, -0.2]
    return Built().ask(targeted(y), (3000,)).results()


@pytest.fixture(scope="session")
def constant_results():
    return Built().ask(targeted(np.full(400, 5.0)), (3000,)).results()


@pytest.fixture(scope="session")
def nasty_results():
    return Built().ask(nasty(), (4000,)).results()


@pytest.fixture(scope="session")
def five_results():
    return Built().ask(many_outputs(5), (3000,)).results()


@pytest.fixture(scope="session")
def two_hundred_results():
    return Built().ask(many_outputs(200), (2000,)).results()


@pytest.fixture(scope="session")
def study_results():
    built = Built()
    built.ask(ishigami(), (512, 2048), replicates=2)
    built.ask(linear(), (512, 2048))
    return built.results()


@pytest.fixture(scope="session")
def empty_results():
    return Built().ask(linear(), (3,)).results()


def _pages(request, tmp_path_factory, draw):
    texts: dict[str, str] = {}

    def page_of(name):
        if name not in texts:
            page = tmp_path_factory.mktemp(name) / "index.html"
            results = request.getfixturevalue(f"{name}_results")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(draughtsmen, "draw_here", draw)
                texts[name] = write_report(results, page, files=False).read_text()
        return texts[name]

    return page_of


@pytest.fixture(scope="session")
def page_of(request, tmp_path_factory):
    """The page of the results of that name, without files; written once, for all who read it."""
    return _pages(request, tmp_path_factory, draw_here)


@pytest.fixture(scope="session")
def words_of(request, tmp_path_factory):
    """The same with empty figures."""
    return _pages(request, tmp_path_factory, blank)


def _folder(results, folder, draw):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draughtsmen, "draw_here", draw)
        write_report(results, folder / "index.html", files=True)
    return folder


@pytest.fixture(scope="session")
def study_folder(study_results, tmp_path_factory):
    """A study's page with its files of all formats: to be copied by who changes it."""
    return _folder(study_results, tmp_path_factory.mktemp("study"), draw_here)


@pytest.fixture(scope="session")
def blank_study_folder(study_results, tmp_path_factory):
    """A study's page with empty figures in files of all formats."""
    return _folder(study_results, tmp_path_factory.mktemp("study"), blank)


@pytest.fixture(scope="session")
def blank_linear_folder(linear_results, tmp_path_factory):
    """The same of one question."""
    return _folder(linear_results, tmp_path_factory.mktemp("linear"), blank)


@pytest.fixture(scope="session")
def drawn_of(request):
    """Every figure of the results of that name, or why it is not shown; drawn once."""
    drawn: dict[str, list[tuple[ReportFigure, Figure | Omitted]]] = {}

    def drawn_of(name):
        if name not in drawn:
            results = request.getfixturevalue(f"{name}_results")
            each = (one for kind in figures.names() for one in figures.load(kind).each(results))
            drawn[name] = [(one, one.drawn(results)) for one in each]
        return drawn[name]

    return drawn_of
