"""Questions: a study's problems, each with its own function or a network trained on it, once."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sensbench import estimators, networks, problems
from sensbench.cache_folder import cache_folder
from sensbench.errors import SensbenchError, StudyError
from sensbench.estimator import Estimator
from sensbench.measure import measure
from sensbench.planted import plant
from sensbench.problem import Problem
from sensbench.study.cells import Cell, digest, labels, seed_sequence
from sensbench.study.config import PlugIn, ProblemPlugIn, Study
from sensbench.study.results import Known, Method, Question
from sensbench.study.store import ResultStore
from sensbench.truth import Truth
from sensbench.truths.reference import reference

FUNCTION = "function"


class Questions:
    """What a study asks: every problem with every model that applies to it.

    Problems are loaded here, so that a wrong name, parameter or file is told before anything
    runs. Networks are trained when the first cell needs them, and kept in the store.

    Raises
    ------
    StudyError
        A plug-in that is not there or refuses its parameters, with its place in the study.
    """

    def __init__(
        self,
        study: Study,
        store: ResultStore,
        source: str = "study",
        cache: networks.NetworkCache | None = None,
    ):
        self._study, self._store = study, store
        self._cache = cache or networks.NetworkCache()
        self._problems: dict[str, Problem] = {}
        self._specs: dict[str, PlugIn] = {}
        self._ready: dict[str, Problem | Exception] = {}
        self.keys: list[tuple[str, str, str]] = []
        self._load(source)

    def _load(self, source: str) -> None:
        study = self._study
        model_labels = labels([(model.name, model.params) for model in study.models])
        for number, model in enumerate(study.models):
            if model.name != FUNCTION:
                _loaded(networks, model, f"{source}: models[{number}]")
        loaded = [
            replace(_problem(spec, f"{source}: problems[{n}]"), inputs=study.inputs)
            for n, spec in enumerate(study.problems)
        ]
        # A table is known by its file: the problem's own name.
        pairs = zip(loaded, study.problems, strict=True)
        problem_labels = labels([(problem.name, _told(spec)) for problem, spec in pairs])
        for number, (problem, spec) in enumerate(zip(loaded, study.problems, strict=True)):
            place = f"{source}: problems[{number}]"
            applies = [
                (label, model)
                for label, model in zip(model_labels, study.models, strict=True)
                if model.name != FUNCTION or problem.model is not None
            ]
            if not applies:
                raise StudyError(
                    f"{place}: expected a model for {spec.name!r}, which is data without a "
                    f"function; got models: [{FUNCTION}]; add a network, for example mlp"
                )
            for label, model in applies:
                key = digest(self._content(spec, problem, model))
                self._problems[key], self._specs[key] = problem, model
                self.keys.append((key, problem_labels[number], label))

    def _content(self, spec: ProblemPlugIn, problem: Problem, model: PlugIn) -> dict[str, Any]:
        """Everything that the answer depends on. A file counts by its rows, not by its path."""
        params = {key: value for key, value in spec.params.items() if key != "path"}
        if spec.plant:
            params["plant"] = spec.plant.model_dump(mode="json")
        rows = None
        if problem.data is not None:
            rows = hashlib.sha256(problem.data.X.tobytes())
            rows.update(b"" if problem.data.y is None else problem.data.y.tobytes())
        return {
            "problem": [spec.name, params, rows.hexdigest() if rows else ""],
            "model": [model.name, model.params],
            "inputs": self._study.inputs,
            # A function is the same under every seed; a network is trained from one.
            "seed": self._study.seed if model.name != FUNCTION else 0,
        }

    def problem_of(self, cell: Cell) -> Problem:
        """Return a cell's problem with its model; a failed training fails every cell alike."""
        if cell.question not in self._ready:
            try:
                self._ready[cell.question] = self._prepare(cell)
            except Exception as error:
                self._ready[cell.question] = error
        ready = self._ready[cell.question]
        if isinstance(ready, Exception):
            raise ready
        return ready

    def _prepare(self, cell: Cell) -> Problem:
        problem, spec = self._problems[cell.question], self._specs[cell.question]
        training: Mapping[str, Any] = {}
        if spec.name != FUNCTION:
            problem, training = self._trained(cell.question, problem, spec)
        question = question_of(problem, cell.problem, cell.model, training)
        self._store.put_question(cell.question, question)
        return problem

    def _trained(
        self, key: str, problem: Problem, spec: PlugIn
    ) -> tuple[Problem, Mapping[str, Any]]:
        network = networks.load(spec.name, **spec.params)
        kept = self._store.network(key)
        if kept is not None:
            trained = network.restore(problem, *kept)
        else:
            trained = network.train(problem, seed_sequence("training", key), self._cache)
            self._store.put_network(key, trained.metadata(), trained.weights())
        asked = self._referred(key, trained.problem(problem), trained.weights())
        return asked, trained.training

    def _referred(self, key: str, problem: Problem, weights: bytes) -> Problem:
        """Return the problem with the network's own values; a note where there are none."""
        asked = self._study.references
        if asked is None:
            return problem
        known = reference(
            problem,
            points=asked.points,
            scrambles=asked.scrambles,
            key=f"{key} {hashlib.sha256(weights).hexdigest()}",
            folder=cache_folder("references"),
        )
        try:
            len(known)
        except SensbenchError as error:
            return replace(problem, notes=(*problem.notes, f"no values of its own: {error}"))
        return replace(problem, reference=known)


