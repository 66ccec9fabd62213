"""Workshop: where tasks are carried out; what it builds from names and contents it keeps."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sensbench import estimators, networks, problems
from sensbench.errors import InputError
from sensbench.estimator.estimator import Estimator
from sensbench.files.user_cache import cache_folder
from sensbench.problem.noise_floor import with_noise_floor
from sensbench.problem.planting import plant
from sensbench.problem.problem import Problem
from sensbench.study.cells import Coordinates, digest, seed_sequence
from sensbench.study.contents import question_to_text
from sensbench.study.faults import outcome_of
from sensbench.study.outcome import Outcome, Record
from sensbench.study.own_model import content_of, explained_by
from sensbench.study.question import question_of
from sensbench.study.tasks import (
    Describe,
    EstimateCell,
    NetworkParts,
    Refer,
    Subject,
    Task,
    Train,
)  # fmt: skip
from sensbench.truths.plain import from_plain, to_plain


class Workshop:
    """Carries out tasks. Needs nothing but the task, and writes nothing but caches.

    Parameters
    ----------
    cache
        Where trained networks are kept between studies.
    """

    def __init__(self, cache: networks.NetworkCache | None = None):
        self._cache = cache or networks.NetworkCache()
        self._problems: dict[str, Problem] = {}
        self._with_network: dict[str, tuple[bytes, Problem]] = {}
        self._estimators: dict[str, Estimator] = {}

    def carry_out(self, task: Task, begun: Callable[[], None] = lambda: None) -> Outcome:
        """Return what became of a task; every exception but Ctrl-C becomes a reason.

        Parameters
        ----------
        begun
            Called when what the task works on has been loaded.
        """
        start = time.perf_counter()
        try:
            return self._work_of(task)(task, begun)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too: a task must not end the study
            return outcome_of(error, time.perf_counter() - start)

    def _work_of(self, task: Task) -> Callable[[Any, Callable[[], None]], Outcome]:
        work: Mapping[type[Task], Callable[[Any, Callable[[], None]], Outcome]] = {
            Train: self._train,
            Refer: self._refer,
            Describe: self._describe,
            EstimateCell: self._estimate,
        }
        return work[type(task)]

    def problem(self, subject: Subject, network: NetworkParts | None = None) -> Problem:
        """Return the subject's problem, with its network where it has one.

        Raises
        ------
        InputError
            The problem is not the one that was planned: a file changed, or a plug-in did.
        """
        if subject.key not in self._problems:
            problem = load_problem(subject.problem, subject.inputs)
            if subject_key(subject, problem) != subject.key:
                raise InputError(
                    f"problem {subject.problem['name']!r}: expected the one that the study was "
                    f"planned with; got another: a file's rows or a plug-in have changed; run the "
                    f"study again"
                )
            own = subject.is_own
            self._problems[subject.key] = explained_by(problem, subject.model) if own else problem
        problem = self._problems[subject.key]
        if network is None:
            return problem
        kept = self._with_network.get(subject.key)
        if kept is None or kept[0] != network.weights:
            restored = _network(subject).restore(problem, network.metadata, network.weights)
            kept = network.weights, restored.problem(problem)
            self._with_network[subject.key] = kept
        return kept[1]

    def estimator(self, coordinates: Coordinates) -> Estimator:
        """Return the estimator of a cell."""
        key = digest([coordinates.estimator, dict(coordinates.params)])
        if key not in self._estimators:
            made = estimators.load(coordinates.estimator, **coordinates.params)
            self._estimators[key] = made
        return self._estimators[key]

    def _train(self, task: Train, begun: Callable[[], None]) -> Outcome:
        subject = task.subject
        seed = seed_sequence("training", subject.key)
        problem = self.problem(subject)
        begun()
        trained = _network(subject).train(problem, seed, self._cache)
        parts = NetworkParts(trained.metadata(), trained.weights())
        return Outcome("ok", content={"network": parts.to_plain()})

    def _refer(self, task: Refer, begun: Callable[[], None]) -> Outcome:
        """Keep known values by what they follow from, weights included."""
        weights = hashlib.sha256(task.network.weights).hexdigest()
        problem = self.problem(task.subject, task.network)
        begun()
        from sensbench.truths.reference import reference  # and scipy.stats, which few need

        truths = reference(
            problem,
            points=task.points,
            scrambles=task.scrambles,
            key=f"{task.subject.key} {weights}",
            folder=cache_folder("references"),
        )
        return Outcome("ok", content={"truths": to_plain(truths)})

    def _describe(self, task: Describe, begun: Callable[[], None]) -> Outcome:
        problem = self.problem(task.subject, task.network)
        begun()
        if isinstance(task.reference, str):
            problem = replace(
                problem, notes=(*problem.notes, f"no values of its own: {task.reference}")
            )
        elif task.reference is not None:
            problem = replace(problem, reference=from_plain(task.reference))
        problem = _with_noise(problem, task.subject, 0)
        training = {} if task.network is None else task.network.metadata["training"]
        question = question_of(problem, task.problem_label, task.model_label, training)
        return Outcome("ok", content={"question": question_to_text(question)})

    def _estimate(self, task: EstimateCell, begun: Callable[[], None]) -> Outcome:
        problem = self.problem(task.subject, task.network)
        at = task.coordinates
        estimator = self.estimator(at)
        begun()
        if estimator.needs.law == "independent":
            # of dependent inputs it answers another question: reports name it, and do not mix it in
            problem = problem.apart()
        problem = _with_noise(problem, task.subject, at.replicate)
        result = estimator.estimate(problem, budget=at.budget, seed=at.seed_sequence())
        return Outcome("ok", record=Record.of(result), seconds=result.seconds, result=result)


class Prepared(Workshop):
    """A workshop for one problem and estimators that are there already: those of ``compare``."""

    def __init__(self, problem: Problem, by_key: Mapping[str, Estimator]):
        super().__init__()
        self._problem, self._by_key = problem, by_key

    def problem(self, subject: Subject, network: NetworkParts | None = None) -> Problem:
        return self._problem

    def estimator(self, coordinates: Coordinates) -> Estimator:
        return self._by_key[coordinates.key]


def load_problem(spec: Mapping[str, Any], inputs: Any) -> Problem:
    """Return the problem of a name and parameters, with what is planted in it."""
    problem: Problem = problems.load(spec["name"], **spec["params"])
    if spec.get("plant"):
        problem = plant(problem, **spec["plant"])
    return replace(problem, inputs=inputs)


def subject_key(subject: Subject, problem: Problem | None) -> str:
    """Return the digest of everything that the answer depends on.

    A file counts by what is in it, not by its path. ``None``: a problem that does not load.
    """
    params = {key: value for key, value in subject.problem["params"].items() if key != "path"}
    if subject.problem.get("plant"):
        params["plant"] = subject.problem["plant"]
    rows = None
    if problem is not None and problem.data is not None:
        rows = hashlib.sha256(problem.data.X.tobytes())
        rows.update(b"" if problem.data.y is None else problem.data.y.tobytes())
    return digest(
        {
            "problem": [subject.problem["name"], params, rows.hexdigest() if rows else ""],
            "model": content_of(subject.model)
            if subject.is_own
            else [subject.model["name"], subject.model["params"]],
            "inputs": subject.inputs,
            # A function is the same under every seed; a network is trained from one.
            "seed": subject.seed if subject.is_network else 0,
            **({"noise floor": subject.noise_floor} if subject.noise_floor else {}),
        }
    )


def _with_noise(problem: Problem, subject: Subject, replicate: int) -> Problem:
    """Return the problem with the inputs that the model ignores, where the study asks for some."""
    if not subject.noise_floor:
        return problem
    return with_noise_floor(problem, subject.noise_floor, (subject.seed, replicate))


def _network(subject: Subject) -> networks.Network:
    made: networks.Network = networks.load(subject.model["name"], **subject.model["params"])
    return made
