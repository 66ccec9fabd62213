"""Cells: the units of work of a study, known by content and by nothing else."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from sensbench.study.results import Method


@dataclass(frozen=True)
class Coordinates:
    """Where a cell is in a study, by content: what its key and its seed follow from.

    Attributes
    ----------
    stream
        What the seed follows from in place of the question, where it is said.
    shared
        The problem whose cells share their random numbers, by content; "": none do.
    """

    question: str
    estimator: str
    params: Mapping[str, Any]
    budget: int
    replicate: int
    seed: int
    stream: str = ""
    shared: str = ""

    @property
    def key(self) -> str:
        """Content hash of the named coordinates."""
        said = {"stream": self.stream, "shared": self.shared}
        where_said = {name: value for name, value in said.items() if value}
        return digest({**self._named(), "question": self.question, **where_said})

    def seed_sequence(self) -> np.random.SeedSequence:
        """Return the cell's own stream: the same on any worker, in any order.

        Or the one of its problem, replicate and study, whatever the method, model and budget.
        """
        if self.shared:
            at = {"problem": self.shared, "replicate": self.replicate, "seed": self.seed}
            return seed_sequence("common random numbers", at)
        return seed_sequence("cell", self._named())

    def _named(self) -> dict[str, Any]:
        named = {**asdict(self), "params": dict(self.params)}
        stream = named.pop("stream")
        del named["shared"]
        return {**named, "question": stream or self.question}


@dataclass(frozen=True)
class Cell:
    """One estimator with one budget on one question, once.

    Attributes
    ----------
    question
        What is explained, by content: the plug-ins' names and parameters, and the study's seed.
    problem, model
        Labels, for people. They do not enter the key: to rename is not to compute again.
    stream, shared
        As in :class:`Coordinates`.
    """

    question: str
    problem: str
    model: str
    method: Method
    budget: int
    replicate: int
    seed: int
    stream: str = ""
    shared: str = ""

    @property
    def coordinates(self) -> Coordinates:
        """Where it is, without the labels."""
        method = self.method
        return Coordinates(
            self.question, method.name, method.params, self.budget, self.replicate, self.seed,
            self.stream, self.shared,
        )  # fmt: skip

    @cached_property
    def key(self) -> str:
        """Content hash of the named coordinates."""
        return self.coordinates.key


def cells_of(
    questions: Sequence[tuple[str, str, str]],
    methods: Sequence[Method],
    budgets: Sequence[int],
    replicates: int,
    seed: int,
) -> list[Cell]:
    """Return every combination; ``questions`` are (key, problem label, model label)."""
    return [
        Cell(key, problem, model, method, budget, replicate, seed)
        for (key, problem, model), method, budget, replicate in product(
            questions, methods, budgets, range(replicates)
        )
    ]


def labels(items: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return a label per (name, parameters): the name, with what tells it from its namesakes."""
    out: list[str] = []
    for name, params in items:
        label = name
        namesakes = [other for other_name, other in items if other_name == name]
        telling = {
            key: value
            for key, value in params.items()
            if any(key not in other or other[key] != value for other in namesakes)
        }
        if telling:
            label = f"{name}({', '.join(f'{key}={value}' for key, value in telling.items())})"
        while label in out:
            label += "'"
        out.append(label)
    return out


def digest(content: Any) -> str:
    """Return a short hash of plain data that does not depend on the order of keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def seed_sequence(purpose: str, coordinates: Any) -> np.random.SeedSequence:
    """Return a seed sequence from named coordinates."""
    return np.random.SeedSequence(int(digest({"for": purpose, "at": coordinates}), 16))


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return repr(value)
