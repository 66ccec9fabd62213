"""A figure of one method's result, which knows nothing of the other methods."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensbench import estimators
from sensbench.errors import InputError, SensbenchError
from sensbench.estimator.result import SensitivityResult
from sensbench.measure import measure
from sensbench.report.plotting import plot
from sensbench.study.question import method_of
from sensbench.study.results import CELL_COLUMNS, FRAME_COLUMNS, Method, Question, Results


def plot_result(result: SensitivityResult, kind: str, **options: Any) -> Figure | Axes:
    """Return a figure of one result, as :func:`sensbench.report.plot` draws it of several."""
    return plot(results_of(result), kind, **options)


def results_of(result: SensitivityResult) -> Results:
    """Return the results of a study with one run.

    Units, known values and the inputs' distributions are the problem's: a result has none.
    """
    label, question = result.estimator, (result.problem, result.model)
    run: dict[str, Any] = {
        "problem": result.problem, "model": result.model, "estimator": label,
        "budget": result.budget, "replicate": 0, "status": "ok",
        "n_forward": result.n_forward, "n_backward": result.n_backward, "seconds": result.seconds,
    }  # fmt: skip
    cell = {**run, "reason": "", "inputs": result.inputs}
    inputs = dict.fromkeys(result.features, "")
    return Results(
        name=result.problem,
        frame=result.to_frame().assign(**run)[list(FRAME_COLUMNS)],
        cells=pd.DataFrame([cell], columns=list(CELL_COLUMNS)),
        methods={label: _method(result)},
        questions={question: Question(*question, result.outputs, result.features, inputs)},
        absent={(*question, label, name): why for name, why in result.absent.items()},
        notes={(*question, label): result.notes},
        provenance={},
    )  # fmt: skip


def _method(result: SensitivityResult) -> Method:
    """Return the method; of one that is not registered, it ranks by its first measure of inputs."""
    try:
        return method_of(result.estimator, estimators.load(result.estimator, **result.params))
    except SensbenchError:
        own = [measure(name) for name in result.estimates if measure(name).axis == "feature"]
    if not own:
        raise InputError(f"plot: expected a result with numbers of inputs; {result!r} has none")
    ranks_by = next((one for one in own if one.variance_power), own[0])
    return Method(result.estimator, result.estimator, result.params, ranks_by)
