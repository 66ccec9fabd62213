"""From what a study asks to the plan of its work, checked before anything runs."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from sensbench import estimators, networks, problems
from sensbench.errors import PlugInError, SensbenchError, StudyError
from sensbench.estimator.estimator import Estimator
from sensbench.problem.planting import plant
from sensbench.problem.problem import Problem
from sensbench.study.cells import Cell, cells_of, labels
from sensbench.study.config import Study
from sensbench.study.entries import ModelPlugIn, PlugIn, ProblemPlugIn, Selection
from sensbench.study.own_model import content_of
from sensbench.study.plan import Plan, PlannedSubject
from sensbench.study.question import UNKNOWN, method_of
from sensbench.study.results import Method
from sensbench.study.tasks import FUNCTION, Subject
from sensbench.study.workshop import subject_key


def plan_of(study: Study, source: str = "study") -> Plan:
    """Return the plan of a study.

    Problems are loaded here, so that a wrong name, parameter or file is told before anything
    runs.

    Raises
    ------
    StudyError
        A plug-in that is not there or refuses its parameters, with its place in the study. One
        that does not even load fails its cells, and only these.
    """
    methods = _methods(study, source)
    subjects = _subjects(study, source)
    keys = [(key, p.problem_label, p.model_label) for key, p in subjects.items()]
    cells = []
    for key in keys:
        of_problem = subjects[key[0]].budgets or study.budgets
        for method, spec in zip(methods, study.estimators, strict=True):
            budgets = spec.budgets or of_problem
            cells += cells_of([key], [method], budgets, study.replicates, study.seed)
    cells = [replace(cell, stream=subjects[cell.question].stream) for cell in cells]
    if study.seeds == "common":
        cells = [replace(cell, shared=subjects[cell.question].shared) for cell in cells]
    cells = _chosen(cells, study, source)
    settings = study.references
    references = (settings.points, settings.scrambles) if settings else None
    specs = zip(methods, study.estimators, strict=True)
    limits = {method.label: spec.own_limits for method, spec in specs}
    return Plan(subjects, methods, cells, references, limits)


def _chosen(cells: list[Cell], study: Study, source: str) -> list[Cell]:
    """Return the cells that the study includes and does not exclude.

    Raises
    ------
    StudyError
        A selection that no cell is in, as by a wrong name; nothing is left.
    """

    def within(cell: Cell, selection: Selection) -> bool:
        names = {
            "problem": (cell.problem, cell.problem.partition("(")[0]),
            "model": (cell.model, cell.model.partition("(")[0]),
            "estimator": (cell.method.label, cell.method.name),
            "budget": (cell.budget,),
        }
        of = selection.of.items()
        return all(not allowed or set(allowed) & set(names[key]) for key, allowed in of)

    included, excluded = study.include or (), study.exclude or ()
    for which, selections in (("include", included), ("exclude", excluded)):
        for k, selection in enumerate(selections):
            if not any(within(cell, selection) for cell in cells):
                said = {key: list(value) for key, value in selection.of.items() if value}
                raise StudyError(f"{source}: {which}[{k}]: expected cells of the study; got {said}")
    left = [
        cell
        for cell in cells
        if (not included or any(within(cell, one) for one in included))
        and not any(within(cell, one) for one in excluded)
    ]
    if not left:
        raise StudyError(f"{source}: expected cells; include and exclude leave none")
    return left


def _methods(study: Study, source: str) -> list[Method]:
    names = labels([(spec.name, spec.params) for spec in study.estimators])
    methods = []
    for number, (label, spec) in enumerate(zip(names, study.estimators, strict=True)):
        try:
            estimator: Estimator = _loaded(estimators, spec, f"{source}: estimators[{number}]")
            methods.append(method_of(label, estimator))
        except PlugInError as error:
            methods.append(Method(label, spec.name, spec.params, UNKNOWN, str(error)))
    return methods


def _subjects(study: Study, source: str) -> dict[str, PlannedSubject]:
    model_labels = labels([(model.name, model.params) for model in study.models])
    for number, model in enumerate(study.models):
        if model.file is not None:
            _require_files(model, f"{source}: models[{number}]")
        elif model.name != FUNCTION:
            with suppress(PlugInError):  # its cells say so
                _loaded(networks, model, f"{source}: models[{number}]")
    loaded = [_problem(study, spec, f"{source}: problems[{n}]") for n, spec in _numbered(study)]
    # A table is known by its file: the problem's own name.
    pairs = zip(loaded, study.problems, strict=True)
    named = [(problem.name if problem else spec.name, _telling(spec)) for problem, spec in pairs]
    problem_labels = labels(named)
    subjects: dict[str, PlannedSubject] = {}
    for (number, spec), problem in zip(_numbered(study), loaded, strict=True):
        applies = [
            (label, model)
            for label, model in zip(model_labels, study.models, strict=True)
            if model.file is not None
            or problem is None
            or (problem.model is not None if model.name == FUNCTION else _teaches(problem))
        ]
        if not applies:
            raise StudyError(
                f"{source}: problems[{number}]: expected a model for {spec.name!r}, which is data "
                f"{'' if _teaches(problem) else 'or a space '}without a function; got models: "
                f"[{', '.join(model_labels)}]; add "
                f"{'a network, for example mlp' if _teaches(problem) else '{file: net.py:Net}'}"
            )
        for label, model in applies:
            subject = Subject(
                "",
                _plain(spec),
                _plain_model(model),
                study.inputs,
                study.seed,
                int(study.noise_floor),
            )
            # of the problem alone: a network's cells draw what those of the function do
            shared = subject_key(replace(subject, model={"name": FUNCTION, "params": {}}), problem)
            subject = replace(subject, key=subject_key(subject, problem))
            limits = model.own_limits.over(study.own_limits)
            planned = PlannedSubject(
                subject,
                problem_labels[number],
                label,
                limits,
                spec.stream or "",
                shared,
                spec.budgets or (),
            )
            subjects[subject.key] = planned
    return subjects


def _numbered(study: Study) -> list[tuple[int, ProblemPlugIn]]:
    return list(enumerate(study.problems))


def _plain(spec: ProblemPlugIn) -> dict[str, Any]:
    planted = {"plant": spec.plant.model_dump(mode="json")} if spec.plant else {}
    return {"name": spec.name, "params": spec.params, **planted}


def _plain_model(spec: ModelPlugIn) -> dict[str, Any]:
    content: dict[str, Any] = {"name": spec.name, "params": spec.params}
    if spec.file is not None:
        content["file"] = spec.file
    if spec.weights is not None:
        content["weights"] = spec.weights
    return {**content, **spec.options}


def _teaches(problem: Problem | None) -> bool:
    """Whether a network can be trained on it."""
    if problem is None:
        return False
    has_targets = problem.data is not None and problem.data.y is not None
    return problem.model is not None or has_targets


def _require_files(model: ModelPlugIn, place: str) -> None:
    """Raise if the files of a user's model are not there; they are not run here."""
    try:
        content_of(_plain_model(model))
    except SensbenchError as error:
        raise StudyError(f"{place}: {error}") from error


