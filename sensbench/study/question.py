"""What a report has to know of a problem and of a method."""

from collections.abc import Mapping
from typing import Any

from sensbench.estimator.estimator import Estimator
from sensbench.estimator.needs import Needs
from sensbench.measure import MEASURES, Measure
from sensbench.problem.joint_law import joint_law
from sensbench.problem.problem import Problem
from sensbench.problem.truth import Truth
from sensbench.study.results import Known, Method, Question
from sensbench.truths.together import aggregated


def question_of(
    problem: Problem, problem_label: str, model_label: str, training: Mapping[str, Any]
) -> Question:
    """Return what a report has to know of a problem."""
    space, truth = problem.space, problem.known_truth
    units = dict(zip(space.names, space.units, strict=False)) | dict(
        zip(problem.outputs, problem.output_units, strict=False)
    )
    notes = (*problem.notes, _law(problem), space.dependence_note())
    return Question(
        problem=problem_label,
        model=model_label,
        outputs=problem.outputs,
        features=space.names,
        inputs=space.describe(),
        units={name: unit for name, unit in units.items() if unit},
        truth=_known(problem, truth),
        truth_of=_title(truth, problem.truth_of),
        reference=_known(problem, problem.reference),
        quality=dict(problem.quality),
        judged_on=problem.judged_on,
        training=dict(training),
        notes=tuple(dict.fromkeys(filter(None, notes))),
        source=problem.source,
        licence=problem.licence,
        planted=dict(problem.planted),
        noise_floor=problem.noise_floor,
        joint_law=joint_law(problem),
        law="" if problem.drawn_from.independent else space.dependence.describe(),
    )


def _law(problem: Problem) -> str:
    law = problem.space.dependence
    if law.independent:
        return ""
    if problem.drawn_from.independent:
        return f"inputs are {law.describe()}; here each is drawn by itself (inputs: product)"
    return f"inputs are {law.describe()}"


def _title(truth: Mapping[str, Truth], of: str) -> str:
    if not truth:
        return ""
    return f"{'exact' if all(item.is_exact for item in truth.values()) else 'known'} ({of})"


def _known(problem: Problem, truth: Mapping[str, Truth]) -> tuple[Known, ...]:
    """Return truths as rows, of features and one output each or, without one, all of them."""
    # an output alone has no other that it could be taken together with
    together = aggregated(truth) if problem.o > 1 else {}
    return tuple(
        Known(measure, output, feature, float(item.value[k, i]), float(item.standard_error[k, i]))
        for measure, item in truth.items()
        if item.value.ndim == 2 and _axis(measure) == "feature"
        for k, output in enumerate(problem.outputs)
        for i, feature in enumerate(problem.features)
    ) + tuple(
        Known(measure, "", feature, float(item.value[i]), float(item.standard_error[i]))
        for measure, item in together.items()
        for i, feature in enumerate(problem.features)
    )


def _axis(name: str) -> str:
    """Return what a measure's values belong to; one that nobody defined is of features."""
    return MEASURES[name].axis if name in MEASURES else "feature"


# Of a method that nobody can ask what it ranks by.
UNKNOWN = Measure("unknown", "?", "Not known: the method could not say.", "", "", "", "unknown")


def method_of(label: str, estimator: Estimator) -> Method:
    """Return what a report has to know of an estimator.

    What a faulty one does not say stays unknown: its own cells fail, and nothing else.
    """
    summary = (type(estimator).__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    return Method(
        label,
        estimator.name,
        estimator.params(),
        MEASURES.get(estimator.ranks_by, UNKNOWN),
        summary,
        _needs_of(estimator),
        estimator.positive_bias,
    )


def _needs_of(estimator: Estimator) -> Needs | None:
    try:
        needs = estimator.needs
    except Exception:  # it raises again, and is told, when a cell is computed
        return None
    return needs if isinstance(needs, Needs) else None