def question_of(
    problem: Problem, problem_label: str, model_label: str, training: Mapping[str, Any]
) -> Question:
    """Return what a report has to know of a problem."""
    space = problem.space
    units = dict(zip(space.names, space.units, strict=False)) | dict(
        zip(problem.outputs, problem.output_units, strict=False)
    )
    return Question(
        problem=problem_label,
        model=model_label,
        outputs=problem.outputs,
        features=space.names,
        inputs=space.describe(),
        units={name: unit for name, unit in units.items() if unit},
        truth=_known(problem, problem.truth),
        truth_of=_title(problem.truth, problem.truth_of),
        reference=_known(problem, problem.reference),
        quality=dict(problem.quality),
        judged_on=problem.judged_on,
        training=dict(training),
        notes=tuple(dict.fromkeys(filter(None, (*problem.notes, space.dependence_note())))),
        source=problem.source,
        licence=problem.licence,
        planted=dict(problem.planted),
    )


def _title(truth: Mapping[str, Truth], of: str) -> str:
    if not truth:
        return ""
    return f"{'exact' if all(known.is_exact for known in truth.values()) else 'known'} ({of})"


def _known(problem: Problem, truth: Mapping[str, Truth]) -> tuple[Known, ...]:
    """Return truths as rows, of the measures that belong to one output and one feature."""
    return tuple(
        Known(measure, output, feature, float(known.value[k, i]), float(known.standard_error[k, i]))
        for measure, known in truth.items()
        if known.value.ndim == 2
        for k, output in enumerate(problem.outputs)
        for i, feature in enumerate(problem.features)
    )


def methods_of(study: Study, source: str) -> tuple[list[Method], dict[str, Estimator]]:
    """Return the study's methods in order, and the estimator of each label.

    Raises
    ------
    StudyError
        An estimator that is not there or refuses its parameters.
    """
    loaded = [
        _loaded(estimators, spec, f"{source}: estimators[{number}]")
        for number, spec in enumerate(study.estimators)
    ]
    names = labels([(spec.name, spec.params) for spec in study.estimators])
    methods = [method_of(label, estimator) for label, estimator in zip(names, loaded, strict=True)]
    return methods, dict(zip(names, loaded, strict=True))


def method_of(label: str, estimator: Estimator) -> Method:
    """Return what a report has to know of an estimator."""
    summary = (type(estimator).__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    return Method(
        label,
        estimator.name,
        estimator.params(),
        measure(estimator.ranks_by),
        summary,
        estimator.needs,
        estimator.biased_up,
    )


def _problem(spec: ProblemPlugIn, place: str) -> Problem:
    problem: Problem = _loaded(problems, spec, place)
    if spec.plant is None:
        return problem
    try:
        return plant(problem, **dict(spec.plant))
    except SensbenchError as error:
        raise StudyError(f"{place}.plant: {error}") from error


def _told(spec: ProblemPlugIn) -> dict[str, Any]:
    """Return what a label can tell apart: the parameters, and what is planted."""
    return {**spec.params, "plant": str(spec.plant)} if spec.plant else spec.params


def _loaded(registry: Any, spec: PlugIn, place: str) -> Any:
    try:
        return registry.load(spec.name, **spec.params)
    except SensbenchError as error:
        raise StudyError(f"{place}: {error}") from error
    except Exception as error:  # whatever another package's plug-in, or its arithmetic, raises
        given = ", ".join(f"{key}={value!r}" for key, value in spec.params.items()) or "nothing"
        raise StudyError(
            f"{place}: expected parameters that {spec.name!r} can use; got {given}; it raised "
            f"{type(error).__name__}: {error}"
        ) from error