def _telling(spec: ProblemPlugIn) -> dict[str, Any]:
    """Return what a label can tell apart: the parameters, and what is planted."""
    return {**spec.params, "plant": str(spec.plant)} if spec.plant else spec.params


def _problem(study: Study, spec: ProblemPlugIn, place: str) -> Problem | None:
    """Return the problem; ``None`` where its plug-in does not load, as its cells will say."""
    try:
        problem: Problem = _loaded(problems, spec, place)
    except PlugInError:
        return None
    if spec.plant is None:
        return replace(problem, inputs=study.inputs)
    try:
        return replace(plant(problem, **dict(spec.plant)), inputs=study.inputs)
    except SensbenchError as error:
        raise StudyError(f"{place}.plant: {error}") from error


def _loaded(registry: Any, spec: PlugIn, place: str) -> Any:
    try:
        return registry.load(spec.name, **spec.params)
    except PlugInError:
        raise
    except SensbenchError as error:
        raise StudyError(f"{place}: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever another package's plug-in, or its arithmetic, raises
        given = ", ".join(f"{key}={value!r}" for key, value in spec.params.items()) or "nothing"
        raise StudyError(
            f"{place}: expected parameters that {spec.name!r} can use; got {given}; it raised "
            f"{type(error).__name__}: {error}"
        ) from error
