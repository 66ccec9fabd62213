"""A model of the user's own in a study: a Python file, known by its content."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sensbench.errors import InputError
from sensbench.model.quality import qualities
from sensbench.problem.problem import Problem
from sensbench.study.model_file import load_model

_OPTIONS = ("output", "outputs", "arguments", "derivatives")


def content_of(model: Mapping[str, Any]) -> list[Any]:
    """Return what the model follows from: which name in it, and the bytes of its files.

    Modules that it imports are not among them.

    Raises
    ------
    InputError
        A file is not there, or none is named as ``FILE.py:NAME``.
    """
    path, name = parts_of(model["file"])
    parts: list[Any] = [name, _hash(path, "file")]
    if model.get("weights"):
        parts.append(_hash(Path(model["weights"]), "weights"))
    options = {key: model[key] for key in _OPTIONS if key in model}
    return [*parts, options] if options else parts


def parts_of(file: str) -> tuple[Path, str]:
    """Return the path and the name of ``FILE.py:NAME``."""
    path, _, name = file.rpartition(":")
    if not path.endswith(".py") or not name:
        raise InputError(f"file: expected FILE.py:NAME; got {file!r}")
    return Path(path), name


def explained_by(problem: Problem, model: Mapping[str, Any]) -> Problem:
    """Return the problem with the user's model. Its file is executed, in this process.

    Raises
    ------
    InputError
        The file does not run, or what it gives is no model of these inputs.
    """
    weights = Path(model["weights"]) if model.get("weights") else None
    try:
        given = load_model(model["file"], weights)
    except InputError as error:
        message = str(error).replace("--model: ", "file: ").replace("--weights: ", "weights: ")
        raise InputError(f"model {model['name']!r}: {message}") from error
    return with_model_of(problem, given, model)


def with_model_of(problem: Problem, given: Any, model: Mapping[str, Any]) -> Problem:
    """Return the problem with a model that is there; ``model`` says how it is to be read.

    Its outputs are called as ``outputs`` says, else as the targets are, where there are any.
    """
    data = problem.data
    options = {key: model[key] for key in _OPTIONS if key in model}
    if "outputs" not in options and data is not None and data.y is not None:
        options["outputs"] = problem.targets
    X = None if data is None else data.X
    made = Problem.of(given, problem.space, name=model["name"], X=X, **options)
    with_own = replace(problem, reference={}).with_model(made.explained)
    if data is None or data.y is None:
        return with_own
    # metered(): judging is not explaining, so its rows are nobody's cost
    quality = qualities(data.y, made.explained.metered()(data.X), with_own.outputs)
    return with_own.with_model(made.explained, quality, "the rows given")


def _hash(path: Path, what: str) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{what}: expected a file that can be read; got {error}") from error
